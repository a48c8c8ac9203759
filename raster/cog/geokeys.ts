import { globals } from 'geotiff';
import type { Crs, GeoKeys } from '../crs.js';
import { BadInput } from '../errors.js';

/** The three tags a GeoKeyDirectory is spread over (OGC 19-008r4, 7.1.2). */
export interface GeoKeyTags {
  /** Tag 34735. */
  readonly directory: readonly number[];
  /** Tag 34736. */
  readonly doubles: readonly number[];
  /** Tag 34737. */
  readonly ascii: string;
}

const ids: Readonly<Record<string, number>> = globals.geoKeys;

/** Keys of type DOUBLE (OGC 19-008r4, annex B): the unit sizes, the ellipsoid and the projection's parameters. */
function isDouble(id: number): boolean {
  return (
    id === 2053 || id === 2055 || (id >= 2057 && id <= 2062 && id !== 2060) || (id >= 3077 && id <= 3096)
  );
}

/** @throws BadInput for a user-defined system that came without its GeoKeys. */
export function geoKeysOf(crs: Crs): GeoKeys {
  // PixelIsArea whatever the source said: our transform maps pixel corners
  if (crs.epsg !== null) {
    return crs.kind === 'projected'
      ? { GTModelTypeGeoKey: 1, GTRasterTypeGeoKey: 1, ProjectedCSTypeGeoKey: crs.epsg }
      : { GTModelTypeGeoKey: 2, GTRasterTypeGeoKey: 1, GeographicTypeGeoKey: crs.epsg };
  }
  if (!crs.geoKeys) {
    throw new BadInput(
      `CRS "${crs.name}" has neither an EPSG code nor GeoKeys; give the output one, e.g. --crs EPSG:4547`,
    );
  }
  return { ...crs.geoKeys, GTRasterTypeGeoKey: 1 };
}

/** Keys to tags, in ascending order of their ids as the specification asks. Keys without a known id are left out. */
export function encodeGeoKeys(keys: GeoKeys): GeoKeyTags {
  const doubles: number[] = [];
  let ascii = '';
  const entries: number[][] = [];
  const known = Object.entries(keys).filter(([name]) => ids[name] !== undefined);
  for (const [name, value] of known.sort((a, b) => ids[a[0]] - ids[b[0]])) {
    const id = ids[name];
    if (typeof value === 'string') {
      // '|' ends a string in the tag; ASCII only
      const text = `${value.replace(/[|\0]+$/, '').replace(/[^\x20-\x7e]/g, '?')}|`;
      entries.push([id, 34737, text.length, ascii.length]);
      ascii += text;
    } else if (isDouble(id)) {
      const values = typeof value === 'number' ? [value] : value;
      entries.push([id, 34736, values.length, doubles.length]);
      doubles.push(...values);
    } else {
      const code = typeof value === 'number' ? value : value[0];
      entries.push([id, 0, 1, code]);
    }
  }
  return { directory: [1, 1, 0, entries.length, ...entries.flat()], doubles, ascii };
}
