import type { OpenedScene } from '../../raster/engine/prepare.js';
import { BadInput } from '../../raster/errors.js';
import type { Patch } from '../../vector/patch.js';
import { listAreas, type SubdistrictArea } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { listMonthFigures } from '../../vector/store/month-figures.js';
import { listPatches } from '../../vector/store/patches.js';
import { listRuns, type RunRecord } from '../../vector/store/runs.js';
import { listScenes } from '../../vector/store/scenes.js';
import type { Lang } from '../shared/lang.js';
import { chipPictures, mapPicture, pickChips } from './gather-pictures.js';
import {
  changesOf,
  gridOfRun,
  minimumOf,
  notComputedOf,
  sensorTitles,
  summaryOf,
  usableOf,
} from './gather-run.js';
import type { Comparison, ComparisonKind, SpanMonth } from './input.js';

/** What the edges hand in: scenes and state rasters are files. */
export interface ComparisonSources {
  readonly lang: Lang;
  /** Opens the scenes of a month, newest first; none where it has none. Closed by whoever made them. */
  readonly openMonth: (month: string) => Promise<readonly OpenedScene[]>;
  /** Land states of two months on ground that both months' own runs saw; null where a month keeps no state raster. */
  readonly compareStates: (before: string, after: string) => Promise<readonly SubdistrictArea[] | null>;
}

/** A comparison that a published run made. */
export async function runComparison(
  db: Db,
  run: RunRecord,
  against: 'mom' | 'yoy',
  sources: ComparisonSources,
): Promise<Comparison> {
  const summary = summaryOf(run);
  const areas = await listAreas(db, { month: run.month, against });
  const patches = await listPatches(db, { month: run.month, against });
  const before = run.beforeMonth ?? run.month;
  return {
    against,
    before,
    after: run.month,
    sensors: {
      before: sensorTitles(summary.sensors.before, sources.lang),
      after: sensorTitles(summary.sensors.after, sources.lang),
    },
    patches,
    notComputed: notComputedOf(summary.not_computed),
    areas: changesOf(areas, summary.not_computed),
    usable: usableOf(areas),
    notes: summary.notes,
    ...(await pictures(run, before, patches, sources)),
  };
}

/**
 * A comparison of two months that no run made: the patches of the months after `before` up to `after`, month on month, and
 * the land states that both months' own runs kept, on ground seen in both.
 * @throws BadInput where one of the months has no published run.
 */
export async function spanComparison(
  db: Db,
  span: { readonly before: string; readonly after: string; readonly against: ComparisonKind },
  sources: ComparisonSources,
): Promise<Comparison> {
  const { before, after, against } = span;
  const first = await runOf(db, before);
  const last = await runOf(db, after);
  const months = await spanMonths(db, before, after);
  const patches: Patch[] = [];
  for (const { month } of months.filter((m) => m.before !== null)) {
    patches.push(...(await listPatches(db, { month, against: 'mom' })));
  }
  const areas = (await sources.compareStates(before, after)) ?? [];
  const between = (await listRuns(db, { against: 'mom', status: 'published' })).filter(
    (run) => run.month > before && run.month <= after,
  );
  const missing = [first, last, ...between].flatMap((run) => summaryOf(run).not_computed);
  return {
    against,
    before,
    after,
    sensors: {
      before: sensorTitles(summaryOf(first).sensors.after, sources.lang),
      after: sensorTitles(summaryOf(last).sensors.after, sources.lang),
    },
    patches,
    notComputed: notComputedOf(missing),
    areas: changesOf(areas, missing),
    usable: usableOf(areas),
    notes: [...new Set(between.flatMap((run) => summaryOf(run).notes))],
    months,
    ...(await pictures(last, before, patches, sources)),
  };
}

/**
 * Where a period begins: the month that its first month with a run was compared with, so that this month's own changes are in
 * it; the month itself where it was compared with none. @throws BadInput where the period's last month has no run.
 */
export async function openingMonth(db: Db, since: string, last: string): Promise<string> {
  const runs = (await listRuns(db, { status: 'published' })).filter(
    ({ month }) => month >= since && month <= last,
  );
  if (runs.length === 0) return (await runOf(db, last)).month;
  const first = runs[0].month;
  return runs.find(({ month, against }) => month === first && against === 'mom')?.beforeMonth ?? first;
}

/** A month's published run; month on month where there is one. @throws BadInput */
async function runOf(db: Db, month: string): Promise<RunRecord> {
  const runs = await listRuns(db, { month, status: 'published' });
  const run = runs.find(({ against }) => against === 'mom') ?? runs[0];
  if (run !== undefined) return run;
  const known = [...new Set((await listRuns(db, { status: 'published' })).map((r) => r.month))];
  throw new BadInput(
    `Month ${month} has no published run (months with one: ${known.join(', ') || 'none'}); run it first: tuban run --month ${month}`,
  );
}

/** Months with scenes or runs after `before`, up to `after`. */
async function spanMonths(db: Db, before: string, after: string): Promise<SpanMonth[]> {
  const figures = (await listMonthFigures(db, after)).filter(({ month }) => month > before);
  const scenes = (await listScenes(db)).map(({ month }) => month).filter((m) => m > before && m <= after);
  const months = [...new Set([...figures.map(({ month }) => month), ...scenes])].sort();
  return months.map((month) => {
    const own = figures.find((f) => f.month === month);
    if (own === undefined) return { month, before: null, observed: null };
    return { month, before: own.before, observed: { usableM2: own.usableM2, totalM2: own.totalM2 } };
  });
}

async function pictures(
  run: RunRecord,
  beforeMonth: string,
  patches: readonly Patch[],
  sources: ComparisonSources,
): Promise<Pick<Comparison, 'grid' | 'minimumAreaM2' | 'map' | 'chips'>> {
  const grid = gridOfRun(run);
  const [before, after] = [await sources.openMonth(beforeMonth), await sources.openMonth(run.month)];
  const map = await mapPicture(after, grid);
  return {
    grid,
    minimumAreaM2: minimumOf(run),
    map: map.picture,
    chips: await chipPictures(pickChips(patches), before, after, grid, map.stretch),
  };
}
