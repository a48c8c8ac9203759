import { z } from 'zod';
import { CHANGE_CLASSES, type ChangeClassName, STATES } from '../../kernels/classes.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { BadInput } from '../../raster/errors.js';
import { type Bounds, type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import { renderRgb, type Stretch } from '../../raster/picture.js';
import { SENSORS } from '../../raster/sensors.js';
import type { Against } from '../../vector/number.js';
import type { Patch } from '../../vector/patch.js';
import { listAreas, type SubdistrictArea } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import { crsOfRun, listRuns, publishedRun, type RunRecord } from '../../vector/store/runs.js';
import { listSubdistricts } from '../../vector/store/subdistricts.js';
import type { Chip, Comparison, Lang, MonthStates, ReportInput, TrendPoint } from './input.js';
import { encodeJpeg } from './picture.js';

export interface GatherRequest {
  readonly month: string;
  /** Null: all that are published. */
  readonly against: readonly ('mom' | 'yoy')[] | null;
  readonly lang: Lang;
  readonly district: string;
  readonly generatedAt: string;
  readonly timeZone: string;
  readonly synthetic: boolean;
  /** Opens the scenes of a month, newest first. Closed by whoever made them. */
  readonly openMonth: (month: string) => Promise<readonly OpenedScene[]>;
}

/** Longest side of the map picture, px. */
const MAP_PX = 1400;
/** Patches shown as before/after chips, a class a few, the largest first. */
const CHIPS = 12;
const CHIPS_A_CLASS = 4;
/** A chip's side, px, and the ground it shows at least, m. */
const CHIP_PX = 220;
const CHIP_METRES = 120;

/** What a run wrote about itself, as far as the report prints it. */
const RunSummary = z.object({
  not_computed: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  sensors: z
    .object({ before: z.array(z.string()), after: z.array(z.string()) })
    .default({ before: [], after: [] }),
});
const RunParameters = z.object({ mmu: z.object({ building: z.number(), other: z.number() }).optional() });

/** Collects from the database and the scenes what the report prints. @throws BadInput where nothing is published for the month. */
export async function gatherReport(db: Db, request: GatherRequest): Promise<ReportInput> {
  const { month, lang, district, generatedAt, timeZone, synthetic } = request;
  const wanted = request.against ?? (['mom', 'yoy'] as const);
  const comparisons: Comparison[] = [];
  for (const against of wanted) {
    const run = await publishedRun(db, { month, against });
    if (run !== null) comparisons.push(await comparison(db, run, against, request));
    else if (request.against !== null) {
      throw new BadInput(
        `Month ${month} has no published ${against} run; run it first: tuban run --month ${month} --against ${against}`,
      );
    }
  }
  const first = comparisons.length === 0 ? await publishedRun(db, { month, against: 'first' }) : null;
  if (comparisons.length === 0 && first === null) {
    throw new BadInput(`Month ${month} has no published run; run it first: tuban run --month ${month}`);
  }
  return {
    lang,
    district,
    month,
    generatedAt,
    timeZone,
    synthetic,
    comparisons,
    ...(first === null ? {} : { firstMonth: await monthStates(db, first, request) }),
    subdistricts: await listSubdistricts(db),
    trend: await trend(db, month),
  };
}

async function comparison(
  db: Db,
  run: RunRecord,
  against: 'mom' | 'yoy',
  request: GatherRequest,
): Promise<Comparison> {
  const { month } = run;
  const grid = gridOfRun(run);
  const summary = RunSummary.parse(run.summary ?? {});
  const patches = await listPatches(db, { month, against });
  const areas = await listAreas(db, { month, against });
  const beforeMonth = run.beforeMonth ?? month;
  const [before, after] = [await request.openMonth(beforeMonth), await request.openMonth(month)];
  const map = await picture(after, grid);
  return {
    against,
    before: beforeMonth,
    after: month,
    sensors: {
      before: sensorTitles(summary.sensors.before, request.lang),
      after: sensorTitles(summary.sensors.after, request.lang),
    },
    grid,
    patches,
    notComputed: CHANGE_CLASSES.map((c) => c.name).filter((name) => summary.not_computed.includes(name)),
    areas: areas.flatMap((area) =>
      computedStates(summary.not_computed).map(({ name }) => ({
        subdistrictCode: area.subdistrictCode,
        state: name,
        beforeM2: area.states[name].beforeAreaM2 ?? 0,
        afterM2: area.states[name].areaM2,
      })),
    ),
    usable: usableOf(areas),
    minimumAreaM2: RunParameters.parse(run.parameters ?? {}).mmu,
    map: map.picture,
    chips: await chips(pickChips(patches), before, after, grid, map.stretch),
    notes: summary.notes,
  };
}

async function monthStates(db: Db, run: RunRecord, request: GatherRequest): Promise<MonthStates> {
  const grid = gridOfRun(run);
  const summary = RunSummary.parse(run.summary ?? {});
  const areas = await listAreas(db, { month: run.month, against: 'first' });
  const map = await picture(await request.openMonth(run.month), grid);
  return {
    date: run.month,
    sensors: sensorTitles(summary.sensors.after, request.lang),
    grid,
    areas: areas.flatMap((area) =>
      computedStates(summary.not_computed).map(({ name }) => ({
        subdistrictCode: area.subdistrictCode,
        state: name,
        areaM2: area.states[name].areaM2,
      })),
    ),
    usable: usableOf(areas),
    map: map.picture,
    notes: summary.notes,
  };
}

/** States the bands could tell: without near infrared a zero of water or forest would be a lie. */
function computedStates(notComputed: readonly string[]) {
  const lacking: Readonly<Record<string, string>> = { water: 'water_gain', forest: 'forest_gain' };
  return STATES.filter(({ name }) => !notComputed.includes(lacking[name] ?? ''));
}

/** Titles of sensors by name; a name that is no longer known stands for itself. */
function sensorTitles(names: readonly string[], lang: Lang): string[] {
  return names.map((name) => {
    const sensor = SENSORS.find((profile) => profile.name === name);
    return (lang === 'zh' ? sensor?.titleZh : sensor?.title) ?? name;
  });
}

function usableOf(areas: readonly SubdistrictArea[]) {
  return areas.map(({ subdistrictCode, usableM2, totalM2 }) => ({ subdistrictCode, usableM2, totalM2 }));
}

function gridOfRun(run: RunRecord): Grid {
  const { resolution, width, height, transform } = run.grid;
  return { crs: crsOfRun(run), resolution, width, height, transform };
}

/** The after image over the whole grid, reduced to a printable size. */
async function picture(scenes: readonly OpenedScene[], grid: Grid) {
  const factor = Math.max(1, Math.max(grid.width, grid.height) / MAP_PX);
  const small = snappedGrid(grid.crs, gridBounds(grid), grid.resolution * factor);
  const { picture: pixels, stretch } = await renderRgb(scenes, small);
  return { picture: { jpeg: await encodeJpeg(pixels), grid: small }, stretch };
}

/** The largest standing patches, not all of one class. */
export function pickChips(patches: readonly Patch[]): Patch[] {
  const standing = patches.filter((patch) => patch.state !== 'dismissed').sort((a, b) => b.areaM2 - a.areaM2);
  const perClass = new Map<ChangeClassName, number>();
  const chosen = standing.filter((patch) => {
    const count = perClass.get(patch.class) ?? 0;
    perClass.set(patch.class, count + 1);
    return count < CHIPS_A_CLASS;
  });
  return chosen.slice(0, CHIPS);
}

async function chips(
  patches: readonly Patch[],
  before: readonly OpenedScene[],
  after: readonly OpenedScene[],
  grid: Grid,
  stretch: Stretch,
): Promise<Chip[]> {
  const result: Chip[] = [];
  let beforeStretch: Stretch | undefined;
  for (const patch of patches) {
    const own = chipGrid(patch, grid);
    // each date keeps one stretch over all its chips, so that they can be compared with one another
    beforeStretch ??= (
      await renderRgb(before, snappedGrid(grid.crs, gridBounds(grid), coarse(grid)), undefined)
    ).stretch;
    const first = await renderRgb(before, own, beforeStretch);
    const second = await renderRgb(after, own, stretch);
    result.push({
      number: patch.number,
      before: { jpeg: await encodeJpeg(first.picture) },
      after: { jpeg: await encodeJpeg(second.picture) },
      grid: own,
    });
  }
  return result;
}

/** Metres a px of a quick look over the whole grid. */
function coarse(grid: Grid): number {
  return grid.resolution * Math.max(1, Math.max(grid.width, grid.height) / 400);
}

/** Square ground around a patch with a margin. */
function chipGrid(patch: Patch, grid: Grid): Grid {
  const xs = patch.rings[0].map((p) => p[0]);
  const ys = patch.rings[0].map((p) => p[1]);
  const [minX, maxX, minY, maxY] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(CHIP_METRES, 1.6 * Math.max(maxX - minX, maxY - minY));
  const [cx, cy] = [(minX + maxX) / 2, (minY + maxY) / 2];
  const bounds: Bounds = {
    minX: cx - side / 2,
    minY: cy - side / 2,
    maxX: cx + side / 2,
    maxY: cy + side / 2,
  };
  return snappedGrid(grid.crs, bounds, side / CHIP_PX, [bounds.minX, bounds.minY]);
}

/** Patches first seen in each month with a published mom run, up to the month reported. */
async function trend(db: Db, month: string): Promise<TrendPoint[]> {
  const runs = await listRuns(db, { against: 'mom', status: 'published' });
  const points: TrendPoint[] = [];
  for (const run of runs.filter((r) => r.month <= month)) {
    const scope: { month: string; against: Against } = { month: run.month, against: 'mom' };
    const patches = (await listPatches(db, scope)).filter((patch) => patch.state !== 'dismissed');
    const areas = await listAreas(db, scope);
    const total = areas.reduce((sum, area) => sum + area.totalM2, 0);
    points.push({
      month: run.month,
      observedShare: total > 0 ? areas.reduce((sum, area) => sum + area.usableM2, 0) / total : 0,
      classes: CHANGE_CLASSES.map(({ name }) => {
        const own = patches.filter((patch) => patch.class === name);
        return { class: name, count: own.length, areaM2: own.reduce((sum, patch) => sum + patch.areaM2, 0) };
      }),
    });
  }
  return points;
}
