import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BAND_ROLES, type BandRole, isBandRole } from '../kernels/bands.js';
import { pixelSize } from './affine.js';
import type { PlacedRaster } from './choose-grid.js';
import type { Crs } from './crs.js';
import { BadInput, messageOf } from './errors.js';
import {
  type BandNumbers,
  type QualityKind,
  type SensorProfile,
  sensorByName,
  sensorOfFile,
} from './sensors.js';
import { openRaster } from './tiff/open.js';
import type { RasterFile, RasterInfo } from './tiff/types.js';
import type { Placement } from './warp/net.js';

/** What a scene is made from, as plain data: it travels to worker threads and into the catalogue. */
export interface SceneSpec {
  /** Paths or addresses: one multi-band file, or a file a band. */
  readonly files: readonly string[];
  readonly sensor?: string;
  /** Band numbers (from 1) of a multi-band file, over the sensor's. */
  readonly bands?: BandNumbers;
  /** For files that carry no CRS. */
  readonly sourceCrs?: Crs;
}

export interface SceneBand {
  readonly role: BandRole;
  readonly file: RasterFile;
  /** Counted from 0. */
  readonly index: number;
  readonly scale: number;
  readonly offset: number;
}

/** An opened scene. Owns its files: `close()` when done. */
export interface Scene {
  readonly name: string;
  /** First file as the user gave it, for messages. */
  readonly path: string;
  readonly sensor: SensorProfile;
  readonly bands: ReadonlyMap<BandRole, SceneBand>;
  readonly quality: { readonly file: RasterFile; readonly index: number; readonly kind: QualityKind } | null;
  /** Georeference of the finest band. */
  readonly placement: Placement;
  readonly width: number;
  readonly height: number;
  /** YYYY-MM-DD, null where neither tags nor name tell. */
  readonly acquired: string | null;
  close(): Promise<void>;
}

/** @throws BadInput where a file cannot be read, has no georeference or CRS, or its bands are not known. */
export async function openScene(spec: SceneSpec): Promise<Scene> {
  const paths = await expand(spec.files);
  const opened: RasterFile[] = [];
  try {
    for (const path of paths) opened.push(await openRaster(path, { sourceCrs: spec.sourceCrs }));
    return assemble(spec, opened);
  } catch (error) {
    await Promise.allSettled(opened.map((file) => file.close()));
    throw error;
  }
}

/** A folder stands for the TIFFs in it. */
async function expand(files: readonly string[]): Promise<string[]> {
  const result: string[] = [];
  for (const file of files) {
    const info = await stat(file).catch((error: unknown) => {
      throw new BadInput(`${file}: cannot be opened (${messageOf(error)}); expected a GeoTIFF`);
    });
    if (!info.isDirectory()) {
      result.push(file);
      continue;
    }
    const inside = (await readdir(file)).filter((name) => /\.tiff?$/i.test(name)).sort();
    if (inside.length === 0) throw new BadInput(`${file}: the folder holds no .tif files`);
    result.push(...inside.map((name) => join(file, name)));
  }
  return result;
}

