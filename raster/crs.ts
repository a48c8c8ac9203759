import { createRequire } from 'node:module';
import proj4 from 'proj4';
import type { Point } from './affine.js';
import { BadInput } from './errors.js';

/**
 * A coordinate reference system. Coordinates are always x, y (easting, northing or longitude, latitude), never in
 * the axis order of the authority: files store x, y.
 */
export interface Crs {
  /** EPSG code, or null for a user-defined system. */
  readonly epsg: number | null;
  /** `EPSG:4547`, or the name the file gives a user-defined system. */
  readonly name: string;
  /** Definition for proj4, without `+axis`. */
  readonly proj4: string;
  readonly kind: 'projected' | 'geographic';
  /** Metres in one unit of a projected system; NaN for degrees. */
  readonly metresPerUnit: number;
  /** GeoKeys of a user-defined system, to be written back as they came. */
  readonly geoKeys?: GeoKeys;
}

/** Decoded GeoKeyDirectory: key name (OGC 19-008r4, annex B) to value. */
export type GeoKeys = Readonly<Record<string, number | string | readonly number[]>>;

const cache = new Map<number, Crs>();

/** @throws BadInput where the code is unknown. */
export function crsFromEpsg(epsg: number): Crs {
  const known = cache.get(epsg);
  if (known) return known;
  const projected = keysToProj4({ GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: epsg });
  const geographic = keysToProj4({ GTModelTypeGeoKey: 2, GeographicTypeGeoKey: epsg });
  const found =
    !hasErrors(projected) && projected.proj4 ? projected : !hasErrors(geographic) ? geographic : null;
  if (!found)
    throw new BadInput(
      `Unknown CRS "EPSG:${epsg}"; expected a projected or geographic EPSG code such as EPSG:4547`,
    );
  const crs = describe(found, epsg, `EPSG:${epsg}`);
  cache.set(epsg, crs);
  return crs;
}

/** Parses `EPSG:4547` or `4547`. @throws BadInput naming `what` where it is neither. */
export function parseCrs(text: string, what = 'CRS'): Crs {
  const match = /^(?:epsg:)?(\d{4,6})$/i.exec(text.trim());
  if (!match) throw new BadInput(`Invalid ${what} "${text}"; expected an EPSG code such as EPSG:4547`);
  return crsFromEpsg(Number(match[1]));
}

/**
 * The CRS a GeoTIFF's keys describe: an EPSG code where there is one, else a user-defined definition.
 * Null where the keys name no system.
 */
export function crsFromGeoKeys(keys: GeoKeys): Crs | null {
  const model = keys.GTModelTypeGeoKey;
  const projectedCode = keys.ProjectedCSTypeGeoKey;
  const geographicCode = keys.GeographicTypeGeoKey;
  const code =
    model === 2 ? geographicCode : (projectedCode ?? (model === undefined ? geographicCode : undefined));
  if (typeof code === 'number' && code > 0 && code !== 32767) {
    try {
      return crsFromEpsg(code);
    } catch {
      // not in the table: perhaps the other keys spell it out
    }
  }
  if (model !== 1 && model !== 2) return null;
  const found = keysToProj4(horizontal(keys));
  if (hasErrors(found) || !found.proj4) return null;
  // a projected system whose projection no key spells out comes back as its geographic base
  if ((model === 2) !== found.isGCS) return null;
  // the spherical (web) and the two-parallel Mercator are told in prose only, and are kilometres off when taken for plain
  if (/\+proj=merc\b/.test(found.proj4)) return null;
  const citation = keys.PCSCitationGeoKey ?? keys.GTCitationGeoKey ?? keys.GeogCitationGeoKey;
  const name = typeof citation === 'string' && citation.trim() ? citation.trim() : 'user-defined';
  try {
    return { ...describe(found, null, name), geoKeys: keys };
  } catch {
    return null;
  }
}

interface Proj4Result {
  readonly proj4: string;
  readonly coordinatesConversionParameters: { readonly x: number; readonly y: number };
  readonly isGCS: boolean;
  readonly errors: Readonly<Record<string, unknown>>;
}

