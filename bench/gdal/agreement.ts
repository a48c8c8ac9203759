import { openRaster } from '../../raster/tiff/open.js';
import type { SampleArray } from '../../raster/tiff/types.js';

/** How far two class rasters of one grid say the same. */
export interface Agreement {
  readonly pixels: number;
  readonly equal: number;
  /** Share of pixels that are equal, 0-1. */
  readonly share: number;
  /** Pixels where at least one raster has a change class, and those of them where both have the same. */
  readonly changedEither: number;
  readonly changedEqual: number;
}

interface Codes {
  readonly width: number;
  readonly height: number;
  /** Row by row. */
  readonly codes: SampleArray;
}

const UNUSABLE = 255;

/** Compares two class rasters after dropping from both what has fewer than `least` px. @throws RangeError for other sizes. */
export async function compareClasses(pathA: string, pathB: string, least: number): Promise<Agreement> {
  const [a, b] = [await readCodes(pathA), await readCodes(pathB)];
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `${pathA} has ${a.width} × ${a.height} px, ${pathB} ${b.width} × ${b.height}; expected the same grid`,
    );
  }
  dropSmall(a, least);
  dropSmall(b, least);
  const pixels = a.width * a.height;
  let equal = 0;
  let changedEither = 0;
  let changedEqual = 0;
  const changed = (code: number) => code !== 0 && code !== UNUSABLE;
  for (let i = 0; i < pixels; i++) {
    const same = a.codes[i] === b.codes[i];
    if (same) equal++;
    if (changed(a.codes[i]) || changed(b.codes[i])) {
      changedEither++;
      if (same) changedEqual++;
    }
  }
  return { pixels, equal, share: equal / pixels, changedEither, changedEqual };
}

async function readCodes(path: string): Promise<Codes> {
  const file = await openRaster(path);
  try {
    const { width, height } = file.info;
    const codes = new Uint8Array(width * height);
    for (let y = 0; y < height; y += 512) {
      const rows = Math.min(512, height - y);
      const [strip] = await file.readWindow(0, { x: 0, y, width, height: rows }, [0]);
      codes.set(strip, y * width);
    }
    return { width, height, codes };
  } finally {
    await file.close();
  }
}

/**
 * Sets 4-connected regions of one change class with fewer than `least` px to 0. A plain flood, written anew here: what
 * judges the engine shares no code with it.
 */
export function dropSmall({ width, height, codes }: Codes, least: number): void {
  const seen = new Uint8Array(codes.length);
  let region = new Int32Array(1024);
  for (let first = 0; first < codes.length; first++) {
    const code = codes[first];
    if (code === 0 || code === UNUSABLE || seen[first] === 1) continue;
    let top = 1;
    region[0] = first;
    seen[first] = 1;
    for (let next = 0; next < top; next++) {
      const at = region[next];
      const x = at % width;
      if (top + 4 > region.length) {
        const larger = new Int32Array(region.length * 2);
        larger.set(region);
        region = larger;
      }
      for (const [inside, beside] of [
        [x > 0, at - 1],
        [x < width - 1, at + 1],
        [at >= width, at - width],
        [at < width * (height - 1), at + width],
      ] as const) {
        if (inside && seen[beside] === 0 && codes[beside] === code) {
          seen[beside] = 1;
          region[top++] = beside;
        }
      }
    }
    if (top < least) for (let k = 0; k < top; k++) codes[region[k]] = 0;
  }
}
