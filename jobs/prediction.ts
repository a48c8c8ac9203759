import { access, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { classByName, UNUSABLE } from '../kernels/classes.js';
import type { Crs } from '../raster/crs.js';
import { BadInput } from '../raster/errors.js';
import type { Grid, Window } from '../raster/grid.js';
import { placementOf } from '../raster/scene.js';
import { openRaster } from '../raster/tiff/open.js';
import type { RasterFile } from '../raster/tiff/types.js';
import { controlNet } from '../raster/warp/net.js';
import { nearest } from '../raster/warp/resample.js';
import { readSource } from '../raster/warp/source.js';
import { type LonLatPolygons, rasterizeZones, windowAround, zoneOnGrid } from '../raster/zones.js';
import { readGeoJson } from '../vector/features/geojson.js';
import { POLYGONS } from '../vector/features/shapes.js';
import { type Mask, maskObjects, type Objects, objectsOf } from '../vector/objects.js';
import { PATCH_STATES, type PatchState } from '../vector/patch.js';

/** A raster the others are looked up on; `grid` is null where its file is not georeferenced. */
export interface Frame {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly grid: Grid | null;
}

/** What a prediction says of some classes on the truth's pixels. */
export interface Found {
  readonly mask: Mask;
  readonly objects: Objects;
  /** 0-1 an object; null where nothing tells. */
  readonly confidence: Float64Array | null;
  /** Month an object was reported in, '' where nothing tells. */
  readonly months: readonly string[];
}

export interface Prediction {
  /** @param codes change codes, null for any */
  of(codes: readonly number[] | null): Found;
  /** True where the prediction says that it could not see. */
  unusable(pixel: number): boolean;
}

export interface PredictionRequest {
  /** Change raster, measure (with `threshold`), or GeoJSON of patches. */
  readonly prediction: string;
  readonly threshold?: number;
  /** Raster of 0-1; without it `confidence.tif` beside a `change.tif`. */
  readonly confidence?: string;
  /** Only patches of this state. */
  readonly state?: PatchState;
  readonly sourceCrs?: Crs;
}

/** @throws BadInput */
export async function readPrediction(request: PredictionRequest, frame: Frame): Promise<Prediction> {
  const { prediction, threshold, confidence, state, sourceCrs } = request;
  if (/\.(geo)?json$/i.test(prediction)) {
    if (threshold !== undefined)
      throw new BadInput('--threshold with patches; expected a raster, or no --threshold');
    if (confidence !== undefined)
      throw new BadInput('--confidence with patches, which carry their own; leave it out');
    return ofPatches(await readPatches(prediction), frame, state);
  }
  if (state !== undefined)
    throw new BadInput(`--state ${state} with a raster; expected patches as GeoJSON, e.g. patches.geojson`);
  const values = await readOnto(prediction, frame, sourceCrs);
  const beside = join(dirname(prediction), 'confidence.tif');
  const own = threshold === undefined && basename(prediction) === 'change.tif' && (await exists(beside));
  const from = confidence ?? (own ? beside : null);
  return ofRaster(values, from === null ? null : await readOnto(from, frame, sourceCrs), frame, threshold);
}

function ofRaster(
  values: Float32Array,
  confidence: Float32Array | null,
  { width, height }: Frame,
  threshold: number | undefined,
): Prediction {
  return {
    unusable: (pixel) => threshold === undefined && values[pixel] === UNUSABLE,
    of(codes) {
      const data = new Uint8Array(width * height);
      for (let i = 0; i < data.length; i++) {
        const value = values[i];
        const is =
          threshold !== undefined
            ? value > threshold
            : codes === null
              ? value > 0 && value !== UNUSABLE
              : codes.includes(value);
        if (is) data[i] = 1;
      }
      const mask = { width, height, data };
      const objects = maskObjects(mask);
      return {
        mask,
        objects,
        confidence: confidence && meanOver(objects, confidence),
        months: Array.from({ length: objects.count }, () => ''),
      };
    },
  };
}

function meanOver({ count, start, pixels }: Objects, values: Float32Array): Float64Array {
  return Float64Array.from({ length: count }, (_, r) => {
    let sum = 0;
    for (let k = start[r]; k < start[r + 1]; k++) sum += values[pixels[k]];
    return sum / (start[r + 1] - start[r]);
  });
}

/** A patch as a file tells it; polygons in WGS84. */
export interface FilePatch {
  readonly code: number;
  readonly confidence: number | null;
  readonly state: PatchState;
  /** YYYY-MM, '' where the file tells none. */
  readonly month: string;
  readonly polygons: LonLatPolygons;
}

const Properties = z.object({
  class: z.string(),
  confidence: z.number().nullish(),
  state: z.enum(PATCH_STATES).nullish(),
  after: z.string().nullish(),
});

/** Patches as `diff` and `patches export --format geojson` write them. @throws BadInput */
export async function readPatches(path: string): Promise<FilePatch[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BadInput(`${path} cannot be read (${error.code}); expected a GeoJSON file of patches`);
  });
  return readGeoJson(path, text, POLYGONS).features.map(({ properties, geometry }, index) => {
    const told = Properties.safeParse(properties);
    const code = classByName(told.data?.class ?? '')?.code;
    if (!told.success || code === undefined) {
      throw new BadInput(
        `${path}, feature ${index + 1} is no patch; expected the properties class (a change class), confidence and state, as tuban writes them`,
      );
    }
    const { confidence, state, after } = told.data;
    return {
      code,
      confidence: confidence ?? null,
      state: state ?? 'suspected',
      month: after?.slice(0, 7) ?? '',
      polygons: geometry,
    };
  });
}

