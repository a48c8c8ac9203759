import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BAND_ROLES } from '../kernels/bands.js';
import { dateInName, openScene } from './scene.js';
import { realData } from './testing.js';

const landsat = realData('landsat8_ny_2018_coarse');
const sentinel = realData('sentinel2_barbellino_tiny');

describe.skipIf(landsat === null)('a Landsat 8 folder of one file a band', () => {
  const folders = landsat === null ? [] : readdirSync(landsat).filter((name) => name.startsWith('LC08'));

  it('is there', () => {
    expect(folders.length).toBe(19);
  });

  it.each(folders)('%s opens with all bands and its quality', async (name) => {
    const scene = await openScene({ files: [join(landsat ?? '', name)] });
    try {
      expect(scene.sensor.name).toBe('landsat-8');
      expect([...scene.bands.keys()]).toEqual([...BAND_ROLES]);
      const numbers = BAND_ROLES.map(
        (role) => /_B(\d+)\.TIF$/.exec(scene.bands.get(role)?.file.info.path ?? '')?.[1],
      );
      expect(numbers).toEqual(['2', '3', '4', '5', '6', '7']);
      expect(scene.quality?.kind).toBe('bqa');
      expect(scene.files.length).toBe(12);
      expect(scene.acquired).toBe(name.slice(17, 25).replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3'));
    } finally {
      await scene.close();
    }
  });
});

describe.skipIf(sentinel === null)('Sentinel-2 L2A', () => {
  it('opens a stack of 11 bands by its sensor', async () => {
    const file = join(sentinel ?? '', 'S2A2A_20170703_022_Barbellino_BOA_10.tif');
    const scene = await openScene({ files: [file], sensor: 'sentinel-2' });
    const numbers = BAND_ROLES.map((role) => (scene.bands.get(role)?.index ?? -1) + 1);
    // B02, B03, B04, B08, B11, B12 of B01-B08, B8A, B09, B11, B12 without B10: order as the product has them
    expect(numbers).toEqual([2, 3, 4, 8, 10, 11]);
    expect(scene.acquired).toBe('2017-07-03');
    await scene.close();
  });
});

describe('dateInName', () => {
  it.each([
    ['LC08_L1TP_013032_20180131_20180207_01_T1', '2018-01-31'],
    ['scene 2024-06-15.tif', '2024-06-15'],
    ['m_4709963_se_14_1_20090818.tif', '2009-08-18'],
    ['tile_20241399.tif', null],
    ['before.tif', null],
  ])('%s: %s', (name, date) => {
    expect(dateInName(name)).toBe(date);
  });
});
