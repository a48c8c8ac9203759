import { z } from 'zod';
import type { RunRecord } from '../vector/store/runs.js';

/** What a run's summary tells of its way; older runs may tell less. */
const Summary = z.object({
  backend: z.string().optional(),
  usable_fraction: z.number().optional(),
  timings_ms: z.record(z.string(), z.number()).optional(),
  peak_rss_mb: z.number().optional(),
  notes: z.array(z.string()).optional(),
  classes: z.record(z.string(), z.object({ patches: z.number() })).optional(),
});

/** A run from its start to its end, in lines for people. */
export function timeline(run: RunRecord): string[] {
  const { id, month, against, beforeMonth, status, startedAt, publishedAt, failure } = run;
  const summary = Summary.safeParse(run.summary).data ?? {};
  const lines = [
    `run ${id}: ${month} ${against}${beforeMonth === null ? '' : ` against ${beforeMonth}`}, ${status}`,
    `  ${startedAt}  started`,
  ];
  for (const [name, ms] of Object.entries(summary.timings_ms ?? {}))
    lines.push(`  ${(ms / 1000).toFixed(1).padStart(10)} s  ${name}`);
  if (publishedAt !== null) {
    const seconds = (Date.parse(publishedAt) - Date.parse(startedAt)) / 1000;
    lines.push(`  ${publishedAt}  published, ${seconds.toFixed(1)} s after its start`);
  }
  if (failure !== null) lines.push(`  failed: ${failure}`);
  const patches = Object.values(summary.classes ?? {}).reduce((sum, one) => sum + one.patches, 0);
  const facts = [
    summary.backend === undefined ? null : `on ${summary.backend}`,
    summary.usable_fraction === undefined ? null : `${(100 * summary.usable_fraction).toFixed(1)} % usable`,
    summary.classes === undefined ? null : `${patches} patches`,
    summary.peak_rss_mb === undefined ? null : `${Math.round(summary.peak_rss_mb)} MB at most`,
  ].filter((fact) => fact !== null);
  if (facts.length > 0) lines.push(`  ${facts.join(', ')}`);
  for (const note of summary.notes ?? []) lines.push(`  note: ${note}`);
  return lines;
}
