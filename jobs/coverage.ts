import { booleanDisjoint, multiPolygon, polygon } from '@turf/turf';
import type { Ring, Subdistrict } from '../vector/patch.js';

/** True where a scene's footprint (WGS84 rectangle) touches none of the subdistricts. */
export function outsideDistrict(footprint: Ring, subdistricts: readonly Subdistrict[]): boolean {
  const plain = (ring: Ring) => ring.map(([x, y]) => [x, y]);
  const scene = polygon([plain(footprint)]);
  return subdistricts.every(({ polygons }) =>
    booleanDisjoint(scene, multiPolygon(polygons.map((rings) => rings.map(plain)))),
  );
}
