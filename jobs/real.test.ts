import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSummary, violations } from './testing/outputs.js';
import { REAL_DATA, skipsWithout } from './testing/real-data.js';
import { runCli } from './testing/run-cli.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-real-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** gdalinfo's and ogrinfo's view, where GDAL is installed. */
const gdal = (() => {
  try {
    execFileSync('gdalinfo', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: outputs are not opened with GDAL, which is not installed');
    return false;
  }
})();

const Info = z.object({
  size: z.array(z.number()),
  bands: z.array(z.object({ type: z.string(), block: z.array(z.number()) })),
  metadata: z.object({ IMAGE_STRUCTURE: z.object({ COMPRESSION: z.string() }) }),
});

const at = (...parts: string[]) => join(REAL_DATA, ...parts);

interface Case {
  readonly name: string;
  readonly folder: string;
  readonly before: string;
  readonly after: string;
  readonly options?: readonly string[];
  readonly grid: {
    readonly crs: string;
    readonly resolution?: number;
    readonly width?: number;
    readonly height?: number;
  };
  readonly computed: readonly string[];
  /** At least this share of the grid is usable. */
  readonly usable: number;
}

const ALL = [
  'building_new',
  'building_removed',
  'earthwork',
  'water_gain',
  'water_loss',
  'forest_gain',
  'forest_loss',
];
const BUILDINGS = ALL.slice(0, 2);
const CASES: readonly Case[] = [
  {
    name: 'six Landsat bands, three years apart',
    folder: 'landcover_landsat',
    before: 'Taizhou_before.tif',
    after: 'Taizhou_after.tif',
    options: ['--bands', 'blue=1,green=2,red=3,nir=4,swir1=5,swir2=6'],
    grid: { crs: 'EPSG:32651', resolution: 30, width: 400, height: 400 },
    computed: ALL,
    usable: 0.5,
  },
  {
    name: 'a folder a date, a file a band, with quality band',
    folder: 'landsat8_ny_2018_coarse',
    before: 'LC08_L1TP_014032_20180428_20180502_01_T1',
    after: 'LC08_L1TP_014032_20180615_20180703_01_T1',
    grid: { crs: 'EPSG:32618' },
    computed: ALL,
    usable: 0.05,
  },
  {
    name: 'a BigTIFF LZW RGB pair in degrees',
    folder: 'sentinel2_guiana_rgb_pair',
    before: 'example_t0.tif',
    after: 'example_t1.tif',
    grid: { crs: 'EPSG:32621' },
    computed: BUILDINGS,
    usable: 0.5,
  },
  {
    name: 'two dates of NAIP on grids of another phase',
    folder: 'series_naip',
    before: 'm_4709963_se_14_1_20140720.tif',
    after: 'm_4709963_se_14_1_20150926.tif',
    options: ['--sensor', 'naip'],
    grid: { crs: 'EPSG:26914', resolution: 5 },
    computed: ALL,
    usable: 0.5,
  },
  {
    name: 'a false-colour flood pair with bands named by hand',
    folder: 'water_ombria',
    before: 'test_0013_before.tif',
    after: 'test_0013_after.tif',
    options: ['--bands', 'swir1=1,nir=2,red=3'],
    grid: { crs: 'EPSG:32650', resolution: 10, width: 256, height: 256 },
    computed: ALL,
    usable: 0.5,
  },
];

describe.each(CASES)('$name', ({ folder, before, after, options = [], grid, computed, usable }) => {
  describe.skipIf(skipsWithout(folder))('diff', () => {
    let out = '';
    beforeAll(async () => {
      out = join(dir, folder);
      const result = await runCli(
        ['diff', at(folder, before), at(folder, after), '--out', out, ...options],
        dir,
      );
      expect(result.status, result.stderr).toBe(0);
    });

    it('keeps every promise about its outputs', async () => {
      expect(await violations(out)).toEqual([]);
    });

    it('has a sane summary', async () => {
      const summary = await readSummary(out);
      expect(summary.grid).toMatchObject(grid);
      expect(Object.keys(summary.classes)).toEqual(computed);
      expect(summary.not_computed).toEqual(ALL.filter((name) => !computed.includes(name)));
      expect(summary.usable_fraction).toBeGreaterThan(usable);
    });

    it.skipIf(!gdal)('GDAL opens the outputs', async () => {
      const summary = await readSummary(out);
      for (const [name, type] of [
        ['change.tif', 'Byte'],
        ['confidence.tif', 'Float32'],
        ['magnitude.tif', 'Float32'],
      ]) {
        const info = Info.parse(JSON.parse(execFileSync('gdalinfo', ['-json', join(out, name)]).toString()));
        expect(info.size).toEqual([summary.grid.width, summary.grid.height]);
        expect(info.bands.map((band) => [band.type, ...band.block])).toEqual([[type, 512, 512]]);
        expect(info.metadata.IMAGE_STRUCTURE.COMPRESSION).toBe('DEFLATE');
      }
      const layer = execFileSync('ogrinfo', ['-so', '-al', join(out, 'patches.geojson')]).toString();
      const patches = Object.values(summary.classes).reduce((sum, total) => sum + (total?.patches ?? 0), 0);
      if (patches > 0) expect(layer).toContain(`Feature Count: ${patches}`);
    });
  });
});
