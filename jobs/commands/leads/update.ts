import { userInfo } from 'node:os';
import { BadInput } from '../../../raster/errors.js';
import { keepPhoto } from '../../../reports/leads/photos.js';
import { leadProperties } from '../../../reports/leads/properties.js';
import { type LeadUpdate, updateLeads } from '../../../reports/leads/update.js';
import { dayIn } from '../../../reports/shared/zone.js';
import { LEAD_VERDICTS, REJECT_REASONS } from '../../../vector/lead.js';
import { listLeads } from '../../../vector/store/leads.js';
import type { Context } from '../../context.js';
import { parseChoice, parseDay } from '../../options.js';
import { type Command, type Input, JSON_OPTION, text, texts } from '../command.js';
import { withDatabase } from '../database.js';

export const leadsUpdate: Command = {
  name: 'leads update',
  args: '<numbers...>',
  summary: 'takes leads a step further: assigned, visited, verdict, closed, reopened; notes and photos',
  summaryZh: '办理线索：派发、到场、核查结论、结案、重办；附言与照片',
  options: [
    ['--assign [team]', 'to a team (default: the subdistrict’s)'],
    ['--due <date>', 'last day for the visit (default: working days from the configuration)'],
    ['--visited', 'the site was visited'],
    ['--verdict <name>', LEAD_VERDICTS.join(', ')],
    ['--reason <name>', `why it was rejected: ${REJECT_REASONS.join(', ')}`],
    ['--close', 'the case is closed'],
    ['--reopen', 'visit it again'],
    ['--who <name>', 'who says so (default: the user of this machine)'],
    ['--note <text>', 'what else there is to say'],
    ['--photo <files...>', 'photos of the visit'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const update = await readUpdate(input, context);
    const who = text(input, 'who')?.trim() || userInfo().username;
    const numbers = [...new Set(input.args)];
    const done = await withDatabase(context, 'leads update', async (db) => {
      const updated = await updateLeads(db, context.config, numbers, update, { who, at: new Date() });
      return { ...updated, leads: await listLeads(db, { numbers }) };
    });
    for (const warning of done.warnings) context.tell(`warning: ${warning}`);
    const today = dayIn(new Date(), context.config.timeZone);
    if (input.options.json) {
      context.print(JSON.stringify(done.leads.map((lead) => leadProperties(lead, today))));
      return;
    }
    for (const { number, status, team, due } of done.leads) {
      context.print([number, status, ...(team ? [team] : []), ...(due ? [`due ${due}`] : [])].join('  '));
    }
  },
};

async function readUpdate(input: Input, context: Context): Promise<LeadUpdate> {
  const { timeZone, stateDir } = context.config;
  const verdict = text(input, 'verdict');
  const reason = text(input, 'reason');
  const due = text(input, 'due');
  const files = texts(input, 'photo');
  const assign = input.options.assign;
  const today = dayIn(new Date(), timeZone);
  if (due !== undefined && parseDay(due, '--due') < today) {
    throw new BadInput(`Invalid --due "${due}"; expected today (${today}) or a later day`);
  }
  const update: LeadUpdate = {
    reopen: input.options.reopen === true,
    assign: typeof assign === 'string' ? assign : assign === true ? true : undefined,
    due,
    visited: input.options.visited === true,
    verdict: verdict === undefined ? undefined : parseChoice(verdict, LEAD_VERDICTS, '--verdict'),
    reason: reason === undefined ? undefined : parseChoice(reason, REJECT_REASONS, '--reason'),
    close: input.options.close === true,
    note: text(input, 'note'),
  };
  const step = update.reopen || update.assign || update.visited || update.verdict || update.close;
  if (!step && update.note === undefined && files.length === 0) {
    throw new BadInput(
      'Nothing to do; expected --assign, --visited, --verdict, --close, --reopen, --note or --photo',
    );
  }
  if (reason !== undefined && verdict === undefined) {
    throw new BadInput('Invalid --reason without --verdict; expected --verdict rejected --reason NAME');
  }
  if (due !== undefined && update.assign === undefined && !update.reopen) {
    throw new BadInput('Invalid --due without --assign; expected --assign TEAM --due DATE');
  }
  if (files.length === 0) return update;
  // the reader of pictures is only loaded where there are some; all are read before one is kept
  const { readPhoto } = await import('../../../reports/leads/read-photo.js');
  const photos = await Promise.all(files.map((file) => readPhoto(file, timeZone)));
  for (const photo of photos) await keepPhoto(stateDir, photo);
  return { ...update, photos };
}
