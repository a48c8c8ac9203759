import { lang } from './lang.js';

const M2_PER_MU = 2000 / 3;

export function count(value: number): string {
  return value.toLocaleString(lang() === 'zh' ? 'zh-CN' : 'en-GB');
}

/** An area given in m², with 亩 in Chinese and hectares in English. */
export function area(m2: number): string {
  const small = `${count(Math.round(m2))} m²`;
  if (lang() === 'zh') return `${small}（${(m2 / M2_PER_MU).toFixed(2)} 亩）`;
  return m2 < 1000 ? small : `${small} (${(m2 / 10_000).toFixed(2)} ha)`;
}

/** A share of 0 to 1. */
export function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)}%`;
}

export function metres(value: number): string {
  return value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(1)} km`;
}

/** YYYY-MM as 2026年8月 or Aug 2026. */
export function monthName(month: string): string {
  const [year, number] = month.split('-').map(Number);
  if (!Number.isInteger(year) || !Number.isInteger(number)) return month;
  if (lang() === 'zh') return `${year}年${number}月`;
  return new Date(Date.UTC(year, number - 1, 1)).toLocaleDateString('en-GB', {
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

/** A moment in ISO 8601 as the reader's clock has it. */
export function moment(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Whole days from today to a day YYYY-MM-DD by the reader's calendar; negative when past. */
export function daysUntil(day: string, now = new Date()): number {
  const [y, m, d] = day.split('-').map(Number);
  return Math.round(
    (Date.UTC(y, m - 1, d) - Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())) / 86_400_000,
  );
}

/** Longitude and latitude with five digits, about a metre. */
export function lonLat([lon, lat]: readonly [number, number]): string {
  return `${lon.toFixed(5)}, ${lat.toFixed(5)}`;
}

/** The time of day of a moment, to the second. */
export function clock(iso: string): string {
  const time = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${moment(iso)}:${two(time.getSeconds())}`;
}
