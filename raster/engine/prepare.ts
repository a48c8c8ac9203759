import type { Backend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import { cellFactor } from '../../kernels/buildings.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';
import { cellsOfGrid, type Grid } from '../grid.js';
import { type Alignment, align, MOST_SHIFT, toleranceOf, UNMOVED } from '../look/align.js';
import { measureLevels } from '../look/levels.js';
import { NO_NORMALIZATION, type Normalization, normalize } from '../look/normalize.js';
import { bestFirst, type Candidate, clearShare, splitMonth, usableShare } from '../look/order.js';
import { rememberedScene } from '../look/remembered.js';
import { lookWindows, readLook } from '../look/windows.js';
import type { Scene, SceneSpec } from '../scene.js';
import { type PreparedScene, unprepared } from '../warp/date.js';
import { NO_SHIFT, type Shift, shiftInCells } from '../warp/net.js';
import { resamplerFor } from '../warp/resampler.js';
import type { PreparedSpec } from './job.js';

/** A scene with the recipe it was opened from. */
export interface OpenedScene {
  readonly spec: SceneSpec;
  readonly scene: Scene;
  /** YYYY-MM it is catalogued under; absent for a scene that stands alone. */
  readonly month?: string;
}

/** What the look found for one scene, recorded with the run. */
export interface SceneReport {
  readonly scene: string;
  readonly alignment: Alignment;
  readonly normalization: Normalization;
}

export interface LookOptions {
  readonly align: boolean;
  readonly normalize: boolean;
  /** px of the grid that are judged as one, a side. */
  readonly cell: number;
  /** False for detectors that judge raw values. */
  readonly levels: boolean;
  readonly bands: readonly BandRole[];
  readonly backend: Backend;
}

export interface LookResult {
  readonly before: readonly PreparedSpec[];
  readonly after: readonly PreparedSpec[];
  readonly reports: readonly SceneReport[];
  readonly look: SceneLook | null;
  /** Misregistration that changes must hold against, in px of what is judged. */
  readonly tolerance: number;
}

/**
 * The look before the run: on sample windows, every scene is aligned and normalized onto `reference`, in px of the grid; then the scene's
 * own levels are measured on what is judged. Corrections that cannot be trusted are left out and recorded, never the run.
 */
export async function lookFirst(
  reference: OpenedScene,
  before: readonly OpenedScene[],
  after: readonly OpenedScene[],
  grid: Grid,
  options: LookOptions,
): Promise<LookResult> {
  const windows = lookWindows(grid);
  const corrects = options.align || options.normalize;
  // a window is decoded once, and read again as it is shifted and normalized
  const memory = { bytes: 0 };
  const remembered = new Map(
    [reference, ...before, ...after].map((opened) => {
      const margin = options.align && opened !== reference ? MOST_SHIFT + 2 : 0;
      return [opened, rememberedScene(opened.scene, margin, memory)];
    }),
  );
  const resampler = resamplerFor(options.backend);
  const read = (scenes: readonly PreparedScene[]) =>
    readLook(scenes, grid, windows, options.bands, resampler);
  const recall = (opened: OpenedScene) => remembered.get(opened) ?? opened.scene;
  const fixed = corrects ? await read([unprepared(recall(reference))]) : [];
  const { cell } = options;
  const judged = cellsOfGrid(grid, cell);
  const judgedWindows = lookWindows(judged);
  const readCells = (scenes: readonly PreparedScene[]) =>
    readLook(scenes, judged, judgedWindows, options.bands, resampler);
  const reports: SceneReport[] = [];
  const prepare = async (opened: OpenedScene): Promise<Ready> => {
    let alignment = UNMOVED;
    let normalization = NO_NORMALIZATION;
    if (opened !== reference && corrects) {
      const scene = unprepared(recall(opened));
      let moved: DateBlock[] | null = null;
      let at: Shift = NO_SHIFT;
      const readMoved = async (shift: Shift) => {
        if (moved === null || at !== shift) moved = await read([{ ...scene, shift }]);
        at = shift;
        return moved;
      };
      if (options.align) alignment = await align(fixed, readMoved, windows);
      if (options.normalize) normalization = normalize(fixed, await readMoved(alignment.shift));
    }
    reports.push({ scene: opened.scene.path, alignment, normalization });
    const { month = null } = opened;
    const found = { shift: alignment.shift, normalization: normalization.maps, month };
    const trusted = alignment.reliable && normalization.refused.length === 0;
    const scene = { scene: recall(opened), ...found };
    const { acquired } = opened.scene;
    const inCells = { ...found, shift: shiftInCells(alignment.shift, cell) };
    const spec = { spec: opened.spec, ...inCells };
    // windows of cells are others, and larger than what is remembered
    const cells = cell === 1 ? scene : { scene: opened.scene, ...inCells };
    return { opened, alignment, spec, scene, cells, month, trusted, acquired, files: opened.spec.files };
  };
  const first = await prepareDate(before, prepare, read);
  const second = await prepareDate(after, prepare, read);
  const fixedCells = async () => (cell === 1 || !corrects ? fixed : readCells([unprepared(reference.scene)]));
  const planesOf = async (scenes: readonly Ready[]) =>
    // the reference alone is neither shifted nor normalized: it was read as it is
    cell === 1 && corrects && scenes.length === 1 && scenes[0].opened === reference
      ? fixed
      : readCells(scenes.map(({ cells }) => cells));
  const measure = async (date: readonly Ready[], other: readonly Ready[]) =>
    measureLevels(await planesOf(date), await planesOf(other), {
      backend: options.backend,
      resolution: judged.resolution,
      surfaceReflectance: reference.scene.sensor.surfaceReflectance === true,
      normalization: [date[0], other[0]].map(({ spec }) => spec.normalization),
    });
  const specs = (date: readonly Ready[]) => date.map(({ spec }) => spec);
  // without infrared only buildings are judged, on cells of about a metre: where these are several px they bear as much
  const coarseCells =
    cellFactor(grid.resolution) > 1 && !options.bands.some((role) => INFRARED.includes(role));
  const tolerance =
    options.align && !coarseCells
      ? Math.max(
          ...[first[0], second[0]].map(({ alignment }) => toleranceOf(alignment, grid.resolution, cell)),
        )
      : 0;
  if (!options.levels) return { before: specs(first), after: specs(second), reports, look: null, tolerance };
  const levels = await measure(first, second);
  const clear = { levels, resolution: judged.resolution, reference: fixedCells, read: readCells };
  const [clearFirst, clearSecond] = [await clearestFirst(first, clear), await clearestFirst(second, clear)];
  const moved = clearFirst[0] !== first[0] || clearSecond[0] !== second[0];
  const look = moved ? await measure(clearFirst, clearSecond) : levels;
  return { before: specs(clearFirst), after: specs(clearSecond), reports, look, tolerance };
}

const INFRARED: readonly BandRole[] = ['nir', 'swir1', 'swir2'];

/** A scene with what the look found for it. */
interface Ready extends Candidate {
  readonly opened: OpenedScene;
  readonly alignment: Alignment;
  readonly spec: PreparedSpec;
  readonly scene: PreparedScene;
  /** The same for what is judged. */
  readonly cells: PreparedScene;
}

type ReadLook = (scenes: readonly PreparedScene[]) => Promise<DateBlock[]>;

/** Prepares the scenes of a date; those of its month stand with the most usable first. */
async function prepareDate(
  date: readonly OpenedScene[],
  prepare: (opened: OpenedScene) => Promise<Ready>,
  read: ReadLook,
): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const opened of date) ready.push(await prepare(opened));
  const [month, earlier] = splitMonth(ready);
  if (month.length < 2) return ready;
  const usable = new Map<Ready, number>();
  for (const own of month) usable.set(own, usableShare(await read([own.scene])));
  return [...bestFirst(month, (own) => usable.get(own) ?? 0), ...earlier];
}

/** The same by how much of a scene is free of cloud and shadow, seen against the reference and the others of its month. */
async function clearestFirst(
  date: readonly Ready[],
  {
    levels,
    resolution,
    reference,
    read,
  }: {
    levels: SceneLook;
    resolution: number;
    reference: () => Promise<readonly DateBlock[]>;
    read: ReadLook;
  },
): Promise<readonly Ready[]> {
  const [month, earlier] = splitMonth(date);
  if (month.length < 2) return date;
  const looks = new Map<Ready, DateBlock[]>();
  for (const own of month) looks.set(own, await read([own.cells]));
  const fixed = await reference();
  const clear = new Map<Ready, number>();
  for (const [own, blocks] of looks) {
    const others = [...looks.values(), fixed].filter((other) => other !== blocks && other.length > 0);
    clear.set(own, clearShare(blocks, others, levels, resolution));
  }
  return [...bestFirst(month, (own) => clear.get(own) ?? 0), ...earlier];
}
