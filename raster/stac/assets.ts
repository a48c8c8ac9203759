import { BAND_ROLES, type BandRole, isBandRole } from '../../kernels/bands.js';
import type { QualityKind, SensorProfile } from '../sensors.js';
import { fileNameOf } from '../tiff/address.js';
import type { BandFields, StacAsset } from './document.js';

/** What an asset says of one of its bands. */
export interface AssetBand {
  /** Counted from 0. */
  readonly index: number;
  /** Real value = sample × scale + offset; null where the item tells none. */
  readonly scale: number | null;
  readonly offset: number | null;
  /** As text, for `NaN` is a value; null where the item tells none. */
  readonly nodata: string | null;
  /** Side of a pixel in metres, null where the item does not tell. */
  readonly resolution: number | null;
  /** False for a band that only stands in: narrow near infrared for the broad one. */
  readonly exact: boolean;
}

/** Common names of the EO extension (https://github.com/stac-extensions/eo, "Common Band Names") that are ours by another name. */
const COMMON: Readonly<Record<string, BandRole>> = { nir08: 'nir', swir16: 'swir1', swir22: 'swir2' };

function roleOf(word: string | undefined): BandRole | null {
  const name = word?.trim().toLowerCase() ?? '';
  return isBandRole(name) ? name : (COMMON[name] ?? null);
}

const isExact = (word: string | undefined) => word?.trim().toLowerCase() !== 'nir08';

/**
 * Bands of an asset that are ours, by the names the item gives them; where it names none and there is one, by the asset's key and
 * by the file names of the sensor.
 */
export function bandsOfAsset(
  key: string,
  asset: StacAsset,
  sensor: SensorProfile | null,
): Map<BandRole, AssetBand> {
  const result = new Map<BandRole, AssetBand>();
  const bands = mergedBands(asset);
  bands.forEach((band, index) => {
    const word = [band['eo:common_name'], band.common_name, band.name].find((w) => roleOf(w) !== null);
    const role = roleOf(word);
    if (role !== null && !result.has(role)) result.set(role, described(band, asset, index, isExact(word)));
  });
  if (result.size > 0 || bands.length > 1) return result;
  // a band that is named, but is none of ours, is not taken for another by its file
  const [band = {}] = bands;
  if (band['eo:common_name'] !== undefined || band.common_name !== undefined) return result;
  const role = roleOf(key) ?? roleOfFile(fileName(asset), sensor);
  if (role !== null) result.set(role, described(band, asset, 0, isExact(key)));
  return result;
}

/** Lists of `bands` (STAC 1.1), `eo:bands` and `raster:bands` (1.0) laid over each other, band by band. */
function mergedBands(asset: StacAsset): BandFields[] {
  const lists = [asset['raster:bands'], asset['eo:bands'], asset.bands].filter((list) => list !== undefined);
  const count = Math.max(0, ...lists.map((list) => list.length));
  const own = asset['eo:common_name'];
  // a field of the asset holds for its only band (STAC 1.1 common metadata)
  if (count === 0) return own === undefined ? [] : [{ 'eo:common_name': own }];
  return Array.from({ length: count }, (_, i) => {
    const fields = lists.map((list) => list[i] ?? {});
    return laidOver(count === 1 ? [{ 'eo:common_name': own }, ...fields] : fields);
  });
}

/** Fields of all, the later over the earlier where they are told. */
function laidOver(all: readonly BandFields[]): BandFields {
  const told = all.flatMap((fields) => Object.entries(fields).filter(([, value]) => value !== undefined));
  return Object.fromEntries(told);
}

function described(band: BandFields, asset: StacAsset, index: number, exact: boolean): AssetBand {
  const first = <T>(...values: readonly (T | null | undefined)[]) =>
    values.find((value) => value !== undefined && value !== null) ?? null;
  const nodata = first(band.nodata, band['raster:nodata'], asset.nodata, asset['raster:nodata']);
  return {
    index,
    scale: first(band['raster:scale'], band.scale, asset['raster:scale'], asset.scale),
    offset: first(band['raster:offset'], band.offset, asset['raster:offset'], asset.offset),
    nodata: nodata === null ? null : String(nodata),
    resolution: first(
      band['raster:spatial_resolution'],
      band.spatial_resolution,
      band.gsd,
      asset['raster:spatial_resolution'],
      asset.gsd,
    ),
    exact,
  };
}

function fileName({ href }: StacAsset): string {
  return fileNameOf(href);
}

function roleOfFile(name: string, sensor: SensorProfile | null): BandRole | null {
  const role = sensor?.files?.find(({ pattern }) => pattern.test(name))?.role;
  return BAND_ROLES.find((own) => own === role) ?? null;
}

/** Keys that quality assets go by in public catalogues. */
const QUALITY_KEYS: Readonly<Record<QualityKind, readonly string[]>> = {
  scl: ['scl', 'scl_20m'],
  qa_pixel: ['qa_pixel'],
  bqa: ['bqa'],
  udm2: ['udm2', 'ortho_udm2'],
};

/** True for the asset that holds the sensor's cloud mask. */
export function isQuality(key: string, asset: StacAsset, sensor: SensorProfile): boolean {
  if (sensor.quality === undefined) return false;
  if (QUALITY_KEYS[sensor.quality].includes(key.toLowerCase())) return true;
  return (
    sensor.files?.some(({ role, pattern }) => role === 'quality' && pattern.test(fileName(asset))) ?? false
  );
}
