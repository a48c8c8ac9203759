import { BadInput } from '../../raster/errors.js';
import { LEAD_VERDICTS, type LeadVerdict, REJECT_REASONS, type RejectReason } from '../../vector/lead.js';
import { offsetMs } from '../shared/zone.js';
import { REASONS_ZH, VERDICTS_ZH } from './words.js';

/** What a visit found, as it comes back from those who went there. */
export interface VisitResult {
  readonly number: string;
  readonly verdict: LeadVerdict;
  /** Of a rejection; null otherwise. */
  readonly reason: RejectReason | null;
  readonly who: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly note: string | null;
}

/** A row as the file has it, by the name of its column. */
export type TableRow = ReadonlyMap<string, unknown>;

/** Names a column may have. */
const COLUMNS = {
  number: ['监测编号', '编号', 'number'],
  verdict: ['核查结论', '核查结果', '结论', 'verdict'],
  reason: ['退回原因', '不属实原因', '退回因', 'reason'],
  who: ['核查人', '核查人员', 'who'],
  at: ['核查日期', '核查时间', '日期', 'date', 'at'],
  note: ['备注', '现场情况', 'note'],
} as const;
type Field = keyof typeof COLUMNS;

const MOST_TEXT = 2000;
/** Mistakes told at once. */
const TOLD = 5;

export interface ResultsFile {
  /** Its name, for messages. */
  readonly name: string;
  readonly columns: readonly string[];
  /** With the number of the line or row it stands in. */
  readonly rows: readonly { readonly line: number; readonly row: TableRow }[];
}

export interface ResultsClock {
  readonly now: Date;
  /** IANA zone of dates without an offset. */
  readonly timeZone: string;
}

/**
 * Reads results row by row; rows without any text are passed over.
 * @throws BadInput naming every row that cannot be read (the first few), what is wrong and what would be right.
 */
export function parseResults(file: ResultsFile, clock: ResultsClock): VisitResult[] {
  const names = columnNames(file);
  const problems: string[] = [];
  const results = new Map<string, { readonly line: number; readonly result: VisitResult }>();
  for (const { line, row } of file.rows) {
    if ([...row.values()].every((value) => text(value) === '')) continue;
    const found = parseRow((field) => row.get(names.get(field) ?? ''), clock);
    if (typeof found === 'string') {
      problems.push(`row ${line}: ${found}`);
      continue;
    }
    const earlier = results.get(found.number);
    if (earlier && JSON.stringify(earlier.result) !== JSON.stringify(found)) {
      problems.push(
        `row ${line}: says of ${found.number} what row ${earlier.line} does not; leave one of them`,
      );
    }
    results.set(found.number, { line, result: found });
  }
  if (problems.length > 0) {
    const more = problems.length > TOLD ? `; and ${problems.length - TOLD} more rows` : '';
    throw new BadInput(`${file.name}: ${problems.slice(0, TOLD).join('; ')}${more}. Nothing was imported`);
  }
  return [...results.values()].map(({ result }) => result);
}

function columnNames({ name, columns }: ResultsFile): ReadonlyMap<Field, string> {
  const names = new Map<Field, string>();
  for (const [field, aliases] of entries()) {
    const found = columns.find((column) => aliases.some((alias) => alias === column.trim().toLowerCase()));
    if (found !== undefined) names.set(field, found);
    else if (field !== 'note' && field !== 'reason') {
      throw new BadInput(
        `${name}: has no column ${aliases[0]} (${field}); expected ${entries()
          .map(([, [first]]) => first)
          .join(', ')}, got ${columns.join(', ') || 'none'}`,
      );
    }
  }
  return names;
}

function entries(): [Field, readonly string[]][] {
  return (['number', 'verdict', 'reason', 'who', 'at', 'note'] as const).map((field) => [
    field,
    COLUMNS[field],
  ]);
}

/** The result, or what is wrong with the row. */
function parseRow(value: (field: Field) => unknown, clock: ResultsClock): VisitResult | string {
  const number = text(value('number'));
  if (number === '') return '监测编号 is empty; expected a number such as 202608-M-440303003-10001';
  const verdict = choice(text(value('verdict')), LEAD_VERDICTS, VERDICTS_ZH);
  if (verdict === null) return wrong('核查结论', value('verdict'), Object.values(VERDICTS_ZH));
  const reasonText = text(value('reason'));
  const reason = choice(reasonText, REJECT_REASONS, REASONS_ZH);
  if (reason === null && (verdict === 'rejected' || reasonText !== '')) {
    return wrong('退回原因', reasonText, Object.values(REASONS_ZH));
  }
  if (reason !== null && verdict !== 'rejected') {
    return `退回原因 "${reasonText}" does not suit 核查结论 ${VERDICTS_ZH[verdict]}; leave it empty`;
  }
  const who = text(value('who'));
  if (who === '') return '核查人 is empty; expected a name';
  const at = instantOf(value('at'), clock.timeZone);
  if (at === null)
    return wrong('核查日期', value('at'), ['2026-09-03', '2026-09-03 14:30', '2026-09-03T14:30:00+08:00']);
  if (at.getTime() > clock.now.getTime()) return `核查日期 "${text(value('at'))}" lies in the future`;
  const note = text(value('note'));
  if (note.length > MOST_TEXT || who.length > MOST_TEXT)
    return `a text is longer than ${MOST_TEXT} characters; shorten it`;
  return { number, verdict, reason, who, at: at.toISOString(), note: note === '' ? null : note };
}

function wrong(name: string, value: unknown, right: readonly string[]): string {
  return `${name} "${text(value)}" is none; expected ${right.join(', ')}`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  return value instanceof Date ? value.toISOString() : String(value).trim();
}

/** A code or its Chinese. */
function choice<T extends string>(
  given: string,
  codes: readonly T[],
  zh: Readonly<Record<T, string>>,
): T | null {
  return codes.find((code) => code === given.toLowerCase() || zh[code] === given) ?? null;
}

/** A date of a workbook is told without a zone, and comes as if it were UTC. */
function instantOf(value: unknown, timeZone: string): Date | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : inZone(value, timeZone);
  const given = text(value);
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})$/.test(given)) {
    const instant = new Date(given);
    return Number.isNaN(instant.getTime()) ? null : instant;
  }
  const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(
    given,
  );
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1).map((part) => Number(part ?? 0));
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const real =
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  return real ? inZone(local, timeZone) : null;
}

/** The instant at which the zone's clocks show what `local` shows in UTC. */
function inZone(local: Date, timeZone: string): Date {
  const first = local.getTime() - offsetMs(local.getTime(), timeZone);
  // once more: the offset there may be another
  return new Date(local.getTime() - offsetMs(first, timeZone));
}
