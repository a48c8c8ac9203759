import { BadInput } from '../../../raster/errors.js';
import type { LeadCase } from '../../../reports/leads/case.js';
import { LEAD_DISPOSITIONS, LEAD_STATUSES } from '../../../vector/lead.js';
import { PATCH_STATES } from '../../../vector/patch.js';
import type { Db } from '../../../vector/store/db.js';
import { parseChoice, parseMonth } from '../../options.js';
import { type Input, type OptionSpec, text } from '../command.js';

export const LEAD_FILTERS: readonly OptionSpec[] = [
  ['--month <yyyy-mm>', 'month the change was first seen in'],
  ['--disposition <name>', `${LEAD_DISPOSITIONS.join(', ')} or all`, 'sent'],
  ['--status <name>', LEAD_STATUSES.join(', ')],
  ['--state <name>', `of the patch: ${PATCH_STATES.join(', ')}`],
  ['--subdistrict <code>', 'one subdistrict'],
];

/** The leads that a command's filters, or the numbers it was given, choose. @throws BadInput */
export async function selectCases(
  db: Db,
  input: Input,
  numbers: readonly string[] = [],
): Promise<LeadCase[]> {
  const { listCases } = await import('../../leads/cases.js');
  if (numbers.length > 0) {
    const cases = await listCases(db, { numbers });
    const unknown = numbers.filter((number) => !cases.some(({ lead }) => lead.number === number));
    if (unknown.length > 0) {
      throw new BadInput(`There is no lead ${unknown.join(', ')}; tuban leads list shows those there are`);
    }
    return cases;
  }
  const month = text(input, 'month');
  if (month === undefined) throw new BadInput('Missing --month; expected a month, e.g. --month 2026-08');
  const disposition = parseChoice(
    text(input, 'disposition') ?? 'sent',
    [...LEAD_DISPOSITIONS, 'all'],
    '--disposition',
  );
  const [status, state] = [text(input, 'status'), text(input, 'state')];
  const wanted = state === undefined ? null : parseChoice(state, PATCH_STATES, '--state');
  const cases = await listCases(db, {
    month: parseMonth(month),
    disposition: disposition === 'all' ? undefined : disposition,
    status: status === undefined ? undefined : parseChoice(status, LEAD_STATUSES, '--status'),
    subdistrict: text(input, 'subdistrict'),
  });
  return wanted === null ? cases : cases.filter(({ lead }) => lead.patch.state === wanted);
}
