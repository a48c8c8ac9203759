import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BandRole } from '../../kernels/bands.js';
import { type Crs, crsFromEpsg } from '../crs.js';
import { BadInput, messageOf } from '../errors.js';
import { checkNamed } from '../net/guard.js';
import { isS3 } from '../net/s3.js';
import { type QualityKind, type SensorProfile, sensorByName } from '../sensors.js';
import { isAddress, shownAddress } from '../tiff/address.js';
import { type AssetBand, bandsOfAsset, isQuality } from './assets.js';
import { parseItem, type StacAsset, type StacDocument } from './document.js';
import { sensorOfItem } from './sensor.js';

/** One asset of an item: a file. */
export interface ItemFile {
  /** Key of the asset in the item. */
  readonly key: string;
  /** Path or address. */
  readonly file: string;
  /** For a file that names none. */
  readonly crs: Crs | null;
}

/** Where a band of the scene lies, and what the item says of its values. */
export interface ItemBand extends ItemFile, AssetBand {}

/** What a STAC Item says of a scene. Its files are not opened. */
export interface SceneItem {
  readonly id: string;
  /** As messages call it. */
  readonly name: string;
  readonly sensor: SensorProfile | null;
  /** YYYY-MM-DD in UTC. */
  readonly acquired: string | null;
  /** Empty where no asset says what its bands show: then the file or the user must know. */
  readonly bands: ReadonlyMap<BandRole, ItemBand>;
  readonly quality: (ItemFile & { readonly kind: QualityKind }) | null;
  /** All assets that hold samples, whether their bands are known or not. */
  readonly images: readonly ItemFile[];
}

/**
 * Reads a STAC Item as a scene: the best asset for each of our bands, and the sensor's quality asset.
 * `at` is the path or address it came from, which relative hrefs are resolved against; `sensorName` goes over the one the
 * item names.
 * @throws BadInput naming the item where it is none, or no asset of it can be read.
 */
export function sceneItem(json: string, at: string, sensorName?: string): SceneItem {
  const name = shownAddress(at);
  const item = parseItem(json, name);
  const known = sensorName ?? sensorOfItem(item);
  const sensor = known === null ? null : sensorByName(known);
  const assets = Object.entries(item.assets).map(([key, asset]) => placedAsset(item, key, asset, at));
  const pictures = assets.filter(({ asset }) => isImage(asset));
  const readable = pictures.filter(({ file }) => file !== null);
  if (readable.length === 0) throw new BadInput(`${name}: ${whyNone(assets, pictures)}`);
  const bands = chooseBands(item, pictures, sensor, name);
  const data = readable.filter(({ asset }) => asset.roles?.includes('data'));
  return {
    id: item.id,
    name,
    sensor,
    acquired: dayOf(item.properties.datetime) ?? dayOf(item.properties.start_datetime),
    bands,
    quality: chooseQuality(assets, sensor),
    images: (data.length > 0 ? data : readable).map(fileOf),
  };
}

interface PlacedAsset {
  readonly key: string;
  readonly asset: StacAsset;
  /** Where the item lies. */
  readonly at: string;
  /** Null where it lies where we cannot read. */
  readonly file: string | null;
  readonly crs: Crs | null;
}

function fileOf({ key, file, crs }: PlacedAsset): ItemFile {
  if (file === null) throw new Error(`asset ${key} cannot be read`);
  return { key, file, crs };
}

function placedAsset(item: StacDocument, key: string, asset: StacAsset, at: string): PlacedAsset {
  const hrefs = [asset.href, ...Object.values(asset.alternate ?? {}).map(({ href }) => href)];
  const files = hrefs.map((href) => (href === undefined ? null : located(href, at)));
  const allowed = files.filter((f) => f !== null && forbiddenTo(at, f) === null);
  // an https address needs no keys
  const file = allowed.find((f) => f !== null && !isS3(f)) ?? allowed[0];
  return { key, asset, at, file: file ?? null, crs: crsOf(asset) ?? crsOf(item.properties) };
}

