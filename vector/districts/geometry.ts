import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import { isLonLat, isSwapped, SWAPPED } from '../features/lon-lat.js';
import type { PolygonParts } from '../features/source.js';
import type { PolygonRings, Ring } from '../patch.js';
import { findCrossing, rightHanded, signedArea, withoutRepeats } from '../rings.js';

/** Polygons closed, without repeated points, right-handed. @throws BadInput where a ring is none or crosses itself. */
export function cleanPolygons(what: string, polygons: PolygonParts): PolygonRings[] {
  const cleaned = polygons.filter((rings) => rings.length > 0).map((rings) => cleanPolygon(what, rings));
  if (cleaned.length === 0)
    throw new BadInput(`${what} has an empty geometry; remove the feature or redraw it`);
  return cleaned;
}

function cleanPolygon(what: string, rings: readonly (readonly Point[])[]): PolygonRings {
  const closed = rings.map((ring) => closeRing(what, ring));
  const crossing = findCrossing(closed);
  if (crossing) {
    throw new BadInput(
      `${what}: its boundary crosses itself near ${place(crossing)}; repair it, e.g. in QGIS with "Fix geometries" or with ogr2ogr -makevalid`,
    );
  }
  // asked last: the lobes of a bow-tie may cancel out
  const flat = closed.find((ring) => signedArea(ring) === 0);
  if (flat) throw withoutArea(what, flat);
  return rightHanded(closed);
}

function withoutArea(what: string, ring: Ring): BadInput {
  return new BadInput(
    `${what} has a ring without area (${ring.length} points); remove the ring or redraw it`,
  );
}

function closeRing(what: string, ring: readonly Point[]): Ring {
  const wrong = ring.find((point) => !isLonLat(point));
  if (wrong) {
    throw new BadInput(
      `${what} has a point at ${place(wrong)}, which is no longitude, latitude; ${isSwapped(wrong) ? SWAPPED : 'a file in another CRS must name it (GeoJSON: the "crs" member; Shapefile: the .prj)'}`,
    );
  }
  const [first] = ring;
  const last = ring.at(-1);
  const open = first && last && (first[0] !== last[0] || first[1] !== last[1]);
  const closed = withoutRepeats(open ? [...ring, first] : ring);
  if (closed.length < 4) throw withoutArea(what, closed);
  return closed;
}

function place([x, y]: Point): string {
  return `${Number(x.toFixed(6))}, ${Number(y.toFixed(6))}`;
}
