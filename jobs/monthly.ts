import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DetectorKind } from '../kernels/detector.js';
import type { BlockStore } from '../raster/engine/block-store.js';
import { writeChangeRaster } from '../raster/engine/change-raster.js';
import { type BlockRunner, type CompareResult, commonBands, compare } from '../raster/engine/compare.js';
import { openJournal } from '../raster/engine/journal.js';
import { defaultWorkers } from '../raster/engine/pool.js';
import type { OpenedScene } from '../raster/engine/prepare.js';
import { BadInput, messageOf, Unavailable } from '../raster/errors.js';
import { describeGrid, type Grid, pixelArea } from '../raster/grid.js';
import { shownAddress } from '../raster/tiff/address.js';
import { makeFolder } from '../raster/whole-file.js';
import { zoneOnGrid } from '../raster/zones.js';
import { type RefreshCount, refreshLeads } from '../reports/leads/refresh.js';
import { draftPatches } from '../vector/draft.js';
import type { Against } from '../vector/number.js';
import type { Patch, Subdistrict } from '../vector/patch.js';
import type { SubdistrictArea } from '../vector/store/areas.js';
import type { Db } from '../vector/store/db.js';
import { fitMonth } from '../vector/store/filter-fit.js';
import { NO_LOOKS, type RunLooks } from '../vector/store/looks.js';
import { publishRun } from '../vector/store/publish.js';
import { holdRun } from '../vector/store/run-drafts.js';
import type { RunLogLine } from '../vector/store/run-log.js';
import { DIED, failRun, listRuns, type RunRecord, startRun } from '../vector/store/runs.js';
import { listScenes } from '../vector/store/scenes.js';
import { listSubdistricts } from '../vector/store/subdistricts.js';
import { tidyTables } from '../vector/store/tidy.js';
import { ownBlocks } from './block-stores.js';
import { type Archive, openArchive, storedMonths } from './catalogue.js';
import {
  cellNotes,
  chooseClasses,
  classTotals,
  fieldOf,
  leastPixels,
  lookNotes,
  peakRssMb,
  toleranceNotes,
} from './change.js';
import type { Config } from './config.js';
import { outsideDistrict } from './coverage.js';
import { districtGrid } from './district-grid.js';
import type { Logger } from './log.js';
import { type Asked, lookAgain, MOST_MONTHS_BACK, type Sources } from './looks.js';
import { judgeOf, modelOf, toldModel } from './models/judge.js';
import { monthsDetector } from './models/use.js';
import { addMonths, monthsBetween } from './options.js';
import { withEvidence } from './patch-evidence.js';
import { type Note, noteScenes, runNotes, sceneName } from './run-log.js';
import { stateAreas } from './state-areas.js';
import { openStateHistory, runFolder, unjudgedMonths } from './state-history.js';

