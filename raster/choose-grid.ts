import { apply, pixelSize } from './affine.js';
import { type Crs, sameCrs, transformer, utmAt, WGS84 } from './crs.js';
import { BadInput } from './errors.js';
import { type Bounds, type Grid, snappedGrid } from './grid.js';
import type { Placement } from './warp/net.js';

/** A placed raster of so many px. */
export interface PlacedRaster extends Placement {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** A projection that changes areas by more than this share at the scene never becomes the grid. */
const MOST_AREA_DISTORTION = 0.02;
/** Pixels of the largest grid taken on. */
const MOST_PIXELS = 2 ** 34;
/** WGS84 ellipsoid: semi-major axis in metres and squared eccentricity (EPSG:7030). */
const SEMI_MAJOR = 6_378_137;
const ECCENTRICITY2 = 0.006_694_379_990_14;

/** Middle of a raster as WGS84 longitude, latitude. @throws BadInput where it cannot be projected. */
export function centreLonLat(raster: PlacedRaster): readonly [number, number] {
  const [x, y] = apply(raster.transform, raster.width / 2, raster.height / 2);
  const centre = transformer(raster.crs, WGS84)(x, y);
  if (!Number.isFinite(centre[0]) || Math.abs(centre[0]) > 360 || Math.abs(centre[1]) > 90) {
    throw new BadInput(
      `${raster.name}: its georeference lies outside the world in ${raster.crs.name}; check the file's transform and CRS`,
    );
  }
  return centre;
}

/** True where areas in the CRS are areas on the ground, near enough to measure changes in: projected, metres, little distortion. */
export function fitsForArea(crs: Crs, lonLat: readonly [number, number]): boolean {
  if (crs.kind !== 'projected' || crs.metresPerUnit !== 1) return false;
  const project = transformer(WGS84, crs);
  const step = 1e-4;
  const [x0, y0] = project(lonLat[0], lonLat[1]);
  const [x1, y1] = project(lonLat[0] + step, lonLat[1]);
  const [x2, y2] = project(lonLat[0], lonLat[1] + step);
  const mapped = Math.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0));
  const radians = Math.PI / 180;
  const sin = Math.sin(lonLat[1] * radians);
  const w = Math.sqrt(1 - ECCENTRICITY2 * sin * sin);
  const east = (SEMI_MAJOR / w) * Math.cos(lonLat[1] * radians) * step * radians;
  const north = ((SEMI_MAJOR * (1 - ECCENTRICITY2)) / w ** 3) * step * radians;
  return Math.abs(mapped / (east * north) - 1) <= MOST_AREA_DISTORTION;
}

/**
 * Side in metres of a square pixel with the area of the raster's middle pixel: the file's own pixel size where it is in
 * metres, else measured in `crs`.
 */
export function groundResolution(raster: PlacedRaster, crs: Crs): number {
  if (fitsForArea(raster.crs, centreLonLat(raster))) {
    const [width, height] = pixelSize(raster.transform);
    return Math.sqrt(width * height);
  }
  const project = transformer(raster.crs, crs);
  const corner = (dc: number, dr: number) =>
    project(...apply(raster.transform, raster.width / 2 + dc, raster.height / 2 + dr));
  const [x0, y0] = corner(0, 0);
  const [x1, y1] = corner(1, 0);
  const [x2, y2] = corner(0, 1);
  const area = Math.abs((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0));
  if (!(area > 0))
    throw new BadInput(`${raster.name}: its pixels have no size in ${crs.name}; check the file's transform`);
  // a tenth of a millimetre: no ground is known finer, and 30 m stays 30 m
  return Math.max(1e-4, Math.round(Math.sqrt(area) * 1e4) / 1e4);
}

/** Bounds in `crs` of a raster's outline, followed along its edges because they bend. */
export function boundsIn(raster: PlacedRaster, crs: Crs): Bounds {
  const project = transformer(raster.crs, crs);
  const steps = 20;
  const xs: number[] = [];
  const ys: number[] = [];
  for (let s = 0; s <= steps; s++) {
    const along = s / steps;
    const edge = [
      [along * raster.width, 0],
      [along * raster.width, raster.height],
      [0, along * raster.height],
      [raster.width, along * raster.height],
    ];
    for (const [col, row] of edge) {
      const [x, y] = project(...apply(raster.transform, col, row));
      if (Number.isFinite(x) && Number.isFinite(y)) {
        xs.push(x);
        ys.push(y);
      }
    }
  }
  if (xs.length === 0)
    throw new BadInput(`${raster.name}: cannot be projected to ${crs.name}; check its CRS`);
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}

export interface GridChoice {
  readonly grid: Grid;
  /** What was decided against the user's or the file's wish, in words. */
  readonly notes: readonly string[];
}

/**
 * The grid of a comparison: BEFORE's CRS where areas can be measured in it, else the UTM zone of its middle; BEFORE's
 * pixel size; and where both are BEFORE's own, BEFORE's pixel lattice too, so that BEFORE is not resampled at all.
 */
export function gridOf(before: PlacedRaster, wish: { crs?: Crs; resolution?: number }): GridChoice {
  const centre = centreLonLat(before);
  const notes: string[] = [];
  let crs = wish.crs ?? before.crs;
  if (!fitsForArea(crs, centre)) {
    const utm = utmAt(centre);
    notes.push(`${crs.name} cannot carry areas in m² here; the grid is in ${utm.name}`);
    crs = utm;
  }
  const resolution = wish.resolution ?? groundResolution(before, crs);
  const [a, b, c, d, e, f] = before.transform;
  const own = sameCrs(crs, before.crs) && b === 0 && d === 0 && a === resolution && e === -resolution;
  const bounds = boundsIn(before, crs);
  const width = (bounds.maxX - bounds.minX) / resolution;
  const height = (bounds.maxY - bounds.minY) / resolution;
  if (!(width * height <= MOST_PIXELS)) {
    throw new BadInput(
      `${before.name}: at ${resolution} m its grid would have ${Math.round(width)} × ${Math.round(height)} px; give a coarser --resolution`,
    );
  }
  return { grid: snappedGrid(crs, bounds, resolution, own ? [c, f] : [0, 0]), notes };
}
