import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SceneLook } from '../kernels/detector.js';
import { crsFromEpsg } from './crs.js';
import type { Grid, Window } from './grid.js';
import type { Runs } from './runs.js';
import type { RasterFile, RasterInfo, SampleArray } from './tiff/types.js';

/**
 * A folder of the real data, or null where it is absent and its tests are to be skipped, which is said.
 * @throws where TUBAN_REQUIRE_REAL_DATA=1 and it is absent.
 */
export function realData(...path: readonly string[]): string | null {
  const root = process.env.TUBAN_REAL_DATA ?? join(import.meta.dirname, '../../shared/data');
  const full = join(root, ...path);
  if (existsSync(full)) return full;
  const missing = `real data ${path.join('/')} is not there; TUBAN_REAL_DATA names its folder`;
  if (process.env.TUBAN_REQUIRE_REAL_DATA === '1') throw new Error(missing);
  console.warn(`skipped: ${missing}`);
  return null;
}

/** A grid with its upper left corner at (left, top). */
export function madeGrid(
  width: number,
  height: number,
  { epsg = 32650, resolution = 10, left = 500_000, top = 2_500_000 } = {},
): Grid {
  return {
    crs: crsFromEpsg(epsg),
    resolution,
    width,
    height,
    transform: [resolution, 0, left, 0, -resolution, top],
  };
}

/** The codes of runs as a raster; 0 where none lies. */
export function drawRuns(runs: Runs, { width, height }: Pick<Window, 'width' | 'height'>): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let k = 0; k < runs.count; k++)
    out.fill(runs.code[k], runs.y[k] * width + runs.x0[k], runs.y[k] * width + runs.x1[k]);
  return out;
}

/** Levels of a made scene in four bands whose plain ground is about 150 over dark. */
export const madeLook: SceneLook = {
  dark: { blue: 50, green: 40, red: 30, nir: 20 },
  high: { blue: 300, green: 300, red: 300, nir: 600 },
  noise: { blue: 10, green: 10, red: 10, nir: 10 },
  brightness: 150,
  canopy: 100,
  crowns: 0,
  vegetation: 0.8,
  edge: 50,
};

/** A raster file in memory that keeps what is read of it in `reads`. */
export function madeFile(
  grid: Grid,
  sample: (x: number, y: number, band: number) => number,
  info: Partial<RasterInfo> = {},
): RasterFile & { readonly reads: { level: number; window: Window }[] } {
  const reads: { level: number; window: Window }[] = [];
  const { width, height } = grid;
  return {
    reads,
    info: {
      path: 'made.tif',
      width,
      height,
      transform: grid.transform,
      crs: grid.crs,
      bandCount: 1,
      sampleType: 'float32',
      nodata: null,
      bandDescriptions: [null],
      colours: ['grey'],
      levels: [{ width, height }],
      scales: [1],
      offsets: [0],
      acquired: null,
      ...info,
    },
    async readWindow(level, window, bands) {
      reads.push({ level, window });
      if (
        window.x < 0 ||
        window.y < 0 ||
        window.x + window.width > width ||
        window.y + window.height > height
      )
        throw new Error('read outside the raster');
      return bands.map((band): SampleArray => {
        const out = new Float32Array(window.width * window.height);
        for (let y = 0; y < window.height; y++)
          for (let x = 0; x < window.width; x++)
            out[y * window.width + x] = sample(window.x + x, window.y + y, band);
        return out;
      });
    },
    async readInto(level, window, bands, { samples, stride, plane }) {
      const planes = await this.readWindow(level, window, bands);
      planes.forEach((own, i) => {
        for (let y = 0; y < window.height; y++)
          samples.set(own.subarray(y * window.width, (y + 1) * window.width), i * plane + y * stride);
      });
    },
    get header() {
      return { size: 0, info: this.info, layouts: [] };
    },
    shareBlocks() {
      throw new Error('a raster in memory has no blocks to share');
    },
    keepBlocksIn() {},
    close: async () => {},
  };
}
