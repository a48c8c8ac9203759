import { decimal, share } from '../shared/numbers.js';
import type { ReportInput } from './input.js';
import { LOW_OBSERVED } from './tally.js';
import type { Words } from './words.js';

/** How the numbers are made and what they do not say, a paragraph a line. */
export function methodLines(input: ReportInput, words: Words): string[] {
  const { comparisons, firstMonth } = input;
  const grid = comparisons[0]?.grid ?? firstMonth?.grid;
  const minimum = comparisons.find((c) => c.minimumAreaM2)?.minimumAreaM2;
  const lines: string[] = [];
  if (grid) lines.push(words.methodText(grid.crs.name, String(Number(grid.resolution.toPrecision(6)))));
  if (minimum) lines.push(words.methodMmu(decimal(minimum.building), decimal(minimum.other)));
  lines.push(words.methodArea);
  if (comparisons.length > 0) lines.push(words.methodFlows);
  if (comparisons.some((c) => c.months)) lines.push(words.methodSpan);
  if ((input.trend ?? []).length > 1) lines.push(words.methodTrend(share(LOW_OBSERVED)));
  if (input.leads) lines.push(words.methodLeads);
  lines.push(words.methodLimits);
  if (input.synthetic) lines.push(words.synthetic);
  return lines;
}
