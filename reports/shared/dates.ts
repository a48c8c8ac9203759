import type { Lang } from './lang.js';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `2026-09` as 2026年9月 or September 2026, `2026-09-05` with its day; other text comes back as it is. */
export function dateWords(date: string, lang: Lang): string {
  const match = /^(\d{4})-(0[1-9]|1[0-2])(?:-(\d{2}))?$/.exec(date);
  if (!match) return date;
  const month = Number(match[2]);
  const day = match[3] === undefined ? null : Number(match[3]);
  if (lang === 'zh') return `${match[1]}年${month}月${day === null ? '' : `${day}日`}`;
  return `${day === null ? '' : `${day} `}${MONTHS[month - 1]} ${match[1]}`;
}

/** An instant as date and minute in a time zone, with the zone's offset; unreadable text comes back as it is. */
export function instantWords(iso: string, lang: Lang, timeZone: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'shortOffset',
  }).formatToParts(instant);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? '';
  const date = dateWords(`${part('year')}-${part('month')}-${part('day')}`, lang);
  const zone = part('timeZoneName').replace('GMT', 'UTC');
  return `${date} ${part('hour')}:${part('minute')} (${zone})`;
}
