import type { Backend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import type { SceneLook } from '../../kernels/detector.js';
import type { Grid } from '../grid.js';
import { type Alignment, align, MOST_SHIFT } from '../look/align.js';
import { measureLevels } from '../look/levels.js';
import { NO_NORMALIZATION, type Normalization, normalize } from '../look/normalize.js';
import { rememberedScene } from '../look/remembered.js';
import { lookWindows, readLook } from '../look/windows.js';
import type { Scene, SceneSpec } from '../scene.js';
import { type PreparedScene, unprepared } from '../warp/date.js';
import { NO_SHIFT } from '../warp/net.js';
import { resamplerFor } from '../warp/resampler.js';
import type { PreparedSpec } from './job.js';

/** A scene with the recipe it was opened from. */
export interface OpenedScene {
  readonly spec: SceneSpec;
  readonly scene: Scene;
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
}

const REFERENCE: Alignment = { shift: NO_SHIFT, reliable: true, agreeing: 0, tried: 0 };

/**
 * The look before the run: on sample windows, every scene is aligned and normalized onto `reference`, then the scene's
 * own levels are measured. Corrections that cannot be trusted are left out and recorded, never the run.
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
  const reports: SceneReport[] = [];
  const prepare = async (opened: OpenedScene): Promise<{ spec: PreparedSpec; scene: PreparedScene }> => {
    let alignment = REFERENCE;
    let normalization = NO_NORMALIZATION;
    if (opened !== reference && corrects) {
      const scene = unprepared(recall(opened));
      let moved = await read([scene]);
      if (options.align) {
        alignment = align(fixed, moved);
        if (alignment.shift !== NO_SHIFT) {
          moved = await read([{ ...scene, shift: alignment.shift }]);
        }
      }
      if (options.normalize) normalization = normalize(fixed, moved);
    }
    reports.push({ scene: opened.scene.path, alignment, normalization });
    const found = { shift: alignment.shift, normalization: normalization.maps };
    return { spec: { spec: opened.spec, ...found }, scene: { scene: recall(opened), ...found } };
  };
  const first = [];
  for (const opened of before) first.push(await prepare(opened));
  const second = [];
  for (const opened of after) second.push(await prepare(opened));
  const planesOf = async (opened: readonly OpenedScene[], scenes: readonly PreparedScene[]) =>
    // the reference alone is neither shifted nor normalized: it was read as it is
    corrects && opened.length === 1 && opened[0] === reference ? fixed : read(scenes);
  const scenes = (date: readonly { readonly scene: PreparedScene }[]) => date.map((p) => p.scene);
  const look = options.levels
    ? await measureLevels(await planesOf(before, scenes(first)), await planesOf(after, scenes(second)), {
        backend: options.backend,
        resolution: grid.resolution,
        surfaceReflectance: reference.scene.sensor.surfaceReflectance === true,
        normalization: [first[0], second[0]].map(({ spec }) => spec.normalization),
      })
    : null;
  return { before: first.map((p) => p.spec), after: second.map((p) => p.spec), reports, look };
}
