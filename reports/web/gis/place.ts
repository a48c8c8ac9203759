import type { MultiPolygon, Polygon } from 'geojson';
import { type Crs, crsFromEpsg, northFirst, transformer, WGS84 } from '../../../raster/crs.js';
import { decimalsOf, ringPlacer } from '../../../vector/export/features.js';
import type { PolygonRings } from '../../../vector/patch.js';
import { Problem } from '../problem.js';

/** WGS84 longitude, latitude: what GeoJSON is in where nothing else is asked for. */
export const CRS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';

/** A CRS as OGC API – Features names it: by a URI, with coordinates in the authority's order of axes. */
export interface NamedCrs {
  readonly uri: string;
  readonly crs: Crs;
  /** Northing or latitude comes first. */
  readonly swapped: boolean;
}

export function uriOf(crs: Crs): string {
  return `http://www.opengis.net/def/crs/EPSG/0/${crs.epsg}`;
}

/** CRS84, WGS84, CGCS2000 and the CRS that geometries are stored in. */
export function offeredCrs(storage: Crs): NamedCrs[] {
  const more = [crsFromEpsg(4326), crsFromEpsg(4490), storage];
  const named = more.map((crs) => ({ uri: uriOf(crs), crs, swapped: northFirst(crs) }));
  const all = [{ uri: CRS84, crs: WGS84, swapped: false }, ...named];
  return all.filter((one, i) => all.findIndex((other) => other.uri === one.uri) === i);
}

/** @param parameter its name, for the message. @throws Problem 400 where it is not offered. */
export function crsByUri(offered: readonly NamedCrs[], uri: string | undefined, parameter: string): NamedCrs {
  const found = offered.find((one) => one.uri === (uri ?? CRS84));
  if (found) return found;
  const known = offered.map((one) => one.uri).join(', ');
  throw new Problem(400, `${parameter}: "${uri}" is not offered; expected one of ${known}`);
}

/** Positions of a named CRS, in its order of axes, as longitude, latitude. */
export function toLonLat({ crs, swapped }: NamedCrs) {
  const map = transformer(crs, WGS84);
  return ([a, b]: readonly [number, number]): readonly [number, number] => (swapped ? map(b, a) : map(a, b));
}

export type Place = (polygons: readonly PolygonRings[], multi: boolean) => Polygon | MultiPolygon;

/** By the codes of both CRSs: what one has worked out of the district's ground serves the next request. */
const ringPlacers = new Map<string, ReturnType<typeof ringPlacer>>();

/** Brings stored polygons into a named CRS, rounded as exports are. */
export function geometryPlacer(from: Crs, { crs, swapped }: NamedCrs): Place {
  const pair = `${from.epsg} ${crs.epsg}`;
  const place = ringPlacers.get(pair) ?? ringPlacer(from, crs);
  // both are offered CRSs, which have codes and are few
  ringPlacers.set(pair, place);
  const coordinates = (rings: PolygonRings) =>
    place(rings).map((ring) => ring.map(([x, y]) => (swapped ? [y, x] : [x, y])));
  return (polygons, multi) =>
    multi
      ? { type: 'MultiPolygon', coordinates: polygons.map(coordinates) }
      : { type: 'Polygon', coordinates: coordinates(polygons[0]) };
}

/** Degrees, as `decimalsOf` has them, of a box. */
export function roundBox(box: readonly number[]): number[] {
  const scale = 10 ** decimalsOf(WGS84);
  return box.map((value) => Math.round(value * scale) / scale);
}
