import type { z } from 'zod';
import type { Crs } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { type FieldNames, parseFieldNames, resolveFields } from '../features/fields.js';
import { isLonLat, isSwapped, SWAPPED } from '../features/lon-lat.js';
import { readFeatures } from '../features/read.js';
import type { Frame, Shape } from '../features/source.js';

export interface RegisterOptions {
  /** CRS of files that name none; without it they are taken for WGS84. */
  readonly sourceCrs?: Crs;
  /** Frame of the coordinates, where somebody knows it. */
  readonly from?: Frame;
  /** `number=XKZH,authority=FZJG`: properties that have other names than usual; `wkt` is a CSV's column of geometry. */
  readonly fields?: string;
}

/** A row of a register as read. */
export interface RegisterRow<V, G> {
  /** File and place, as messages name it. */
  readonly what: string;
  readonly values: V;
  /** WGS84 longitude, latitude. */
  readonly geometry: G;
}

/**
 * Reads a register: geometry, and properties through one schema. A file is taken whole or not at all.
 * @throws BadInput naming file, row and cure.
 */
export async function readRegister<N extends FieldNames, V, G>(
  path: string,
  register: {
    readonly what: string;
    readonly shape: Shape<G>;
    readonly names: N;
    readonly schema: z.ZodType<V>;
  },
  options: RegisterOptions,
): Promise<{ rows: RegisterRow<V, G>[]; warnings: string[] }> {
  const { what, shape, names, schema } = register;
  const given = parseFieldNames(options.fields, [...Object.keys(names), 'wkt']);
  const wktField = given.get('wkt');
  given.delete('wkt');
  const source = await readFeatures(path, shape, {
    what,
    sourceCrs: options.sourceCrs,
    from: options.from,
    wktField,
  });
  if (source.features.length === 0) throw new BadInput(`${what} ${path} has no rows; expected ${shape.name}`);
  const valuesOf = resolveFields(path, source.features, names, given);
  const rows = source.features.map((feature): RegisterRow<V, G> => {
    const place = `${path}, ${feature.place}`;
    const parsed = schema.safeParse(valuesOf(feature));
    if (!parsed.success) throw badValue(place, parsed.error, names);
    const wrong = shape.points(feature.geometry).find((point) => !isLonLat(point));
    if (wrong) {
      throw new BadInput(
        `${place} has a point at ${wrong.map((v) => Number(v.toFixed(3))).join(', ')}, which is no longitude, latitude; ${isSwapped(wrong) ? SWAPPED : "say the file's CRS with --source-crs, e.g. --source-crs EPSG:4547"}`,
      );
    }
    return { what: place, values: parsed.data, geometry: feature.geometry };
  });
  return { rows, warnings: [...source.warnings] };
}

function badValue(place: string, error: z.ZodError, names: FieldNames): BadInput {
  const [issue] = error.issues;
  const field = String(issue.path[0] ?? '');
  const usual = names[field];
  const cure = usual
    ? `. Its property is called ${usual.slice(0, 4).join(', ')}, or what --field ${field}=NAME says`
    : '';
  return new BadInput(`${place}: ${field} ${issue.message}${cure}`);
}
