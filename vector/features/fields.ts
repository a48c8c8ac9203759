import { BadInput } from '../../raster/errors.js';
import type { SourceFeature } from './source.js';

/** What a register wants to know of a feature, and the names files give it: English first, then usual Chinese ones. */
export type FieldNames = Readonly<Record<string, readonly string[]>>;

/** The column with one of these names, whatever its case; null where there is none. */
export function columnOf(columns: readonly string[], names: readonly string[]): string | null {
  for (const name of names) {
    const found = columns.find((column) => column.trim().toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
  }
  return null;
}

/** `number=XKZH,authority=FZJG` as given by --field. @throws BadInput where a field is none of `known`. */
export function parseFieldNames(text: string | undefined, known: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const part of text?.split(',') ?? []) {
    const at = part.indexOf('=');
    const [field, name] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at < 1 || name === '' || !known.includes(field)) {
      throw new BadInput(
        `Invalid --field "${part}"; expected FIELD=NAME, several with commas, where FIELD is one of ${known.join(', ')}`,
      );
    }
    given.set(field, name);
  }
  return given;
}

/**
 * Which property holds which field, decided once a file: those named by hand, else the first usual name that the first
 * feature has.
 * @throws BadInput where one named by hand is not there.
 */
export function resolveFields<N extends FieldNames>(
  path: string,
  features: readonly SourceFeature<unknown>[],
  names: N,
  given: ReadonlyMap<string, string>,
): (feature: SourceFeature<unknown>) => Record<keyof N, unknown> {
  const columns = [...new Set(features.flatMap(({ properties }) => Object.keys(properties)))];
  const chosen = new Map<keyof N, string | null>();
  for (const field of Object.keys(names)) {
    const asked = given.get(field);
    const found = columnOf(columns, asked === undefined ? names[field] : [asked]);
    if (asked !== undefined && found === null && features.length > 0) {
      throw new BadInput(
        `${path} has no property "${asked}" for --field ${field}; there are: ${columns.join(', ') || 'none'}`,
      );
    }
    chosen.set(field, found);
  }
  return ({ properties }) => {
    const values = {} as Record<keyof N, unknown>;
    for (const [field, column] of chosen) values[field] = column === null ? undefined : properties[column];
    return values;
  };
}
