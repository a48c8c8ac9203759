import { BadInput } from '../errors.js';
import type { Grid } from '../grid.js';
import type { SampleArray } from '../tiff/types.js';

/** Side of a tile in px, of every level. */
export const TILE_SIZE = 512;

export type CogSampleType = 'uint8' | 'uint16' | 'int16' | 'float32';

export type CogSamples = Uint8Array | Uint16Array | Int16Array | Float32Array;

/** What a Cloud Optimized GeoTIFF is to be. Plain data but for `grid.crs`, all of it structured-cloneable. */
export interface CogSpec {
  readonly grid: Grid;
  readonly bands: number;
  readonly sampleType: CogSampleType;
  /** GDAL_NODATA; also what tiles never put are filled with (else 0). */
  readonly nodata?: number;
  /** How a level is made of the one below: `nearest` for codes, `average` (of samples that are not nodata) for measures. */
  readonly overviews: 'nearest' | 'average';
  /** A name a band, written as GDAL band descriptions. */
  readonly descriptions?: readonly string[];
  /** Colour table of a single uint8 band: code to sRGB 0-255. Codes not named are black. */
  readonly palette?: ReadonlyMap<number, readonly [r: number, g: number, b: number]>;
  /**
   * Samples are given as whole steps (Uint8Array, 0 to 255) of 1/steps of a float32: measures that are known no finer
   * travel and are averaged in a quarter of the memory. `steps` is a power of two.
   */
  readonly steps?: number;
  /** zlib level 1-9, 6 by default. Level 1 looks for runs only, at several times the speed. */
  readonly level?: number;
  /** TIFFTAG_DATETIME as YYYY-MM-DD. */
  readonly acquired?: string;
  /** BigTIFF even where the file stays below 4 GiB; by default only where it does not. */
  readonly bigTiff?: boolean;
}

/** The size of one level in px and in tiles. Level 0 is full resolution. */
export interface CogLevel {
  readonly width: number;
  readonly height: number;
  readonly cols: number;
  readonly rows: number;
}

/** Full resolution, then halves (rounded up) until the image fits one tile. */
export function cogLevels(grid: Grid): CogLevel[] {
  const levels: CogLevel[] = [];
  let { width, height } = grid;
  for (;;) {
    levels.push({ width, height, cols: Math.ceil(width / TILE_SIZE), rows: Math.ceil(height / TILE_SIZE) });
    if (width <= TILE_SIZE && height <= TILE_SIZE) return levels;
    width = Math.ceil(width / 2);
    height = Math.ceil(height / 2);
  }
}

const BYTES = { uint8: 1, uint16: 2, int16: 2, float32: 4 } as const;

export function bytesPerSample(type: CogSampleType): number {
  return BYTES[type];
}

/** TIFF predictor (TIFF 6.0 section 14; Adobe TechNote 3 for floats): 1 none, 2 horizontal, 3 floating point. */
export function predictorOf(type: CogSampleType): 1 | 2 | 3 {
  return type === 'float32' ? 3 : type === 'uint8' ? 1 : 2;
}

/** The type samples are given in: that of the file, but for measures given in steps. */
export function givenType({ sampleType, steps }: Pick<CogSpec, 'sampleType' | 'steps'>): CogSampleType {
  return steps === undefined ? sampleType : 'uint8';
}

/** A zeroed buffer of the sample type. */
export function newSamples(type: CogSampleType, length: number): CogSamples {
  switch (type) {
    case 'uint8':
      return new Uint8Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'float32':
      return new Float32Array(length);
  }
}

/** @throws BadInput where the spec contradicts itself, naming `path`. */
export function checkSpec(path: string, spec: CogSpec): void {
  const wrong = (what: string) => new BadInput(`Cannot write ${path}: ${what}`);
  const { grid, bands, palette, descriptions } = spec;
  if (!(grid.width > 0 && grid.height > 0))
    throw wrong(`the grid is empty (${grid.width} × ${grid.height} px)`);
  if (!Number.isInteger(bands) || bands < 1 || bands > 65_535)
    throw wrong(`${bands} bands; expected 1 to 65535`);
  if (descriptions && descriptions.length !== bands) {
    throw wrong(`${descriptions.length} band descriptions for ${bands} bands; expected one each`);
  }
  if (palette && (bands !== 1 || spec.sampleType !== 'uint8')) {
    throw wrong('a palette needs one uint8 band');
  }
  const { steps } = spec;
  if (
    steps !== undefined &&
    !(spec.sampleType === 'float32' && bands === 1 && Number.isInteger(Math.log2(steps)))
  )
    throw wrong('steps need one float32 band and a power of two');
  const level = spec.level ?? 6;
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw wrong(`deflate level ${level}; expected 1 to 9`);
}

/** True where `samples` is an array of the spec's sample type. */
export function isSampleType(samples: SampleArray, type: CogSampleType): samples is CogSamples {
  switch (type) {
    case 'uint8':
      return samples instanceof Uint8Array;
    case 'uint16':
      return samples instanceof Uint16Array;
    case 'int16':
      return samples instanceof Int16Array;
    case 'float32':
      return samples instanceof Float32Array;
  }
}
