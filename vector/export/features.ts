import type { Feature, FeatureCollection, Polygon } from 'geojson';
import { classByName, M2_PER_MU } from '../../kernels/classes.js';
import type { Point } from '../../raster/affine.js';
import { type Crs, sameCrs, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import type { Patch, PatchState, PolygonRings } from '../patch.js';
import { rightHanded } from '../rings.js';
import { ringsOf, roundingPlacer, roundTo } from './place.js';

/** Properties of a patch feature: the contract of docs/design.md, section 4, and `to_bare`. */
export interface PatchProperties {
  readonly number: string;
  readonly class: string;
  readonly class_zh: string;
  readonly subdistrict_code: string | null;
  readonly subdistrict: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly area_m2: number;
  readonly area_mu: number;
  readonly confidence: number;
  readonly state: PatchState;
  readonly perimeter_m: number;
  readonly compactness: number;
  /** WGS84 longitude, latitude, whatever the CRS of the geometry. */
  readonly centroid: Point;
  readonly to_bare: boolean;
  /** Month that confirmed or dismissed it, YYYY-MM; null while suspected. */
  readonly decided: string | null;
  /** The learned model that told it, name@revision; null where the mathematics did. */
  readonly model: string | null;
  /** Why a filter fitted from verdicts holds it back, in words; null where none does. */
  readonly held_zh: string | null;
  readonly held_en: string | null;
}

export type PatchFeature = Feature<Polygon, PatchProperties>;

/** The `crs` member of GeoJSON 2008, which RFC 7946 dropped and GIS still read. */
export interface NamedCrs {
  readonly type: 'name';
  readonly properties: { readonly name: string };
}

export type PatchFeatureCollection = FeatureCollection<Polygon, PatchProperties> & {
  readonly crs?: NamedCrs;
};

/** A centimetre, in degrees at the equator. */
const DEGREE_DECIMALS = 7;
/** A millimetre, in metres. */
const METRE_DECIMALS = 3;

/**
 * Patches as GeoJSON: RFC 7946 in WGS84 longitude, latitude, or with the old `crs` member in another CRS.
 * @param gridCrs the CRS of `patch.rings`
 * @throws BadInput where `crs` has no EPSG code: GeoJSON cannot name it.
 */
export function patchFeatureCollection(
  patches: readonly Patch[],
  gridCrs: Crs,
  crs: Crs = WGS84,
): PatchFeatureCollection {
  const member = crsMember(crs);
  const place = ringPlacer(gridCrs, crs);
  return {
    type: 'FeatureCollection',
    ...(member ? { crs: member } : {}),
    features: patches.map((patch) => patchFeature(patch, place)),
  };
}

/** Null for WGS84 longitude, latitude, which RFC 7946 takes for granted. */
export function crsMember(crs: Crs): NamedCrs | null {
  if (sameCrs(crs, WGS84)) return null;
  if (crs.epsg === null) {
    throw new BadInput(
      `GeoJSON cannot name the CRS "${crs.name}"; choose one with a code, e.g. --crs EPSG:4547`,
    );
  }
  return { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${crs.epsg}` } };
}

export function patchFeature(patch: Patch, place: (rings: PolygonRings) => PolygonRings): PatchFeature {
  return polygonFeature(place(patch.rings), patchProperties(patch));
}

/** @param rings in the CRS of the file */
export function polygonFeature<P>(rings: PolygonRings, properties: P): Feature<Polygon, P> {
  const coordinates = rings.map((ring) => ring.map(([x, y]) => [x, y]));
  return { type: 'Feature', geometry: { type: 'Polygon', coordinates }, properties };
}

export function patchProperties(patch: Patch): PatchProperties {
  return {
    number: patch.number,
    class: patch.class,
    class_zh: classByName(patch.class)?.zh ?? '',
    subdistrict_code: patch.subdistrictCode,
    subdistrict: patch.subdistrict,
    before: patch.before,
    after: patch.after,
    area_m2: round(patch.areaM2, 6),
    area_mu: round(patch.areaM2 / M2_PER_MU, 6),
    confidence: round(patch.confidence, 4),
    state: patch.state,
    perimeter_m: round(patch.perimeterM, 3),
    compactness: round(patch.compactness, 4),
    centroid: [round(patch.centroid[0], DEGREE_DECIMALS), round(patch.centroid[1], DEGREE_DECIMALS)],
    to_bare: patch.toBare,
    decided: patch.decided,
    model: patch.model,
    held_zh: patch.filtering?.held ? patch.filtering.zh : null,
    held_en: patch.filtering?.held ? patch.filtering.en : null,
  };
}

/** Decimals of coordinates: a centimetre in degrees, a millimetre in metres. */
export function decimalsOf(crs: Crs): number {
  return crs.kind === 'geographic' ? DEGREE_DECIMALS : METRE_DECIMALS;
}

/**
 * Brings rings from one CRS to another, right-handed, rounded to a centimetre (degrees) or millimetre (metres). Where rounding
 * would make edges meet, the polygon keeps all its digits.
 */
export function ringPlacer(from: Crs, to: Crs): (rings: PolygonRings) => PolygonRings {
  const decimals = decimalsOf(to);
  const place = roundingPlacer(from, to, decimals);
  const map = transformer(from, to);
  return (rings) => {
    const placed = place(rings);
    if (placed !== null) return ringsOf(placed, 10 ** decimals);
    return rightHanded(rings.map((ring) => ring.map(([x, y]) => map(x, y))));
  };
}

/** Decimal rounding that does not leave the digits of binary fractions behind. */
export function round(value: number, decimals: number): number {
  if (!Number.isFinite(value)) return value;
  const scale = 10 ** decimals;
  return roundTo(value, scale, decimals) / scale;
}
