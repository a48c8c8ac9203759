/** A GeoJSON-like geometry out of text: nothing is known of it but its shape's name. */
export interface WktGeometry {
  readonly type: string;
  readonly coordinates: unknown;
}

const TYPES: Readonly<Record<string, string>> = {
  POINT: 'Point',
  MULTIPOINT: 'MultiPoint',
  POLYGON: 'Polygon',
  MULTIPOLYGON: 'MultiPolygon',
};
const HEAD = /^\s*(?:SRID\s*=\s*(\d+)\s*;)?\s*([A-Z]+)\s*(?:ZM|Z|M)?\s*(\(.*\))\s*;?\s*$/is;

/**
 * Well-known text (OGC 06-103r4, section 7) of points and polygons, with the SRID PostGIS puts before it. Heights and
 * measures are passed over.
 * @returns null where it is none, or of another shape.
 */
export function parseWkt(text: string): { srid: number | null; geometry: WktGeometry } | null {
  const head = HEAD.exec(text);
  const type = TYPES[head?.[2].toUpperCase() ?? ''];
  if (!head || type === undefined) return null;
  const nested = nest(head[3]);
  if (nested === null) return null;
  const srid = head[1] === undefined ? null : Number(head[1]);
  return {
    srid,
    geometry: { type, coordinates: type === 'Point' ? first(nested) : flatPoints(type, nested) },
  };
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

/** `MULTIPOINT ((1 2), (3 4))` is the same as `MULTIPOINT (1 2, 3 4)`. */
function flatPoints(type: string, value: unknown): unknown {
  if (type !== 'MultiPoint' || !Array.isArray(value)) return value;
  return value.map((part: unknown) => (Array.isArray(first(part)) ? first(part) : part));
}

/** `((1 2, 3 4))` → `[[[1, 2], [3, 4]]]`: WKT's brackets are JSON's, its spaces JSON's commas. Null where they do not close. */
function nest(text: string): unknown {
  if (!/^[\s()\d.,+\-e]*$/i.test(text)) return null;
  const json = text
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .replace(/[^[\],]+/g, (words) => {
      const numbers = words.trim();
      return numbers === '' ? '' : `[${numbers.split(/\s+/).map(Number).join(',')}]`;
    });
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
