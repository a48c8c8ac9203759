import { TextDecoder } from 'node:util';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { type Crs, crsFromEpsg, WGS84 } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { columnOf } from './fields.js';
import { type Placer, placer } from './placing.js';
import type { FeatureSource, Placing, Shape, SourceFeature } from './source.js';
import { parseWkt } from './wkt.js';

const Records = z.array(
  z.object({ record: z.record(z.string(), z.string()), info: z.object({ lines: z.number() }) }),
);

const WKT_NAMES = ['wkt', 'geometry', 'geom', 'the_geom', '几何', '坐标', '空间范围'];
const X_NAMES = ['lon', 'lng', 'long', 'longitude', 'x', '经度', '横坐标'];
const Y_NAMES = ['lat', 'latitude', 'y', '纬度', '纵坐标'];

/** `otherwise` is for coordinates whose WKT does not say (`SRID=4547;POLYGON…`). */
export interface CsvOptions extends Placing {
  readonly wktField?: string;
}

/**
 * Reads a table with a head line and its geometry as WKT, or for points as columns of longitude and latitude (or x, y of
 * the CRS). UTF-8, with or without a byte order mark, else GBK as Chinese Excel writes it; comma, semicolon or tab.
 * @throws BadInput naming the line.
 */
export function readCsv<G>(
  path: string,
  bytes: Uint8Array,
  shape: Shape<G>,
  options: CsvOptions,
): FeatureSource<G> {
  const rows = parseRecords(path, decodeText(bytes));
  const columns = Object.keys(rows[0]?.record ?? {});
  const wkt = columnOf(columns, options.wktField === undefined ? WKT_NAMES : [options.wktField]);
  const x = columnOf(columns, X_NAMES);
  const y = columnOf(columns, Y_NAMES);
  const asPoints = wkt === null && shape.types.includes('Point') && x !== null && y !== null;
  if (rows.length > 0 && wkt === null && !asPoints) {
    throw new BadInput(
      `${path} has no column of geometry; expected WKT in a column ${options.wktField ?? 'wkt'}${shape.types.includes('Point') ? ' or columns lon and lat' : ''} (--field wkt=NAME names another; there are: ${columns.join(', ')})`,
    );
  }
  const placers = new Map<Crs, Placer>();
  const placerOf = (crs: Crs) => {
    const made = placers.get(crs) ?? placer(path, crs, options.from);
    placers.set(crs, made);
    return made;
  };
  const features = rows.map(({ record, info }): SourceFeature<G> => {
    const place = `line ${info.lines}`;
    const what = `${path}, ${place}`;
    const { srid, geometry } = asPoints
      ? { srid: null, geometry: pointOf(what, record[x], record[y]) }
      : geometryOf(what, record[wkt ?? '']);
    const parsed = shape.schema.safeParse(geometry);
    if (!parsed.success) {
      throw new BadInput(`${what}: its geometry is a ${geometry.type}; expected ${shape.wanted}`);
    }
    const crs = srid === null ? (options.otherwise ?? WGS84) : crsFromEpsg(srid);
    return { place, properties: record, geometry: parsed.data(placerOf(crs).map) };
  });
  for (const { assertNoDegrees } of placers.values()) assertNoDegrees();
  return { features, warnings: [] };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // GB 18030 contains GBK, which contains GB 2312
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** Comma, semicolon or tab: the one the head line has most of. Texts may hold the others. */
function delimiterOf(text: string): string {
  const [head] = text.split(/\r?\n/, 1);
  const count = (delimiter: string) => head.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best));
}

function parseRecords(path: string, text: string) {
  try {
    return Records.parse(
      parse(text, {
        bom: true,
        columns: true,
        info: true,
        delimiter: delimiterOf(text),
        trim: true,
        skip_empty_lines: true,
        skip_records_with_empty_values: true,
      }),
    );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BadInput(
      `${path} is not a readable CSV: ${messageOf(error)}. WKT holds commas, so it must stand in double quotes`,
    );
  }
}

function geometryOf(what: string, text: string) {
  const parsed = parseWkt(text);
  if (parsed === null) {
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    throw new BadInput(
      `${what}: "${shown}" is no WKT; expected e.g. POLYGON ((114.1 22.5, …)) or POINT (114.1 22.5)`,
    );
  }
  return parsed;
}

function pointOf(what: string, x: string, y: string) {
  const coordinates = [Number(x), Number(y)];
  if (x === '' || y === '' || !coordinates.every(Number.isFinite)) {
    throw new BadInput(`${what}: "${x}", "${y}" are no coordinates; expected numbers such as 114.12, 22.55`);
  }
  return { type: 'Point', coordinates };
}