function assemble(spec: SceneSpec, files: readonly RasterFile[]): Scene {
  const first = files[0];
  const sensor = chooseSensor(spec, first.info.path);
  const multi = files.length === 1 || files.every((file) => file.info.bandCount > 1);
  const bands = multi ? stackBands(first, spec, sensor) : bandFiles(files, sensor);
  if (bands.size === 0) {
    throw new BadInput(
      `${first.info.path}: no band is known (sensor ${sensor.name}, ${first.info.bandCount} band(s)); name them, e.g. --bands red=1,green=2,blue=3`,
    );
  }
  const used = [...bands.values()];
  const finest = used.reduce((a, b) => (finer(b.file.info, a.file.info) ? b : a)).file.info;
  for (const { file } of used) checkPlaced(file.info);
  const placement = placementOf(finest);
  return {
    name: basename(first.info.path),
    path: first.info.path,
    sensor,
    bands,
    quality: qualityBand(files, sensor),
    placement,
    width: finest.width,
    height: finest.height,
    acquired: first.info.acquired ?? dateInName(basename(first.info.path)),
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

function chooseSensor(spec: SceneSpec, path: string): SensorProfile {
  if (spec.sensor !== undefined) return sensorByName(spec.sensor);
  return sensorOfFile(basename(path)) ?? sensorByName('generic');
}

function finer(a: RasterInfo, b: RasterInfo): boolean {
  if (a.transform === null || b.transform === null) return false;
  return pixelSize(a.transform)[0] < pixelSize(b.transform)[0];
}

function checkPlaced(info: RasterInfo): void {
  if (info.transform === null) {
    throw new BadInput(
      `${info.path}: has no georeference (no pixel scale, no transform); georeference it first, e.g. with gdal_translate -a_ullr`,
    );
  }
  if (info.crs === null) {
    throw new BadInput(`${info.path}: has no CRS; give it with --source-crs, e.g. --source-crs EPSG:4547`);
  }
}

/** Georeference of a checked file. @throws BadInput where it has none. */
export function placementOf(info: RasterInfo): Placement {
  checkPlaced(info);
  if (info.transform === null || info.crs === null) throw new BadInput(`${info.path}: is not georeferenced`);
  return { crs: info.crs, transform: info.transform };
}

function band(role: BandRole, file: RasterFile, index: number): [BandRole, SceneBand] {
  const { scales, offsets } = file.info;
  return [role, { role, file, index, scale: scales[index] ?? 1, offset: offsets[index] ?? 0 }];
}

/** Bands of a multi-band file: --bands, else the sensor's layout where one was named, else descriptions, colours, count. */
function stackBands(file: RasterFile, spec: SceneSpec, sensor: SensorProfile): Map<BandRole, SceneBand> {
  const { info } = file;
  const numbers =
    spec.bands ?? numbersOf(info, sensor, spec.sensor !== undefined || sensor.name !== 'generic');
  const result = new Map<BandRole, SceneBand>();
  for (const role of BAND_ROLES) {
    const number = numbers[role];
    if (number === undefined) continue;
    if (!Number.isInteger(number) || number < 1 || number > info.bandCount) {
      throw new BadInput(
        `${info.path}: band ${role}=${number} does not exist; the file has ${info.bandCount} band(s)`,
      );
    }
    result.set(...band(role, file, number - 1));
  }
  return result;
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
function bandFiles(files: readonly RasterFile[], sensor: SensorProfile): Map<BandRole, SceneBand> {
  const result = new Map<BandRole, SceneBand>();
  const patterns = sensor.files ?? [];
  for (const role of BAND_ROLES) {
    const pattern = patterns.find((entry) => entry.role === role)?.pattern;
    const file = files.find(
      ({ info }) => pattern?.test(basename(info.path)) || soleDescription(info) === role,
    );
    if (file) result.set(...band(role, file, 0));
  }
  if (result.size === 0) {
    const names = files.map(({ info }) => basename(info.path)).join(', ');
    throw new BadInput(
      `${names}: which band each file holds is not known for sensor ${sensor.name}; name the sensor with --sensor, or stack the bands into one file`,
    );
  }
  return result;
}

function soleDescription(info: RasterInfo): string | null {
  return info.bandCount === 1 ? (info.bandDescriptions[0]?.trim().toLowerCase() ?? null) : null;
}

function qualityBand(files: readonly RasterFile[], sensor: SensorProfile): Scene['quality'] {
  const pattern = sensor.files?.find((entry) => entry.role === 'quality')?.pattern;
  const file = pattern && files.find(({ info }) => pattern.test(basename(info.path)));
  if (!file || sensor.quality === undefined) return null;
  const kind = /bqa/i.test(basename(file.info.path)) ? 'bqa' : sensor.quality;
  return { file, index: 0, kind };
}

/** The scene's finest raster as a placed rectangle. */
export function placed(scene: Scene): PlacedRaster {
  return { ...scene.placement, name: scene.path, width: scene.width, height: scene.height };
}

/** A date such as 20180131 or 2018-01-31 in a product's name, as YYYY-MM-DD. */
export function dateInName(name: string): string | null {
  for (const match of name.matchAll(
    /(?<!\d)((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])(?!\d)/g,
  )) {
    return `${match[1]}-${match[2]}-${match[3]}`;
  }
  return null;
}