/** The pixels of a frame whose centre lies in the polygons. */
export function pixelsIn(polygons: LonLatPolygons, grid: Grid): number[] {
  const zone = zoneOnGrid(polygons, grid);
  const window = windowAround(zone, grid);
  if (window === null) return [];
  const inside = rasterizeZones([zone], window);
  const pixels: number[] = [];
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === 0) continue;
    pixels.push((window.y + Math.floor(i / window.width)) * grid.width + window.x + (i % window.width));
  }
  return pixels;
}

/** Patches on the frame's pixels; those of other states than the asked one are left out. @throws BadInput */
export function ofPatches(
  patches: readonly FilePatch[],
  { path, width, height, grid }: Frame,
  state?: PatchState,
): Prediction {
  if (grid === null)
    throw new BadInput(`${path} is not georeferenced; patches can be held only against a truth that is`);
  const placed = patches
    .filter((patch) => state === undefined || patch.state === state)
    .map((patch) => ({ patch, pixels: pixelsIn(patch.polygons, grid) }))
    // nothing to judge where no centre of the truth's pixels is covered
    .filter(({ pixels }) => pixels.length > 0);
  return {
    unusable: () => false,
    of(codes) {
      const chosen = placed.filter(({ patch }) => codes === null || codes.includes(patch.code));
      const data = new Uint8Array(width * height);
      for (const { pixels } of chosen) for (const pixel of pixels) data[pixel] = 1;
      const told = chosen.every(({ patch }) => patch.confidence !== null);
      return {
        mask: { width, height, data },
        objects: objectsOf(chosen.map(({ pixels }) => pixels)),
        confidence: told ? Float64Array.from(chosen, ({ patch }) => patch.confidence ?? 0) : null,
        months: chosen.map(({ patch }) => patch.month),
      };
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The first band of a raster at the frame's pixel centres; 0 where it does not reach. @throws BadInput */
export async function readOnto(path: string, frame: Frame, sourceCrs?: Crs): Promise<Float32Array> {
  const file = await openRaster(path, { sourceCrs });
  try {
    return frame.grid === null || file.info.transform === null
      ? await asItIs(file, frame)
      : await onGrid(file, frame.grid);
  } finally {
    await file.close();
  }
}

const STRIP = 512;

async function asItIs(file: RasterFile, { path, width, height }: Frame): Promise<Float32Array> {
  if (width !== file.info.width || height !== file.info.height) {
    throw new BadInput(
      `${path} is ${width} × ${height} px, ${file.info.path} ${file.info.width} × ${file.info.height}; expected the same size, or both georeferenced`,
    );
  }
  return readWhole(file);
}

/** The first band of a raster. */
export async function readWhole(file: RasterFile): Promise<Float32Array> {
  const { width, height } = file.info;
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y += STRIP) {
    const window: Window = { x: 0, y, width, height: Math.min(STRIP, height - y) };
    const [samples] = await file.readWindow(0, window, [0]);
    out.set(samples, y * width);
  }
  return out;
}

async function onGrid(file: RasterFile, grid: Grid): Promise<Float32Array> {
  const { width, height } = grid;
  const place = placementOf(file.info);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y += STRIP) {
    const window: Window = { x: 0, y, width, height: Math.min(STRIP, height - y) };
    const net = controlNet(grid, window, place);
    const source = await readSource(file, net, { bands: [0], codes: true });
    if (source === null) continue;
    nearest(net, source.pixels, source.reduce, out.subarray(y * width, (y + window.height) * width), 0);
  }
  return out;
}
