import type { Point } from '../../raster/affine.js';

/** True for a place on Earth in degrees. NaN and infinities are none. */
export function isLonLat([x, y]: Point): boolean {
  return Math.abs(x) <= 180 && Math.abs(y) <= 90;
}

/** True where a place that is none would be one with latitude and longitude changed round, as of all China east of 90° E. */
export function isSwapped([x, y]: Point): boolean {
  return !isLonLat([x, y]) && isLonLat([y, x]);
}

export const SWAPPED =
  'latitude seems to stand before longitude; write longitude first, e.g. with ogr2ogr -s_srs EPSG:4326 -t_srs OGC:CRS84';