/**
 * Loaded when a system is first looked up: it brings the whole EPSG table, and threads get theirs looked up. Its own types
 * cover only a part of the keys it takes.
 */
function keysToProj4(keys: GeoKeys): Proj4Result {
  library ??= createRequire(import.meta.url)('geotiff-geokeys-to-proj4') as GeoKeysLibrary;
  return library.toProj4(keys);
}

interface GeoKeysLibrary {
  toProj4(keys: GeoKeys): Proj4Result;
}

let library: GeoKeysLibrary | undefined;

/** Heights are no matter of ours, and a vertical system that the library does not know makes it throw. */
function horizontal(keys: GeoKeys): GeoKeys {
  return Object.fromEntries(Object.entries(keys).filter(([name]) => !name.startsWith('Vertical')));
}

/** A user-defined projected system that names its geographic one too, as every file GDAL writes, is in order. */
function hasErrors(result: Proj4Result): boolean {
  return Object.keys(result.errors).some((error) => error !== 'bothGCSAndPCSAreSet');
}

function describe(found: Proj4Result, epsg: number | null, name: string): Crs {
  // proj4js swaps coordinates for +axis=ne since 2.6.1 (its issue 391); pixels are stored x, y all the same.
  let definition = found.proj4.replace(/\+axis=\w+\s*/, '').trim();
  const scale = found.coordinatesConversionParameters.x;
  if (found.isGCS) {
    if (scale !== 1)
      throw new BadInput(
        `${name} is not in degrees; give the data a CRS in degrees or metres, e.g. EPSG:4326`,
      );
    return { epsg, name, proj4: definition, kind: 'geographic', metresPerUnit: Number.NaN };
  }
  const written = /\+to_meter=(\S+)/.exec(definition);
  const metresPerUnit = written ? Number(written[1]) : scale;
  if (!written && metresPerUnit !== 1) definition += ` +to_meter=${metresPerUnit}`;
  return { epsg, name, proj4: definition, kind: 'projected', metresPerUnit };
}

/**
 * Whether the authority writes northing (latitude) before easting (longitude), as for EPSG:4490 and EPSG:4547. Only services
 * that promise the authority's order need it; everything else is x, y.
 */
export function northFirst(crs: Crs): boolean {
  if (crs.kind === 'geographic') return crs.epsg !== null;
  if (crs.epsg === null) return false;
  const { proj4: written } = keysToProj4({ GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: crs.epsg });
  return /\+axis=n/.test(written);
}

/** Same system: the same code, or the same definition to the letter. */
export function sameCrs(a: Crs, b: Crs): boolean {
  return a.epsg !== null && b.epsg !== null ? a.epsg === b.epsg : a.proj4 === b.proj4;
}

/** WGS84 longitude, latitude in degrees: the frame of RFC 7946. As `crsFromEpsg` has it, without the table. */
export const WGS84: Crs = {
  epsg: 4326,
  name: 'EPSG:4326',
  proj4: '+proj=longlat +ellps=WGS84 +a=6378137 +b=6356752.314245179 +pm=0 +no_defs',
  kind: 'geographic',
  metresPerUnit: Number.NaN,
};

/** The WGS84 UTM zone that holds a point given as longitude, latitude. */
export function utmAt(lonLat: Point): Crs {
  const zone = Math.min(60, Math.max(1, Math.floor((lonLat[0] + 180) / 6) + 1));
  return crsFromEpsg((lonLat[1] >= 0 ? 32600 : 32700) + zone);
}

/** Maps points of one CRS to another. Points that cannot be mapped come back as [NaN, NaN]. */
export function transformer(from: Crs, to: Crs): (x: number, y: number) => Point {
  if (sameCrs(from, to)) return (x, y) => [x, y];
  const converter = proj4(from.proj4, to.proj4);
  return (x, y) => {
    // proj4js answers invalid input with finite numbers (its issue 589)
    if (!Number.isFinite(x) || !Number.isFinite(y)) return [Number.NaN, Number.NaN];
    try {
      const [u, v] = converter.forward([x, y]);
      return Number.isFinite(u) && Number.isFinite(v) ? [u, v] : [Number.NaN, Number.NaN];
    } catch {
      return [Number.NaN, Number.NaN];
    }
  };
}