/** Why an item must not lead there, null where it may: a file inside a network is no business of an item from elsewhere. */
function forbiddenTo(at: string, file: string): string | null {
  try {
    if (isAddress(file)) checkNamed(at, file);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** An href as path or address, null where it is of a kind we cannot read, or a local path in an item from afar. */
function located(href: string, at: string): string | null {
  if (/^https?:\/\//i.test(href)) return href;
  // it is read with our own keys: what lies there is no business of an item from elsewhere
  if (isS3(href)) return isAddress(at) && !isS3(at) ? null : href;
  if (isAddress(at)) {
    const url = URL.canParse(href, at) ? new URL(href, at) : null;
    if (url?.protocol === 's3:') return objectOf(url);
    return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : null;
  }
  if (/^file:\/\//i.test(href)) return localPath(href);
  return isAddress(href) ? null : resolve(dirname(at), href);
}

/** The key of an object is no address: signs in it stand for themselves. Null where they cannot be told. */
function objectOf({ host, pathname }: URL): string | null {
  try {
    return `s3://${host}${decodeURIComponent(pathname)}`;
  } catch {
    return null;
  }
}

/** Null where it names another machine, or hides a slash in its path. */
function localPath(href: string): string | null {
  try {
    return fileURLToPath(href);
  } catch {
    return null;
  }
}

function crsOf(fields: { readonly 'proj:epsg'?: number | null; readonly 'proj:code'?: string }): Crs | null {
  const code = /^EPSG:(\d+)$/i.exec(fields['proj:code'] ?? '')?.[1] ?? fields['proj:epsg'];
  if (code === undefined || code === null) return null;
  try {
    return crsFromEpsg(Number(code));
  } catch {
    // only a fallback: a file that names its own CRS does not need it
    return null;
  }
}

function isTiff({ type, href }: StacAsset): boolean {
  return type === undefined
    ? /\.tiff?(?:$|[?#])/i.test(href)
    : /^image\/(?:tiff|vnd\.stac\.geotiff)/i.test(type);
}

/** Pictures for the eye repeat bands, stretched to 8 bits. */
const FOR_THE_EYE = ['visual', 'overview', 'thumbnail'];

function isImage(asset: StacAsset): boolean {
  const roles = asset.roles ?? [];
  return isTiff(asset) && !roles.some((role) => FOR_THE_EYE.includes(role));
}

function whyNone(assets: readonly PlacedAsset[], pictures: readonly PlacedAsset[]): string {
  const [away] = pictures;
  if (away) return outOfReach(away);
  const list = assets.map(({ key, asset }) => `${key} (${asset.type ?? 'no media type'})`).slice(0, 8);
  const has = list.length === 0 ? 'it has no assets' : `it has ${list.join(', ')}`;
  return `none of its assets is a GeoTIFF; ${has}; give an item with assets of type image/tiff`;
}

function outOfReach({ key, asset, at }: PlacedAsset): string {
  const file = located(asset.href, at);
  const forbidden = file === null ? null : forbiddenTo(at, file);
  if (forbidden !== null) return `its asset ${key} ${forbidden}`;
  return `its asset ${key} lies at ${shownAddress(asset.href)}, which cannot be read; give an item with https addresses (in href or alternate), or download it`;
}

/** A candidate for a band: the lower, the better, number by number. */
interface Candidate {
  readonly placed: PlacedAsset;
  readonly band: AssetBand;
  readonly rank: readonly number[];
}

function chooseBands(
  item: StacDocument,
  pictures: readonly PlacedAsset[],
  sensor: SensorProfile | null,
  name: string,
): Map<BandRole, ItemBand> {
  const best = new Map<BandRole, Candidate>();
  for (const placed of pictures) {
    const roles = placed.asset.roles ?? [];
    const isData = roles.length === 0 || roles.includes('data') || roles.includes('reflectance');
    for (const [role, band] of bandsOfAsset(placed.key, placed.asset, sensor)) {
      const resolution = band.resolution ?? item.properties.gsd ?? Number.MAX_VALUE;
      const rank = [placed.file === null ? 1 : 0, isData ? 0 : 1, band.exact ? 0 : 1, resolution];
      const known = best.get(role);
      if (known === undefined || compare(rank, known.rank) < 0) best.set(role, { placed, band, rank });
    }
  }
  // Earth Search leaves the offset in its metadata where it has already taken it off
  const offsetTaken = item.properties['earthsearch:boa_offset_applied'] === true;
  return new Map(
    [...best].map(([role, { placed, band }]) => {
      if (placed.file === null) throw new BadInput(`${name}: ${outOfReach(placed)}`);
      return [role, { ...fileOf(placed), ...band, offset: offsetTaken ? 0 : band.offset }];
    }),
  );
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

function chooseQuality(assets: readonly PlacedAsset[], sensor: SensorProfile | null): SceneItem['quality'] {
  const kind = sensor?.quality;
  if (sensor === null || kind === undefined) return null;
  const found = assets.find(
    ({ key, asset, file }) => file !== null && isTiff(asset) && isQuality(key, asset, sensor),
  );
  return found ? { ...fileOf(found), kind } : null;
}

/** The day of an RFC 3339 time, in UTC. */
function dayOf(time: string | undefined): string | null {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? null : new Date(at).toISOString().slice(0, 10);
}
