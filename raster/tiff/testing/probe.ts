import { createHash } from 'node:crypto';
import { apply } from '../../affine.js';
import { transformer, WGS84 } from '../../crs.js';
import { BadInput } from '../../errors.js';
import type { Window } from '../../grid.js';
import { openRaster } from '../open.js';
import type { RasterFile } from '../types.js';

/** What reading a file came to: a digest of the samples, or the line with which it was refused. */
export type Probed = { readonly digest: string } | { readonly refusal: string };

const SIDE = 16;
const MOST_BANDS = 4;
const MOST_LEVELS = 4;

/** Opens a file as `diff` does and reads the corners of the image and its overviews. @throws what is no BadInput. */
export async function probe(path: string): Promise<Probed> {
  try {
    const file = await openRaster(path);
    try {
      return { digest: await digestOf(file) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof BadInput) return { refusal: error.message };
    throw error;
  }
}

/** Of the corners of the image and its overviews. */
export async function digestOf(file: RasterFile): Promise<string> {
  const { levels, bandCount, crs, transform, width, height } = file.info;
  const hash = createHash('sha1');
  const bands = [...Array(Math.min(bandCount, MOST_BANDS)).keys()];
  for (const [level, size] of levels.slice(0, MOST_LEVELS).entries()) {
    for (const window of cornersOf(size)) {
      for (const band of await file.readWindow(level, window, bands)) {
        if (band.length !== window.width * window.height) throw new Error('a band has another length');
        hash.update(new Uint8Array(band.buffer, band.byteOffset, band.byteLength));
      }
    }
  }
  // placing the image is what comes next
  if (crs && transform) transformer(crs, WGS84)(...apply(transform, width / 2, height / 2));
  return hash.digest('hex');
}

function cornersOf({ width, height }: { readonly width: number; readonly height: number }): Window[] {
  const size = { width: Math.min(SIDE, width), height: Math.min(SIDE, height) };
  const [right, bottom] = [width - size.width, height - size.height];
  return [
    { x: 0, y: 0, ...size },
    { x: right, y: 0, ...size },
    { x: 0, y: bottom, ...size },
    { x: right, y: bottom, ...size },
  ];
}

/** What is wrong with a refusal as a message to a person; null where nothing is. */
export function refusalProblem(path: string, refusal: string): string | null {
  if (!refusal.startsWith(`${path}: `)) return `the file is not named: ${refusal}`;
  if (/[\n\r]/.test(refusal)) return `more than one line: ${refusal}`;
  if (refusal.length > path.length + 600) return `longer than a message: ${refusal.slice(0, 800)}…`;
  return null;
}
