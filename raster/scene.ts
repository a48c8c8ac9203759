import type { BandRole } from '../kernels/bands.js';
import { pixelSize } from './affine.js';
import type { PlacedRaster } from './choose-grid.js';
import type { Crs } from './crs.js';
import { BadInput } from './errors.js';
import { bandFiles, itemBands, qualityBand, stackBands } from './scene-bands.js';
import { type Headers, openSceneFiles, sceneFiles } from './scene-files.js';
import {
  type BandNumbers,
  type QualityKind,
  type SensorProfile,
  sensorByName,
  sensorOfFile,
} from './sensors.js';
import type { ItemFile, SceneItem } from './stac/item.js';
import { distinctAddress, fileNameOf } from './tiff/address.js';
import type { RasterFile, RasterInfo } from './tiff/types.js';
import type { Placement } from './warp/net.js';

/** What a scene is made from, as plain data: it travels to worker threads and into the catalogue. */
export interface SceneSpec {
  /** Paths or addresses: one multi-band file, a file a band, a folder of them, or a STAC Item. */
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
  /**
   * First file as the user gave it, for messages, another for every scene. An address without its query, which may hold a
   * signature; a mark stands for it.
   */
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
  /** All that were opened, also those no band lies in. */
  readonly files: readonly RasterFile[];
  close(): Promise<void>;
}

/** The files a scene's bands and quality band lie in, each once. */
export function filesOf(scene: Scene): RasterFile[] {
  const files = [...scene.bands.values()].map(({ file }) => file);
  return [...new Set(scene.quality ? [...files, scene.quality.file] : files)];
}

/**
 * @throws BadInput where a file cannot be read, has no georeference or CRS, or its bands are not known; Unavailable where
 * an address does not answer.
 * @param headers of files another thread has opened for the same scene
 */
export async function openScene(spec: SceneSpec, headers?: Headers): Promise<Scene> {
  const found = await sceneFiles(spec.files, spec.sensor);
  if (found.kind === 'item') return openItem(spec, found.item, headers);
  const opened = await openSceneFiles(
    found.files.map((file) => ({ file, options: { sourceCrs: spec.sourceCrs } })),
    headers,
  );
  return closingOnError(opened, () => assemble(spec, opened));
}

async function closingOnError(opened: readonly RasterFile[], make: () => Scene): Promise<Scene> {
  try {
    return make();
  } catch (error) {
    await Promise.allSettled(opened.map((file) => file.close()));
    throw error;
  }
}

/** Opens the assets of an item that are needed, each once. What the user says goes over what the item says. */
async function openItem(spec: SceneSpec, item: SceneItem, headers?: Headers): Promise<Scene> {
  const named = spec.bands === undefined && item.bands.size > 0;
  if (!named && item.images.length !== 1) {
    const keys = item.images.map(({ key }) => key).join(', ');
    throw new BadInput(
      spec.bands === undefined
        ? `${item.name}: the item does not say which bands its assets (${keys}) show; expected eo:bands or bands with a common_name, or give the assets' files with --sensor`
        : `${item.name}: --bands counts the bands of one file, the item has several (${keys}); leave it out, or give the files themselves`,
    );
  }
  const images = named ? [...item.bands.values()] : item.images;
  const wanted = [
    ...new Map([...images, ...(item.quality ? [item.quality] : [])].map((a) => [a.file, a])).values(),
  ];
  const opened = await openSceneFiles(
    wanted.map(({ file, crs }) => ({ file, options: { sourceCrs: spec.sourceCrs ?? crs ?? undefined } })),
    headers,
  );
  return closingOnError(opened, () => {
    const fileOf = ({ file }: ItemFile) => opened[wanted.findIndex((asset) => asset.file === file)];
    const [image] = images;
    const sensor = item.sensor ?? chooseSensor(spec, fileOf(image).info.path);
    const bands = named ? itemBands(item, fileOf) : stackBands(fileOf(image), spec, sensor);
    const { quality } = item;
    return sceneOf({
      name: item.id,
      path: distinctAddress(spec.files[0]),
      sensor,
      bands,
      quality: quality && { file: fileOf(quality), index: 0, kind: quality.kind },
      acquired: item.acquired,
      files: opened,
    });
  });
}

function assemble(spec: SceneSpec, files: readonly RasterFile[]): Scene {
  const first = files[0];
  const sensor = chooseSensor(spec, first.info.path);
  const multi = files.length === 1 || files.every((file) => file.info.bandCount > 1);
  return sceneOf({
    name: fileNameOf(first.info.path),
    path: first.info.path,
    sensor,
    bands: multi ? stackBands(first, spec, sensor) : bandFiles(files, sensor),
    quality: qualityBand(files, sensor),
    acquired: null,
    files,
  });
}

type SceneParts = Pick<Scene, 'name' | 'path' | 'sensor' | 'bands' | 'quality' | 'acquired' | 'files'>;

/** @throws BadInput where no band is known, or a file is not georeferenced. */
function sceneOf(parts: SceneParts): Scene {
  const { files } = parts;
  const first = files[0].info;
  const used = [...parts.bands.values()];
  if (used.length === 0) {
    throw new BadInput(
      `${first.path}: no band is known (sensor ${parts.sensor.name}, ${first.bandCount} band(s)); name them, e.g. --bands red=1,green=2,blue=3`,
    );
  }
  const finest = used.reduce((a, b) => (finer(b.file.info, a.file.info) ? b : a)).file.info;
  for (const { file } of used) checkPlaced(file.info);
  return {
    ...parts,
    placement: placementOf(finest),
    width: finest.width,
    height: finest.height,
    acquired: parts.acquired ?? first.acquired ?? dateInName(fileNameOf(first.path)),
    close: async () => {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}

function chooseSensor(spec: SceneSpec, path: string): SensorProfile {
  if (spec.sensor !== undefined) return sensorByName(spec.sensor);
  return sensorOfFile(fileNameOf(path)) ?? sensorByName('generic');
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