export interface MonthlyRequest {
  readonly month: string;
  /** Null: mom, and yoy where last year's month is stored. */
  readonly against: readonly ('mom' | 'yoy')[] | null;
  readonly onProgress?: (label: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
  readonly log?: Logger;
  /**
   * Keeps the result back as a draft, to be published by somebody who has looked at it. One comparison at a time: the one
   * with last year looks at the patches that the one with the month before has published.
   */
  readonly hold?: boolean;
  /** Told of every line of a run's log. */
  readonly onNote?: (run: number, line: RunLogLine) => void;
  /** What does the blocks; threads of this process where absent (distributed/). */
  readonly run?: BlockRunner;
  /** Where it leaves finished blocks until it has ended; the state folder where absent. */
  readonly store?: BlockStore;
  /** Least share of usable pixels, 0-1, to publish a result; 0 where absent. */
  readonly leastUsable?: number;
}

/** A run that was not published for want of usable pixels: better scenes may come. */
export class TooFewUsable extends Unavailable {
  constructor(
    readonly month: string,
    /** 0-1. */
    readonly usable: number,
    readonly least: number,
  ) {
    super(
      `${month}: only ${(100 * usable).toFixed(1)} % of the district is usable, at least ${(100 * least).toFixed(1)} % are wanted; add further scenes of the month, or run it by hand (tuban run --month ${month})`,
    );
  }
}

export interface MonthlyResult {
  readonly month: string;
  readonly against: Against;
  readonly beforeMonth: string | null;
  /** The stored run's number. */
  readonly run: number;
  /** As published; empty of a run that is kept back. */
  readonly patches: readonly Patch[];
  /** How many patches it found. */
  readonly found: number;
  readonly held: boolean;
  /** Leads that the run made or changed, of this and earlier months. */
  readonly leads: RefreshCount;
  readonly summary: Awaited<ReturnType<typeof runOne>>['summary'];
}

/** What a run compares with what. */
interface Comparison {
  readonly against: Against;
  /** Months whose scenes make the before date, the most wanted first; empty in a first month. */
  readonly beforeMonths: readonly string[];
}

/** Somebody else has the month: no failure of this one. */
export class MonthBusy extends Unavailable {}

/**
 * The monthly run: each comparison is computed, then published in one transaction, replacing an earlier run of the month, or kept
 * back as a draft.
 * @throws BadInput where subdistricts or scenes are missing, naming the command that adds them; MonthBusy where the month is
 * being run by somebody else; TooFewUsable where `leastUsable` asks for more.
 */
export async function runMonth(db: Db, config: Config, request: MonthlyRequest): Promise<MonthlyResult[]> {
  const held = await db.hold(`run ${request.month}`);
  if (held === null) {
    throw new MonthBusy(
      `Month ${request.month} is being run by another process; its result appears when that ends (tuban runs list)`,
    );
  }
  try {
    const signal = AbortSignal.any([held.lost, ...(request.signal ? [request.signal] : [])]);
    return await runHeld(db, config, { ...request, signal });
  } finally {
    await held.release();
  }
}

/** Whoever has the month to itself knows that a run of it that still stands as running has died. */
async function buryDead(db: Db, config: Config, month: string): Promise<void> {
  for (const run of await listRuns(db, { month, status: 'running' })) {
    await failRun(db, run, DIED);
    await rm(runFolder(config.stateDir, run.id), { recursive: true, force: true });
  }
}

async function runHeld(db: Db, config: Config, request: MonthlyRequest): Promise<MonthlyResult[]> {
  const { month } = request;
  await buryDead(db, config, month);
  const subdistricts = await listSubdistricts(db);
  if (subdistricts.length === 0) {
    throw new BadInput('No subdistricts are known; import them first: tuban districts import FILE');
  }
  const months = await storedMonths(db);
  if (!months.includes(month)) {
    const known = months.length > 0 ? `months with scenes: ${months.join(', ')}` : 'no month has scenes yet';
    throw new BadInput(
      `Month ${month} has no scenes (${known}); add them first: tuban scenes add FILE… --month ${month}`,
    );
  }
  await checkCoverage(db, month, subdistricts);
  const planned = planComparisons(month, months, request.against);
  const comparisons = request.hold ? oneToHold(planned, request.against) : planned;
  const archive = openArchive(db);
  try {
    const [reference] = await archive.scenes([months[0]]);
    const grid = await districtGrid(db, config, subdistricts, reference.scene);
    const after = await archive.scenes([month]);
    const asked = await monthsDetector(db, config);
    const results: MonthlyResult[] = [];
    for (const comparison of comparisons) {
      const before = await archive.scenes(comparison.beforeMonths);
      const done = await runOne(db, config, request, {
        comparison,
        months,
        archive,
        subdistricts,
        grid,
        reference,
        asked,
        after,
        before: before.length > 0 ? before : after,
      });
      results.push({
        month,
        against: comparison.against,
        beforeMonth: comparison.beforeMonths[0] ?? null,
        ...done,
      });
    }
    return results;
  } finally {
    await archive.close();
  }
}

/** @throws BadInput where none of the month's scenes touches the district. */
async function checkCoverage(db: Db, month: string, subdistricts: readonly Subdistrict[]): Promise<void> {
  const scenes = await listScenes(db, { month });
  if (scenes.some(({ footprint }) => !outsideDistrict(footprint, subdistricts))) return;
  const files = scenes.flatMap((scene) => scene.files.map(shownAddress)).join(', ');
  throw new BadInput(
    `The scenes of ${month} (${files}) do not touch the district's subdistricts; check the scenes' CRS, or import the right subdistricts`,
  );
}

/** @throws BadInput where a comparison is asked for by name and its month is not stored. */
export function planComparisons(
  month: string,
  months: readonly string[],
  asked: readonly ('mom' | 'yoy')[] | null,
): Comparison[] {
  const earlier = months.filter((m) => m < month && monthsBetween(m, month) <= MOST_MONTHS_BACK).reverse();
  const lastYear = addMonths(month, -12);
  const yearAgo = months
    .filter((m) => Math.abs(monthsBetween(lastYear, m)) <= 1)
    .sort((a, b) => Math.abs(monthsBetween(lastYear, a)) - Math.abs(monthsBetween(lastYear, b)));
  const result: Comparison[] = [];
  if (asked?.includes('mom') ?? true) {
    if (earlier.length > 0) result.push({ against: 'mom', beforeMonths: earlier });
    else if (asked !== null) {
      throw new BadInput(
        `Month ${month} has no stored month in the ${MOST_MONTHS_BACK} before it to compare with; add its scenes first`,
      );
    }
  }
  if (asked?.includes('yoy') ?? true) {
    if (yearAgo.length > 0) result.push({ against: 'yoy', beforeMonths: yearAgo });
    else if (asked !== null) {
      throw new BadInput(
        `Month ${lastYear} (within a month of it) has no scenes for a year-on-year comparison; add them first`,
      );
    }
  }
  return result.length > 0 ? result : [{ against: 'first', beforeMonths: [] }];
}

/** @throws BadInput where both comparisons are asked for by name. */
function oneToHold(planned: readonly Comparison[], asked: MonthlyRequest['against']): readonly Comparison[] {
  if (asked !== null && planned.length > 1) {
    throw new BadInput(
      'A run that is kept back makes one comparison: ask for mom, publish it, then for yoy, which looks at what mom has published',
    );
  }
  return planned.slice(0, 1);
}

interface Work {
  readonly comparison: Comparison;
  /** All months with scenes, oldest first. */
  readonly months: readonly string[];
  readonly archive: Archive;
  readonly subdistricts: readonly Subdistrict[];
  readonly grid: Grid;
  readonly reference: OpenedScene;
  readonly before: readonly OpenedScene[];
  readonly after: readonly OpenedScene[];
  /** The detector that is asked for; its model may not fit. */
  readonly asked: DetectorKind;
}

async function runOne(db: Db, config: Config, request: MonthlyRequest, work: Work) {
  const { comparison, grid } = work;
  const run = await startRun(db, {
    month: request.month,
    against: comparison.against,
    beforeMonth: comparison.beforeMonths[0] ?? null,
    grid,
    parameters: {
      detector: work.asked.name,
      model: toldModel(work.asked),
      mmu: { building: config.mmuBuilding, other: config.mmuOther },
      before: work.before.map(({ spec }) => spec.files),
      after: work.after.map(({ spec }) => spec.files),
    },
    held: request.hold ?? false,
  });
  const folder = runFolder(config.stateDir, run.id);
  const log = request.log?.child({ run: run.id, month: run.month, against: run.against });
  const note = runNotes(db, run.id, { log, onNote: request.onNote });
  const started = performance.now();
  const ms = () => Math.round(performance.now() - started);
  try {
    await note('info', 'Run:Start', {
      before: work.before.map(({ scene }) => sceneName(scene.path)),
      after: work.after.map(({ scene }) => sceneName(scene.path)),
    });
    await makeFolder(folder);
    const done = await computeAndStore(db, config, request, work, run, folder, note);
    // it is published: what goes wrong from here on is no failure of the run
    await note('info', run.held ? 'Run:Held' : 'Run:Published', {
      patches: done.found,
      ...(run.held ? {} : { leads_made: done.leads.made, leads_changed: done.leads.changed }),
      ms: ms(),
    }).catch(() => {});
    return { run: run.id, held: run.held, ...done };
  } catch (error) {
    const [level, event] = request.signal?.aborted
      ? (['warn', 'Run:Cancelled'] as const)
      : (['error', 'Run:Failed'] as const);
    await note(level, event, { error: messageOf(error), ms: ms() }).catch(() => {});
    // where only the answer to the COMMIT was lost it is published, and its rasters are needed; where nothing is known they
    // stay, and the next run of the month sees to them
    const failed = await failRun(db, run, messageOf(error)).catch(() => false);
    if (failed) await rm(folder, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

async function computeAndStore(
  db: Db,
  config: Config,
  request: MonthlyRequest,
  work: Work,
  run: RunRecord,
  folder: string,
  note: Note,
) {
  const { comparison, subdistricts, grid, before, after } = work;
  const first = comparison.against === 'first';
  const bands = commonBands([...before, ...after]);
  const { detector, notes: judgeNotes } = judgeOf(work.asked, bands, grid.resolution);
  const choice = chooseClasses(detector, bands, undefined, `month ${request.month}`);
  const file = (name: string) => join(folder, name);
  const store = request.store ?? ownBlocks(config);
  const journals = [openJournal(store)];
  const zones = subdistricts.map((subdistrict) => zoneOnGrid(subdistrict.polygons, grid));
  const unjudged = unjudgedMonths(() => openStateHistory(db, config.stateDir, grid, null), zones);
  // against last year, the months between are not asked
  const unjudgedOf = async (months: readonly string[]) =>
    comparison.against === 'mom' && detector.knowsStates ? unjudged(months) : {};
  const common = {
    grid,
    after,
    reference: work.reference,
    detector,
    backend: config.backend,
    align: true,
    normalize: true,
    workers: config.workers ?? defaultWorkers(),
    run: request.run,
    signal: request.signal,
  };
  const result = await compare({
    ...common,
    before,
    unjudged: await unjudgedOf(comparison.beforeMonths),
    classes: first ? [] : choice.classes,
    zones,
    clip: true,
    least: leastPixels(grid, { building: config.mmuBuilding, other: config.mmuOther }),
    outputs: {
      confidence: file('confidence.tif'),
      magnitude: file('magnitude.tif'),
      state: file('state.tif'),
    },
    journal: journals[0],
    onProgress: (done, total) => request.onProgress?.(`${request.month} ${comparison.against}`, done, total),
  });
  await noteScenes(note, result.reports);
  await note('info', 'Blocks:Computed', { backend: result.backend, tolerance_px: result.tolerance });
  const found = draftPatches(result.judged.runs, {
    grid: result.judged.grid,
    subdistricts,
    before: comparison.beforeMonths[0] ?? null,
    after: request.month,
    keepOutside: false,
    chance: detector.chance?.(bands, result.judged.grid.resolution),
    modelOf: modelOf(detector),
  });
  const drafts = await withEvidence(found, grid, {
    magnitude: file('magnitude.tif'),
    state: file('state.tif'),
  });
  await writeChangeRaster(file('change.tif'), grid, result.runs);
  const looks = first
    ? NO_LOOKS
    : await otherMonths(db, config, work, {
        asked: { ...comparison, month: request.month, grid, drafts, runs: result.runs },
        stateFile: file('state.tif'),
        knowsStates: detector.knowsStates,
        comparePair: async (beforeMonths, wanted) => {
          const scenes = await work.archive.scenes(beforeMonths);
          const journal = openJournal(store);
          journals.push(journal);
          const again = detector.again ?? detector;
          const { classes } = again.computable(commonBands([...scenes, ...after]));
          const other = { before: scenes, detector: again, classes, zones: [], clip: false, outputs: {} };
          return compare({
            ...common,
            ...other,
            unjudged: await unjudgedOf(beforeMonths),
            wanted,
            journal,
          });
        },
      });
  await note('info', 'Patches:Made', {
    patches: drafts.length,
    looked_again: looks.known.length + looks.own.length,
  });
  const areas = stateAreas(result.transitions, subdistricts, grid, first);
  const usable = usableShare(result, areas, grid);
  const summary = {
    folder,
    grid: describeGrid(grid),
    backend: result.backend,
    stages: result.stages,
    detector: detector.name,
    model: toldModel(detector),
    classes: classTotals(drafts, result.runs, grid, choice.classes),
    not_computed: Object.keys(choice.missing),
    looked_again: looks.known.length + looks.own.length,
    usable_fraction: usable,
    sensors: { before: sensors(before), after: sensors(after) },
    scenes: result.reports.map(({ scene, alignment, normalization }) => ({
      scene,
      shift: { dx: alignment.shift.dx, dy: alignment.shift.dy },
      field: fieldOf(alignment),
      residual_px: alignment.residual,
      reliable: alignment.reliable,
      normalization: normalization.maps,
      invariant_fraction: normalization.invariant,
      not_normalized: normalization.refused,
    })),
    tolerance_px: result.tolerance,
    judged_cell_px: result.judged.cell,
    notes: [
      ...judgeNotes,
      ...cellNotes(result, grid),
      ...lookNotes(result.reports),
      ...toleranceNotes(result),
      ...usableNotes(usable, config.schedule.leastUsable),
    ],
    timings_ms: Object.fromEntries(
      Object.entries(result.timings).map(([name, ms]) => [name, Math.round(ms)]),
    ),
    peak_rss_mb: peakRssMb(),
  };
  if (summary.usable_fraction < (request.leastUsable ?? 0)) {
    throw new TooFewUsable(request.month, summary.usable_fraction, request.leastUsable ?? 0);
  }
  const stored = run.held
    ? await holdRun(db, run, { drafts, areas, looks }, summary).then(() => NOTHING_PUBLISHED)
    : // in one transaction: nobody sees the run's patches without its leads, or leads of patches that have gone
      await db.transaction(async (tx) => ({
        filter: await fitMonth(tx, config.filter, request.month, new Date()),
        patches: await publishRun(tx, run, drafts, areas, summary, looks),
        leads: await refreshLeads(tx, config, 'touched', new Date()),
      }));
  try {
    for (const journal of journals) await journal.clear();
    if (!run.held) await tidyTables(db);
  } catch (error) {
    await note('warn', 'Run:Untidy', { error: messageOf(error) }).catch(() => {});
  }
  return { ...stored, found: drafts.length, summary };
}

const NOTHING_PUBLISHED: Pick<MonthlyResult, 'patches' | 'leads'> = {
  patches: [],
  leads: { made: 0, changed: 0, unchanged: 0 },
};

/** What other months say about this one's drafts, and this one about earlier patches. */
async function otherMonths(
  db: Db,
  config: Config,
  { months }: Work,
  run: {
    readonly asked: Asked;
    readonly stateFile: string;
    readonly knowsStates: boolean;
    readonly comparePair: Sources['comparePair'];
  },
): Promise<RunLooks> {
  const own = { month: run.asked.month, file: run.stateFile };
  const states = run.knowsStates ? await openStateHistory(db, config.stateDir, run.asked.grid, own) : null;
  try {
    return await lookAgain(run.asked, { db, months, states, comparePair: run.comparePair });
  } finally {
    await states?.close();
  }
}

/** Marks a result that rests on few pixels. @param least 0-1 */
function usableNotes(usable: number, least: number): string[] {
  return usable < least
    ? [`only ${(100 * usable).toFixed(1)} % of the district is usable: what is missing was not seen`]
    : [];
}

function sensors(scenes: readonly OpenedScene[]): string[] {
  return [...new Set(scenes.map(({ scene }) => scene.sensor.name))];
}

/** Of the district's pixels the share seen on both dates, also where the detector tells no states. The comparison was clipped to it. */
function usableShare(
  { pixels, usable }: Pick<CompareResult, 'pixels' | 'usable'>,
  areas: readonly SubdistrictArea[],
  grid: Grid,
): number {
  const district = areas.reduce((sum, area) => sum + area.totalM2, 0) / pixelArea(grid);
  return district > 0 ? 1 - (pixels - usable) / district : 0;
}
