import { fitsForArea, groundResolution } from '../raster/choose-grid.js';
import { transformer, utmAt, WGS84 } from '../raster/crs.js';
import { type Bounds, type Grid, snappedGrid } from '../raster/grid.js';
import { placed, type Scene } from '../raster/scene.js';
import type { Subdistrict } from '../vector/patch.js';
import type { Db } from '../vector/store/db.js';
import { districtFrame, fixDistrictFrame } from '../vector/store/settings.js';
import { configuredCrs } from './catalogue.js';
import type { Config } from './config.js';

/**
 * The grid that all months of the district share: its CRS and resolution are fixed by the first run (the configured CRS
 * where it can carry areas there, else UTM; the configured resolution, else the first scene's), its extent is the district's.
 */
export async function districtGrid(
  db: Db,
  config: Config,
  subdistricts: readonly Subdistrict[],
  firstScene: Scene,
): Promise<Grid> {
  const points = subdistricts.flatMap((s) => s.polygons.flatMap((rings) => rings[0]));
  const centre: [number, number] = [mean(points.map((p) => p[0])), mean(points.map((p) => p[1]))];
  let frame = await districtFrame(db);
  if (frame === null) {
    const wished = configuredCrs(config.crs);
    const crs = fitsForArea(wished, centre) ? wished : utmAt(centre);
    const resolution = config.resolution ?? groundResolution(placed(firstScene), crs);
    frame = await fixDistrictFrame(db, { crs, resolution });
  }
  const project = transformer(WGS84, frame.crs);
  const projected = points.map(([x, y]) => project(x, y));
  return snappedGrid(frame.crs, boundsOf(projected), frame.resolution);
}

function boundsOf(points: readonly (readonly [number, number])[]): Bounds {
  const bounds = {
    minX: Number.POSITIVE_INFINITY,
    minY: Number.POSITIVE_INFINITY,
    maxX: Number.NEGATIVE_INFINITY,
    maxY: Number.NEGATIVE_INFINITY,
  };
  for (const [x, y] of points) {
    bounds.minX = Math.min(bounds.minX, x);
    bounds.minY = Math.min(bounds.minY, y);
    bounds.maxX = Math.max(bounds.maxX, x);
    bounds.maxY = Math.max(bounds.maxY, y);
  }
  return bounds;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
