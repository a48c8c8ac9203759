import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BackendRequest, openBackend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import { type ChangeClassName, codeOf, UNUSABLE } from '../../kernels/classes.js';
import { boundsIn, gridOf } from '../../raster/choose-grid.js';
import type { CogSampleType } from '../../raster/cog/spec.js';
import { WGS84 } from '../../raster/crs.js';
import { openPair } from '../../raster/engine/chips.js';
import { commonBands } from '../../raster/engine/compare.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { BadInput } from '../../raster/errors.js';
import type { Grid, Window } from '../../raster/grid.js';
import { openScene, placed, type SceneSpec } from '../../raster/scene.js';
import { readOnto } from '../prediction.js';
import { namedAlike, type Shares, type Split, type Spot, splitGroups, touchingGroups } from './split.js';
import { placesOf, sampleTypeOf, windowAt } from './windows.js';
import { createDataset, type DatasetFigures, type DatasetWriter } from './writer.js';

/** Two scenes and a truth of what changed between them. */
export interface TruthPair {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly truth: string;
}

export interface PairsRequest {
  readonly pairs: readonly TruthPair[];
  readonly out: string;
  /** What the truth's values other than 0 and 255 mean; null where they are change codes. */
  readonly class: ChangeClassName | null;
  readonly scene: Omit<SceneSpec, 'files'>;
  readonly chip: number;
  /** As createDataset takes them. */
  readonly labels: ReadonlySet<ChangeClassName> | null;
  /** Whether names tell which pairs share ground, and not coordinates. */
  readonly groundByName: boolean;
  readonly shares: Shares;
  readonly seed: number;
  readonly named: { readonly val: ReadonlySet<string>; readonly test: ReadonlySet<string> };
  readonly backend: BackendRequest;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const PARTS = ['before', 'after', 'truth'] as const;

/**
 * The pairs of a folder: NAME_before.tif, NAME_after.tif and NAME_truth.tif.
 * @param only names to take, all where empty
 * @throws BadInput
 */
export function pairsIn(folder: string, only: ReadonlySet<string>): TruthPair[] {
  if (!existsSync(folder))
    throw new BadInput(
      `--pairs ${folder} is not there; expected a folder with NAME_before.tif, NAME_after.tif, NAME_truth.tif`,
    );
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('_truth.tif'))
    .map((file) => file.slice(0, -'_truth.tif'.length))
    .sort();
  if (names.length === 0)
    throw new BadInput(`--pairs ${folder} holds no NAME_truth.tif; expected one a pair`);
  const lost = [...only].find((name) => !names.includes(name));
  if (lost !== undefined)
    throw new BadInput(`--only ${lost}: ${folder} has no such pair; it has ${names.join(', ')}`);
  return names
    .filter((name) => only.size === 0 || only.has(name))
    .map((name) => {
      const [before, after, truth] = PARTS.map((part) => join(folder, `${name}_${part}.tif`));
      for (const file of [before, after])
        if (!existsSync(file))
          throw new BadInput(`${file} is not there; expected both dates of pair ${name}`);
      return { name, before, after, truth };
    });
}

interface OpenedPair {
  readonly pair: TruthPair;
  readonly scenes: readonly [OpenedScene, OpenedScene];
  readonly grid: Grid;
}

