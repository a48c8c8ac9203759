import type { Point } from '../../raster/affine.js';
import { BadInput } from '../../raster/errors.js';
import { encodeMultiPolygon } from '../ewkb.js';
import type { PolygonParts } from '../features/source.js';
import type { Ring } from '../patch.js';
import type { Db } from './db.js';

/** SRID of WGS84 longitude, latitude. */
export const LON_LAT = 4326;

/** A repaired polygon is taken where its area differs from the one drawn by at most this share. */
const SAME_GROUND = 0.01;

/** Polygons of a file, and what to call them. */
export interface GivenGround {
  readonly what: string;
  /** WGS84 longitude, latitude. */
  readonly geometry: PolygonParts;
}

/**
 * Valid multipolygons, in the order given, as hex EWKB. PostGIS judges: what is invalid is repaired with ST_MakeValid where
 * that gives the same ground. A spike or a ring that touches itself does; a bow-tie, whose lobes cancel out, and parts
 * that lie over each other do not, and nobody can tell what was meant.
 * @throws BadInput naming the row, what is wrong with it and the cure.
 */
export async function validGround(
  db: Db,
  given: readonly GivenGround[],
): Promise<{ geoms: string[]; warnings: string[] }> {
  const drawn = given.map(({ what, geometry }) =>
    encodeMultiPolygon(closedPolygons(what, geometry), LON_LAT),
  );
  const rows = await db.query<{
    geom: string;
    valid: boolean;
    reason: string;
    drawn: number;
    repaired: number;
  }>(
    `SELECT made::text AS geom, valid, reason, abs(ST_Area(g)) AS drawn, ST_Area(made) AS repaired
     FROM (
       SELECT place, g, valid, CASE WHEN valid THEN '' ELSE ST_IsValidReason(g) END AS reason,
         CASE WHEN valid THEN g ELSE ST_Multi(ST_CollectionExtract(ST_MakeValid(g), 3)) END AS made
       FROM (SELECT place, text::geometry AS g, ST_IsValid(text::geometry) AS valid
             FROM unnest($1::text[]) WITH ORDINALITY AS u(text, place)) AS read) AS checked
     ORDER BY place`,
    [drawn],
  );
  const warnings: string[] = [];
  for (const [index, { valid, reason, drawn: before, repaired }] of rows.entries()) {
    const { what } = given[index];
    if (repaired === 0) throw new BadInput(`${what}: its polygon has no area; redraw it or remove the row`);
    if (valid) continue;
    const difference = Math.abs(repaired - before) / Math.max(repaired, before);
    if (difference > SAME_GROUND) {
      throw new BadInput(
        `${what}: its polygon is invalid (${reason}), and repaired it would be ${percent(difference)} larger or smaller; repair it, e.g. in QGIS with "Fix geometries", and look at the result`,
      );
    }
    warnings.push(
      `${what}: its polygon was invalid (${reason}) and is repaired; its area changes by ${percent(difference)}`,
    );
  }
  return { geoms: rows.map(({ geom }) => geom), warnings };
}

/** In lon/lat degrees, which are as good as metres for a share. */
function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

function closedPolygons(what: string, parts: PolygonParts): Ring[][] {
  const polygons = parts.filter((rings) => rings.length > 0).map((rings) => rings.map(closed));
  const short = polygons.flat().find((ring) => ring.length < 4);
  if (polygons.length === 0 || short) {
    throw new BadInput(
      `${what}: its polygon ${short ? `has a ring of ${short.length} points` : 'is empty'}; redraw it or remove the row`,
    );
  }
  return polygons;
}

function closed(ring: readonly Point[]): Ring {
  const [first] = ring;
  const last = ring.at(-1);
  return first && last && (first[0] !== last[0] || first[1] !== last[1]) ? [...ring, first] : ring;
}
