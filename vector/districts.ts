import { BadInput } from '../raster/errors.js';
import { measureCoverage } from './districts/coverage.js';
import { cleanPolygons } from './districts/geometry.js';
import { readFeatures } from './features/read.js';
import { POLYGONS } from './features/shapes.js';
import type { Frame, SourceFeature } from './features/source.js';
import type { PolygonRings, Subdistrict } from './patch.js';

export interface DistrictOptions {
  /** Property that holds the code; `code` where not said. */
  readonly codeField?: string;
  /** Property that holds the name; `name` where not said. */
  readonly nameField?: string;
  /** Frame of the coordinates, where somebody knows it. */
  readonly from?: Frame;
}

/** What stands in a patch number, a URL and a file name. */
const CODE = /^[\p{L}\p{N}._-]{1,32}$/u;

/**
 * Reads subdistrict boundaries from GeoJSON, a Shapefile or a GeoPackage into WGS84 longitude, latitude. Features that share
 * a code are one subdistrict; unclosed rings are closed. Nothing in a file
 * tells coordinates in GCJ-02 from others: `from` says so, and `frame.ts` finds them where something is known of the district.
 * @returns the subdistricts in the order of the file, and what about them a person should look at: overlaps, gaps.
 * @throws BadInput naming file, feature and cure.
 */
export async function readDistricts(
  path: string,
  options: DistrictOptions = {},
): Promise<{ subdistricts: Subdistrict[]; warnings: string[] }> {
  const source = await readFeatures(path, POLYGONS, {
    what: 'District file',
    formats: ['.geojson', '.json', '.shp', '.gpkg'],
    from: options.from,
  });
  if (source.features.length === 0)
    throw new BadInput(`${path} has no features; expected one polygon or more a subdistrict`);
  const warnings = [...source.warnings];
  const subdistricts = merge(path, source.features, options, warnings);
  warnings.push(...measureCoverage(subdistricts));
  return { subdistricts, warnings };
}

function merge(
  path: string,
  features: readonly SourceFeature[],
  options: DistrictOptions,
  warnings: string[],
): Subdistrict[] {
  const byCode = new Map<string, { name: string; polygons: PolygonRings[]; seen: Set<string> }>();
  for (const [index, feature] of features.entries()) {
    const code = field(path, index, feature, options.codeField ?? 'code', '--code-field');
    const name = field(path, index, feature, options.nameField ?? 'name', '--name-field');
    const what = `${path}, feature ${index + 1} (${name})`;
    if (!CODE.test(code)) {
      throw new BadInput(
        `${what}: code "${code}" has characters that cannot stand in a patch number; expected letters, digits, "-", "_" or ".", 32 at most`,
      );
    }
    const polygons = cleanPolygons(what, feature.geometry);
    const known = byCode.get(code);
    if (!known) {
      byCode.set(code, { name, polygons, seen: new Set([JSON.stringify(polygons)]) });
      continue;
    }
    if (known.name !== name) {
      throw new BadInput(
        `${what}: code ${code} already belongs to "${known.name}"; give each subdistrict a code of its own, or name another property with --code-field (there are: ${Object.keys(feature.properties).join(', ')})`,
      );
    }
    const key = JSON.stringify(polygons);
    if (known.seen.has(key)) {
      warnings.push(`${what} repeats an earlier feature and is left out`);
      continue;
    }
    known.seen.add(key);
    known.polygons.push(...polygons);
  }
  return [...byCode].map(([code, { name, polygons }]) => ({ code, name, polygons }));
}

function field(path: string, index: number, feature: SourceFeature, name: string, option: string): string {
  const value = feature.properties[name];
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  if (text !== '') return text;
  const there = Object.keys(feature.properties);
  const problem = name in feature.properties ? `has an empty "${name}"` : `has no property "${name}"`;
  throw new BadInput(
    `${path}, feature ${index + 1}: ${problem}; say which property to use with ${option} (there are: ${there.join(', ') || 'none'})`,
  );
}
