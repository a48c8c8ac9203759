import { z } from 'zod';

/** Values of properties as registers write them: texts, numbers, and both with units. A missing value is null. */

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null(), z.undefined()], {
  error: 'expected a text or a number',
});

/** A text, null where it is empty. */
export const Text = Scalar.transform((value) => {
  const text = value === null || value === undefined ? '' : String(value).trim();
  return text === '' ? null : text;
});

/** A text that must be there. */
export const RequiredText = Text.pipe(
  z.string({ error: 'is empty' }).max(500, 'is longer than 500 characters'),
);

/** A number, whatever stands behind it (`120°`, `80 m`, `1,200`). */
export const Quantity = Text.transform((text, context) => {
  if (text === null) return null;
  const match = /^(-?[\d,]*\.?\d+(?:e[+-]?\d+)?)\s*(?:m|米|°|度|deg)?$/i.exec(text);
  const value = match ? Number(match[1].replaceAll(',', '')) : Number.NaN;
  if (Number.isFinite(value)) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is no number; expected e.g. 120` });
  return z.NEVER;
});

const SQUARE_METRES: readonly (readonly [RegExp, number])[] = [
  [/^(平方米|㎡|m2|m²|sqm)?$/i, 1],
  [/^(亩|mu)$/i, 2000 / 3],
  [/^(公顷|ha)$/i, 10_000],
];

/** An area in m²; `亩` and `公顷` are converted. */
export const Area = Text.transform((text, context) => {
  if (text === null) return null;
  const match = /^([\d,]*\.?\d+)\s*(.*)$/.exec(text);
  const unit = SQUARE_METRES.find(([pattern]) => pattern.test(match?.[2].trim() ?? '-'));
  if (match && unit) return Number(match[1].replaceAll(',', '')) * unit[1];
  context.addIssue({ code: 'custom', message: `"${text}" is no area; expected e.g. 1200 or 1200 平方米` });
  return z.NEVER;
});

const DAY = /^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T\s].*)?$/;

/** A day as YYYY-MM-DD, from `2026-08-01`, `2026/8/1`, `20260801` or `2026年8月1日`. */
export const Day = Text.transform((text, context) => {
  if (text === null) return null;
  const match = DAY.exec(text);
  const [year, month, day] = match ? [match[1], match[2] ?? match[4], match[3] ?? match[5]].map(Number) : [];
  const date = new Date(Date.UTC(year ?? Number.NaN, (month ?? 0) - 1, day ?? 0));
  // a 31st of June is moved into July
  if (match && date.getUTCMonth() === month - 1 && date.getUTCDate() === day) {
    return date.toISOString().slice(0, 10);
  }
  context.addIssue({ code: 'custom', message: `"${text}" is no day; expected e.g. 2026-08-01` });
  return z.NEVER;
});
