import { classByName } from '../../../kernels/classes.js';
import { leadProperties } from '../../../reports/leads/properties.js';
import { dayIn } from '../../../reports/shared/zone.js';
import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../../vector/lead.js';
import { isOverdue, type LeadFilter, listLeads } from '../../../vector/store/leads.js';
import type { Context } from '../../context.js';
import { parseChoice, parseMonth } from '../../options.js';
import { type Command, type Input, JSON_OPTION, type OptionSpec, text } from '../command.js';
import { withDatabase } from '../database.js';

/** Options that choose among leads. */
export const LEAD_FILTERS: readonly OptionSpec[] = [
  ['--month <yyyy-mm>', 'month the change was first seen in'],
  ['--status <name>', LEAD_STATUSES.join(', ')],
  ['--disposition <name>', LEAD_DISPOSITIONS.join(', ')],
  ['--subdistrict <code>', 'one subdistrict'],
  ['--overdue', 'only those whose visit is overdue'],
];

export function leadFilter(input: Input, context: Context): LeadFilter {
  const month = text(input, 'month');
  const status = text(input, 'status');
  const disposition = text(input, 'disposition');
  return {
    month: month === undefined ? undefined : parseMonth(month),
    status: status === undefined ? undefined : parseChoice(status, LEAD_STATUSES, '--status'),
    disposition:
      disposition === undefined ? undefined : parseChoice(disposition, LEAD_DISPOSITIONS, '--disposition'),
    subdistrict: text(input, 'subdistrict'),
    overdueOn: input.options.overdue ? dayIn(new Date(), context.config.timeZone) : undefined,
  };
}

export const leadsList: Command = {
  name: 'leads list',
  args: '',
  summary: 'lists leads for enforcement',
  summaryZh: '列出执法线索',
  options: [...LEAD_FILTERS, JSON_OPTION],
  async run(input, context) {
    const today = dayIn(new Date(), context.config.timeZone);
    const leads = await withDatabase(context, 'leads list', (db) =>
      listLeads(db, leadFilter(input, context)),
    );
    if (input.options.json) {
      context.print(JSON.stringify(leads.map((lead) => leadProperties(lead, today))));
      return;
    }
    for (const lead of leads) {
      const { number, patch, disposition, status, priority, suspectedM2, due } = lead;
      const words = [
        number,
        classByName(patch.class)?.zh ?? patch.class,
        patch.subdistrict ?? '-',
        `${Math.round(suspectedM2)} m²`,
        priority,
        disposition === 'sent' ? status : disposition,
        ...(due === null ? [] : [isOverdue(lead, today) ? `OVERDUE since ${due}` : `due ${due}`]),
      ];
      context.print(words.join('  '));
    }
    if (leads.length === 0) context.print('no leads');
  },
};
