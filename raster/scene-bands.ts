import { BAND_ROLES, type BandRole, isBandRole } from '../kernels/bands.js';
import { BadInput } from './errors.js';
import type { Scene, SceneBand, SceneSpec } from './scene.js';
import type { BandNumbers, SensorProfile } from './sensors.js';
import type { ItemFile, SceneItem } from './stac/item.js';
import { fileNameOf } from './tiff/address.js';
import { nodataOf } from './tiff/metadata.js';
import type { RasterFile, RasterInfo } from './tiff/types.js';

function band(role: BandRole, file: RasterFile, index: number): [BandRole, SceneBand] {
  const { scales, offsets } = file.info;
  return [role, { role, file, index, scale: scales[index] ?? 1, offset: offsets[index] ?? 0 }];
}

/** Bands of a multi-band file: --bands, else the sensor's layout where one was named, else descriptions, colours, count. */
export function stackBands(
  file: RasterFile,
  spec: SceneSpec,
  sensor: SensorProfile,
): Map<BandRole, SceneBand> {
  const { info } = file;
  const numbers =
    spec.bands ?? numbersOf(info, sensor, spec.sensor !== undefined || sensor.name !== 'generic');
  const result = new Map<BandRole, SceneBand>();
  for (const role of BAND_ROLES) {
    const number = numbers[role];
    if (number === undefined) continue;
    checkBand(info, role, number);
    result.set(...band(role, file, number - 1));
  }
  return result;
}

function checkBand(info: RasterInfo, role: BandRole, number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= info.bandCount) return;
  throw new BadInput(
    `${info.path}: band ${role}=${number} does not exist; the file has ${info.bandCount} band(s)`,
  );
}

function numbersOf(info: RasterInfo, sensor: SensorProfile, sensorKnown: boolean): BandNumbers {
  const stack = sensor.stacks[info.bandCount];
  if (sensorKnown && stack) return stack;
  return described(info) ?? coloured(info) ?? stack ?? {};
}

/** Band numbers from descriptions such as "nir" or "Near infrared". */
function described(info: RasterInfo): BandNumbers | null {
  const found: Partial<Record<BandRole, number>> = {};
  info.bandDescriptions.forEach((text, index) => {
    const word =
      text
        ?.trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_') ?? '';
    const role = isBandRole(word) ? word : BAND_WORDS[word];
    if (role && found[role] === undefined) found[role] = index + 1;
  });
  return Object.keys(found).length > 0 ? found : null;
}

const BAND_WORDS: Readonly<Record<string, BandRole>> = {
  near_infrared: 'nir',
  nearinfrared: 'nir',
  nir1: 'nir',
  swir_1: 'swir1',
  swir_2: 'swir2',
  swir16: 'swir1',
  swir22: 'swir2',
};

/** Band numbers from colour interpretation; a fourth band beside red, green, blue that is not alpha is taken for nir. */
function coloured(info: RasterInfo): BandNumbers | null {
  const at = (role: string) => info.colours.indexOf(role as (typeof info.colours)[number]) + 1;
  const [red, green, blue] = [at('red'), at('green'), at('blue')];
  if (red === 0 || green === 0 || blue === 0) return null;
  const fourth = info.bandCount === 4 && info.colours[3] !== 'alpha';
  return fourth ? { red, green, blue, nir: 4 } : { red, green, blue };
}

/** Bands of a scene that comes as one file a band. */
export function bandFiles(files: readonly RasterFile[], sensor: SensorProfile): Map<BandRole, SceneBand> {
  const result = new Map<BandRole, SceneBand>();
  const patterns = sensor.files ?? [];
  for (const role of BAND_ROLES) {
    const pattern = patterns.find((entry) => entry.role === role)?.pattern;
    const file = files.find(
      ({ info }) => pattern?.test(fileNameOf(info.path)) || soleDescription(info) === role,
    );
    if (file) result.set(...band(role, file, 0));
  }
  if (result.size === 0) {
    const names = files.map(({ info }) => fileNameOf(info.path)).join(', ');
    throw new BadInput(
      `${names}: which band each file holds is not known for sensor ${sensor.name}; name the sensor with --sensor, or stack the bands into one file`,
    );
  }
  return result;
}

function soleDescription(info: RasterInfo): string | null {
  return info.bandCount === 1 ? (info.bandDescriptions[0]?.trim().toLowerCase() ?? null) : null;
}

export function qualityBand(files: readonly RasterFile[], sensor: SensorProfile): Scene['quality'] {
  const pattern = sensor.files?.find((entry) => entry.role === 'quality')?.pattern;
  const file = pattern && files.find(({ info }) => pattern.test(fileNameOf(info.path)));
  if (!file || sensor.quality === undefined) return null;
  const kind = /bqa/i.test(fileNameOf(file.info.path)) ? 'bqa' : sensor.quality;
  return { file, index: 0, kind };
}

/** Bands as the item has them; its scale and offset go over the file's, its nodata and CRS are for files that name none. */
export function itemBands(
  item: SceneItem,
  fileOf: (asset: ItemFile) => RasterFile,
): Map<BandRole, SceneBand> {
  const files = new Map<string, RasterFile>();
  const result = new Map<BandRole, SceneBand>();
  for (const role of BAND_ROLES) {
    const asset = item.bands.get(role);
    if (!asset) continue;
    // bands of one file stay bands of one object, so that they are read together
    const file = files.get(asset.file) ?? withNodata(fileOf(asset), asset.nodata);
    files.set(asset.file, file);
    const { index } = asset;
    checkBand(file.info, role, index + 1);
    const [, own] = band(role, file, index);
    result.set(role, { ...own, scale: asset.scale ?? own.scale, offset: asset.offset ?? own.offset });
  }
  return result;
}

function withNodata(file: RasterFile, text: string | null): RasterFile {
  const { info } = file;
  return info.nodata !== null
    ? file
    : { ...file, info: { ...info, nodata: nodataOf(text, info.sampleType) } };
}
