import { setTimeout as wait } from 'node:timers/promises';
import { BadInput } from '../../raster/errors.js';
import type { Config } from '../config.js';
import type { Context } from '../context.js';
import type { Receiver } from '../leads/dispatch.js';
import { parseWhole } from '../options.js';
import { type Command, JSON_OPTION } from './command.js';
import { withDatabase } from './database.js';

/** How often `--watch` looks, ms. */
const WATCH_MS = 5_000;

/** The configured receivers with their secrets. @throws BadInput where there are none or a secret is missing */
function receivers(config: Config, env: NodeJS.ProcessEnv): Receiver[] {
  if (config.webhooks.length === 0) {
    throw new BadInput(
      'No webhook is configured; add to tuban.json: "webhooks": [{"name": "platform", "url": "https://…", "secretEnv": "PLATFORM_SECRET"}]',
    );
  }
  return config.webhooks.map(({ name, url, secret, secretEnv, events, since }) => {
    const found = secret ?? env[secretEnv ?? ''] ?? '';
    if (found.length < 16) {
      throw new BadInput(
        `Webhook "${name}": the environment variable ${secretEnv} holds no secret of 16 characters or more; set it`,
      );
    }
    return { name, url, secret: found, events, since };
  });
}

const webhooksSend: Command = {
  name: 'webhooks send',
  args: '',
  summary: 'tells the configured receivers of the steps of leads that they have not been told of',
  summaryZh: '把线索的新进展投递给已配置的接收方',
  options: [['--watch', 'go on, and look for new ones every few seconds'], JSON_OPTION],
  async run(input, context) {
    const { dispatch } = await import('../leads/dispatch.js');
    const { caseReader } = await import('../leads/cases.js');
    const { countDeliveries } = await import('../../vector/store/webhooks.js');
    const all = receivers(context.config, process.env);
    const { webhookAttempts, webhookTimeoutS } = context.config;
    await withDatabase(context, 'webhooks send', async (db) => {
      do {
        const done = await dispatch(db, {
          receivers: all,
          caseOf: caseReader(db),
          attempts: webhookAttempts,
          timeoutMs: 1000 * webhookTimeoutS,
          signal: context.signal,
        });
        if (input.options.watch && done.delivered + done.failed === 0) continue;
        for (const { name } of all) {
          const counts = await countDeliveries(db, name);
          if (input.options.json) context.print(JSON.stringify({ endpoint: name, ...counts }));
          else {
            context.print(
              `${name}: ${counts.delivered} delivered so far, ${counts.pending} to be tried later, ${counts.dead} dead`,
            );
          }
        }
        if (done.dead > 0)
          context.tell('warning: there are new dead letters; tuban webhooks list --dead shows why');
      } while (input.options.watch && (await pause(context)));
    });
  },
};

/** False where the command is to end. */
async function pause({ signal }: Context): Promise<boolean> {
  await wait(WATCH_MS, undefined, { signal }).catch(() => {});
  return signal?.aborted !== true;
}

const webhooksList: Command = {
  name: 'webhooks list',
  args: '',
  summary: 'lists deliveries that are not done: those waiting for another try, and dead letters',
  summaryZh: '列出未完成的投递：待重试与死信',
  options: [['--dead', 'only dead letters'], ['--all', 'delivered ones too'], JSON_OPTION],
  async run(input, context) {
    const { listDeliveries } = await import('../../vector/store/webhooks.js');
    const deliveries = await withDatabase(context, 'webhooks list', (db) =>
      listDeliveries(db, input.options.dead ? { status: 'dead' } : {}),
    );
    const shown = deliveries.filter(
      ({ status }) => input.options.all || status === 'pending' || status === 'dead',
    );
    if (input.options.json) {
      context.print(JSON.stringify(shown));
      return;
    }
    for (const { id, endpoint, number, kind, status, attempts, nextAt, lastError } of shown) {
      const when = status === 'pending' ? `next ${nextAt}` : '';
      context.print(
        [id, endpoint, number, kind, status, `${attempts} tries`, when, lastError ?? ''].join('  ').trim(),
      );
    }
    if (shown.length === 0) context.print(input.options.dead ? 'no dead letters' : 'nothing waits');
  },
};

const webhooksRetry: Command = {
  name: 'webhooks retry',
  args: '[ids...]',
  summary: 'makes dead letters due again (webhooks send delivers them), or gives them up',
  summaryZh: '让死信重新待投递，或放弃',
  options: [
    ['--dead', 'all of them'],
    ['--skip', 'give them up: the later events of their leads go on without them'],
  ],
  async run(input, context) {
    const { reviveDeliveries } = await import('../../vector/store/webhooks.js');
    const ids = input.args.map((id) => parseWhole(id, 'ID'));
    if (ids.length === 0 && !input.options.dead) {
      throw new BadInput('Missing ID; expected ids of tuban webhooks list --dead, or --dead for all');
    }
    if (ids.length > 0 && input.options.dead) throw new BadInput('Either IDs or --dead, not both');
    const to = input.options.skip ? 'skipped' : 'pending';
    const done = await withDatabase(context, 'webhooks retry', (db) =>
      db.transaction(async (tx) => {
        const revived = await reviveDeliveries(tx, ids.length > 0 ? ids : null, new Date(), to);
        const missing = ids.filter((id) => !revived.includes(id));
        if (missing.length > 0) {
          throw new BadInput(
            `Delivery ${missing.join(', ')} is no dead letter; tuban webhooks list --dead shows those`,
          );
        }
        return revived;
      }),
    );
    context.print(`${done.length} ${to === 'skipped' ? 'given up' : 'due again'}`);
  },
};

export const webhooksCommands: readonly Command[] = [webhooksSend, webhooksList, webhooksRetry];
