import { describe, expect, it } from 'vitest';
import { isObscured, sensorByName, sensorOfFile } from './sensors.js';

describe('isObscured', () => {
  // ESA Sentinel-2 L2A scene classification, classes 0-11
  it.each([
    ['no data', 0, true],
    ['saturated', 1, true],
    ['dark area', 2, false],
    ['cloud shadow', 3, true],
    ['vegetation', 4, false],
    ['not vegetated', 5, false],
    ['water', 6, false],
    ['unclassified', 7, false],
    ['cloud, medium', 8, true],
    ['cloud, high', 9, true],
    ['thin cirrus', 10, true],
    ['snow', 11, true],
  ])('SCL: %s', (_name, value, obscured) => {
    expect(isObscured('scl', value)).toBe(obscured);
  });

  // USGS LSDS-1619, values of Landsat 8 QA_PIXEL
  it.each([
    ['fill', 1, true],
    ['clear', 21_824, false],
    ['water', 21_952, false],
    ['cloud, high confidence', 22_280, true],
    ['cloud shadow', 23_888, true],
    ['cirrus', 54_596, true],
    ['snow', 30_048, true],
  ])('QA_PIXEL: %s', (_name, value, obscured) => {
    expect(isObscured('qa_pixel', value)).toBe(obscured);
  });

  // USGS Landsat Collection 1 BQA values of Landsat 8 OLI/TIRS
  it.each([
    ['fill', 1, true],
    ['clear', 2720, false],
    ['cloud, high confidence', 2800, true],
    ['cloud shadow, high confidence', 2976, true],
    ['snow, high confidence', 3744, true],
    ['cirrus, high confidence', 6816, true],
    ['cloud, medium confidence only', 2752, false],
  ])('BQA: %s', (_name, value, obscured) => {
    expect(isObscured('bqa', value)).toBe(obscured);
  });

  it('UDM2: clear is 1', () => {
    expect([0, 1].map((value) => isObscured('udm2', value))).toEqual([true, false]);
  });
});

describe('sensorOfFile', () => {
  it.each([
    ['LC08_L1TP_013032_20180131_B2.TIF', 'landsat-8'],
    ['LE07_L1TP_121044_20030206_B4.TIF', 'landsat-5'],
    ['T50QKK_20240101T025111_B04_10m.tif', 'sentinel-2'],
    ['GF2_PMS1_E114.1_N22.5_20240101_L1A0001.tiff', 'gaofen-2'],
    ['m_4709963_se_14_1_20090818.tif', 'naip'],
    ['20240101_025111_ssc1_AnalyticMS_SR.tif', 'planetscope'],
  ])('knows %s', (name, sensor) => {
    expect(sensorOfFile(name)?.name).toBe(sensor);
  });

  it('does not guess', () => {
    expect(sensorOfFile('before.tif')).toBeNull();
    expect(() => sensorByName('spot')).toThrow(/Unknown sensor "spot"; expected one of .*sentinel-2/);
  });
});
