import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadInput } from '../errors.js';
import { openRaster } from './open.js';
import { HOSTILE_CHILD, readHostile } from './testing/hostile.js';

const folder = join(
  process.env.TUBAN_REAL_DATA ?? join(import.meta.dirname, '../../../shared/data'),
  'odd_geotiffs',
);
const present = existsSync(folder);
const required = process.env.TUBAN_REQUIRE_REAL_DATA === '1';
if (!present && !required)
  console.warn('skipped: odd GeoTIFFs are not here; TUBAN_REAL_DATA names the folder of real data');

interface Odd {
  readonly path: string;
  readonly gdalReads: boolean;
  readonly width: number;
  readonly height: number;
  readonly bands: number;
}

/** INDEX.csv: what GDAL 3.6.2 makes of each file. */
async function index(): Promise<Odd[]> {
  const lines = (await readFile(join(folder, 'INDEX.csv'), 'utf8')).trim().split(/\r?\n/).slice(1);
  return lines.map((line) => {
    const cells = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) => cell);
    const [path, , , opened, read, width, height, bands] = cells;
    const gdalReads = opened === 'ok' && read === 'ok';
    return { path, gdalReads, width: Number(width), height: Number(height), bands: Number(bands) };
  });
}

/** Reads the first and the last pixels of every level. @returns the refusal, or null where it could be read. */
async function readSome(path: string): Promise<BadInput | null> {
  try {
    const file = await openRaster(path);
    try {
      const bands = [...Array(Math.min(file.info.bandCount, 4)).keys()];
      for (const [level, { width, height }] of file.info.levels.entries()) {
        const size = { width: Math.min(64, width), height: Math.min(64, height) };
        for (const band of await file.readWindow(level, { x: 0, y: 0, ...size }, bands)) {
          expect(band.length).toBe(size.width * size.height);
        }
        await file.readWindow(level, { x: width - size.width, y: height - size.height, ...size }, bands);
      }
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw new Error(`${path}: not a BadInput`, { cause: error });
  }
}

/** Kinds we refuse on purpose. */
const NOT_READ = /unsupported|corrupt: it lists|points at bytes 4294967296/;

describe.skipIf(!present && !required)('odd GeoTIFFs', () => {
  it('are read, or refused in one line that begins with their name', async () => {
    const files = await index();
    expect(files.length).toBeGreaterThan(300);
    for (const { path } of files) {
      const refused = await readSome(join(folder, path));
      if (!refused) continue;
      expect(refused.message.startsWith(`${join(folder, path)}: `), refused.message).toBe(true);
      expect(refused.message).not.toContain('\n');
    }
  });

  it('are read within 5 s and 64 MB beyond what they hold', { timeout: 600_000 }, async () => {
    const paths = (await index()).map(({ path }) => join(folder, path));
    const work = { kind: 'files', seed: 0, from: 0, to: paths.length, paths } as const;
    const { wrong, ...counts } = await readHostile(HOSTILE_CHILD, work);
    expect(wrong).toEqual([]);
    expect(counts.read + counts.refused).toBe(paths.length);
  });

  it('that GDAL reads are read too, but for the kinds we do not support', async () => {
    const unread: string[] = [];
    for (const { path, gdalReads } of await index()) {
      const refused = gdalReads ? await readSome(join(folder, path)) : null;
      if (refused && !NOT_READ.test(refused.message)) unread.push(refused.message);
    }
    expect(unread).toEqual([]);
  });

  it('have the size and bands GDAL finds', async () => {
    for (const { path, gdalReads, width, height, bands } of await index()) {
      if (!gdalReads) continue;
      const file = await openRaster(join(folder, path)).catch(() => null);
      if (!file) continue;
      expect([path, file.info.width, file.info.height, file.info.bandCount]).toEqual([
        path,
        width,
        height,
        bands,
      ]);
      await file.close();
    }
  });
});
