import { type Crs, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { fromGcj02 } from './gcj02.js';
import { isLonLat } from './lon-lat.js';
import type { Frame, ToLonLat } from './source.js';

export interface Placer {
  /** Coordinates of the CRS to WGS84 longitude, latitude; out of GCJ-02 where the file is told to be in it. */
  readonly map: ToLonLat;
  /**
   * To be asked when all is mapped.
   * @throws BadInput where the CRS is in metres and every coordinate of the file was that of a place in degrees.
   */
  assertNoDegrees(): void;
}

export function placer(path: string, crs: Crs, from: Frame | undefined): Placer {
  const project = transformer(crs, WGS84);
  let mapped = 0;
  let degrees = 0;
  return {
    map(x, y) {
      mapped++;
      if (isLonLat([x, y])) degrees++;
      return from === 'gcj02' ? fromGcj02(project(x, y)) : project(x, y);
    },
    assertNoDegrees() {
      if (crs.kind !== 'projected' || mapped === 0 || degrees < mapped) return;
      throw new BadInput(
        `${path} names the CRS ${crs.name}, but its coordinates are degrees; name the CRS it is in, e.g. with ogr2ogr -a_srs EPSG:4490`,
      );
    },
  };
}
