import { Unavailable } from '../../raster/errors.js';
import type { Db } from '../../vector/store/db.js';
import type { Context } from '../context.js';
import { parseWhole } from '../options.js';
import type { Finding } from '../upkeep.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Says the findings, and cures them where that was asked for, while no backup counts on them. */
async function carryOut(
  db: Db,
  context: Context,
  input: Input,
  look: () => Promise<Finding[]>,
  asked: { readonly cure: boolean; readonly option: string },
): Promise<void> {
  const held = await db.hold('artefacts');
  if (held === null) throw new Unavailable('A backup or another clean-up is under way; wait until it ends');
  try {
    const found = await look();
    for (const { text: line, bytes, cure } of found) {
      if (asked.cure) await cure?.();
      if (input.options.json) continue;
      const what = cure === null ? 'look' : asked.cure ? 'done' : 'would';
      context.print(`${what.padEnd(5)}  ${line}${bytes > 0 ? `, ${mib(bytes)}` : ''}`);
    }
    if (input.options.json) {
      context.print(
        JSON.stringify(found.map(({ cure, ...one }) => ({ ...one, cured: asked.cure && cure !== null }))),
      );
      return;
    }
    const total = found.reduce((sum, one) => sum + (one.cure === null ? 0 : one.bytes), 0);
    if (found.length === 0) context.print('nothing to do');
    else if (!asked.cure) context.print(`nothing was changed; ${asked.option} does it (${mib(total)})`);
  } finally {
    await held.release();
  }
}

export const pruneCommand: Command = {
  name: 'prune',
  args: '',
  summary: 'says which rasters no published run needs any more; with --delete takes them away',
  summaryZh: '列出已发布运行不再需要的栅格；加 --delete 则删除',
  options: [
    ['--older-than <days>', 'days since they were last written', '90'],
    ['--delete', 'take them away'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const days = parseWhole(text(input, 'olderThan') ?? '90', '--older-than');
    const { prunable } = await import('../upkeep.js');
    await withDatabase(context, 'prune', (db) =>
      carryOut(db, context, input, () => prunable(db, context.config, new Date(), days), {
        cure: input.options.delete === true,
        option: '--delete',
      }),
    );
  },
};

export const doctorCommand: Command = {
  name: 'doctor',
  args: '',
  summary: 'looks for what dead processes left: runs, rasters, half files, leases; with --fix puts it right',
  summaryZh: '查找进程异常退出的遗留（运行、栅格、半成品文件、租约）；加 --fix 则修复',
  options: [['--fix', 'put right what can be'], JSON_OPTION],
  async run(input, context) {
    const { orphans } = await import('../upkeep.js');
    await withDatabase(context, 'doctor', (db) =>
      carryOut(db, context, input, () => orphans(db, context.config, new Date()), {
        cure: input.options.fix === true,
        option: '--fix',
      }),
    );
  },
};

export const migrateCommand: Command = {
  name: 'database migrate',
  args: '',
  summary:
    'brings the tables up to date, which every command does; with --dry-run tries it on the real data and undoes it',
  summaryZh: '升级数据库表（各命令均会自动执行）；加 --dry-run 则在真实数据上试运行后回滚',
  options: [['--dry-run', 'try each migration in a transaction that is rolled back'], JSON_OPTION],
  async run(input, context) {
    const { join } = await import('node:path');
    const { openDatabase } = await import('../../vector/store/db.js');
    const { migrate, tryMigrations } = await import('../../vector/store/migrate.js');
    const { databaseUrl, stateDir } = context.config;
    const dataDir = join(stateDir, 'database');
    const db = await openDatabase({
      url: databaseUrl,
      dataDir,
      holder: 'tuban database migrate',
      migrations: null,
    });
    try {
      const tried = await tryMigrations(db);
      if (!input.options.dryRun) await migrate(db);
      if (input.options.json) return context.print(JSON.stringify(tried));
      const did = input.options.dryRun ? 'would be applied' : 'applied';
      for (const { id, name, ms } of tried)
        context.print(`${String(id).padStart(3, '0')}_${name} ${did}, ${Math.round(ms)} ms`);
      if (tried.length === 0) context.print('the tables are up to date');
    } finally {
      await db.close();
    }
  },
};