/** Chips of pairs whose truth is known, split by pairs that do not touch. @throws BadInput */
export async function exportPairs(request: PairsRequest): Promise<DatasetFigures> {
  for (const name of [...request.named.val, ...request.named.test])
    if (!request.pairs.some((pair) => pair.name === name))
      throw new BadInput(
        `${name} is to be held back and is no pair; expected some of ${request.pairs.map((p) => p.name).join(', ')}`,
      );
  const spots: Spot[] = [];
  let bands: readonly BandRole[] | null = null;
  let sampleType: CogSampleType = 'uint8';
  for (const pair of request.pairs) {
    await withPair(pair, request, async ({ scenes }) => {
      const { minX, minY, maxX, maxY } = boundsIn(placed(scenes[0].scene), WGS84);
      spots.push({ name: pair.name, west: minX, south: minY, east: maxX, north: maxY });
      const own = [...commonBands(scenes)];
      const known: readonly BandRole[] = bands ?? own;
      bands = known.filter((band) => own.includes(band));
      if (bands.length === 0)
        throw new BadInput(`${pair.before} and the pairs before it share no band; name them with --bands`);
      const type = sampleTypeOf(scenes, bands);
      sampleType = wider(sampleType, type);
    });
  }
  const groups = request.groundByName ? namedAlike(spots.map(({ name }) => name)) : touchingGroups(spots);
  const splits = splitGroups(groups, request.named, request.shares, request.seed);
  const writer = await createDataset(request.out, {
    bands: bands ?? [],
    sampleType,
    chip: request.chip,
    labels: request.labels,
    told: { source: 'pairs with a truth', seed: request.seed },
  });
  try {
    for (const [k, pair] of request.pairs.entries()) {
      request.signal?.throwIfAborted();
      request.onProgress?.(k, request.pairs.length);
      const ground = groups.find((group) => group.includes(pair.name))?.[0] ?? pair.name;
      await withPair(pair, request, (opened) =>
        writePair(opened, {
          request,
          writer,
          bands: bands ?? [],
          ground,
          split: splits.get(pair.name) ?? 'train',
        }),
      );
    }
    request.onProgress?.(request.pairs.length, request.pairs.length);
    return await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

const TYPES: readonly CogSampleType[] = ['uint8', 'uint16', 'float32'];

function wider(a: CogSampleType, b: CogSampleType): CogSampleType {
  const rank = (type: CogSampleType) => TYPES.indexOf(type);
  return rank(a) > rank(b) ? a : b;
}

async function withPair<T>(
  pair: TruthPair,
  { scene }: PairsRequest,
  work: (opened: OpenedPair) => Promise<T>,
): Promise<T> {
  const open = async (file: string): Promise<OpenedScene> => {
    const spec = { ...scene, files: [file] };
    return { spec, scene: await openScene(spec) };
  };
  const before = await open(pair.before);
  try {
    const after = await open(pair.after);
    try {
      const { grid } = gridOf(placed(before.scene), {});
      return await work({ pair, scenes: [before, after], grid });
    } finally {
      await after.scene.close();
    }
  } finally {
    await before.scene.close();
  }
}

async function writePair(
  { pair, scenes, grid }: OpenedPair,
  to: {
    readonly request: PairsRequest;
    readonly writer: DatasetWriter;
    readonly bands: readonly BandRole[];
    readonly ground: string;
    readonly split: Split;
  },
): Promise<void> {
  const { request, writer, bands, ground, split } = to;
  const backend = await openBackend(request.backend);
  try {
    const reader = await openPair({
      grid,
      before: [scenes[0]],
      after: [scenes[1]],
      reference: scenes[0],
      bands,
      align: true,
      normalize: true,
      backend,
    });
    const truth = await readOnto(pair.truth, {
      path: pair.before,
      width: grid.width,
      height: grid.height,
      grid,
    });
    for (const place of placesOf(grid, request.chip)) {
      const window = windowAt(place, request.chip);
      const dates = await reader.read(window);
      const label = labelOf(truth, grid, window, request.class);
      for (let i = 0; i < label.length; i++)
        if (dates[0].usable[i] === 0 || dates[1].usable[i] === 0) label[i] = UNUSABLE;
      if (label.every((value) => value === UNUSABLE)) continue;
      const name = `${pair.name}_${place.row}_${place.column}`;
      const told = { pair: pair.name };
      await writer.add({
        name,
        split,
        ground,
        source: 'truth',
        grid,
        window,
        dates,
        label,
        look: reader.look,
        told,
      });
    }
  } finally {
    await backend.close();
  }
}

/** Change codes on a window of the grid the truth was read onto; 255 beyond it. */
function labelOf(truth: Float32Array, grid: Grid, window: Window, as: ChangeClassName | null): Uint8Array {
  const label = new Uint8Array(window.width * window.height).fill(UNUSABLE);
  for (let y = 0; y < Math.min(window.height, grid.height - window.y); y++) {
    for (let x = 0; x < Math.min(window.width, grid.width - window.x); x++) {
      const value = truth[(window.y + y) * grid.width + window.x + x];
      const code = as === null || value === 0 || value === UNUSABLE ? value : codeOf(as);
      label[y * window.width + x] = code;
    }
  }
  return label;
}
