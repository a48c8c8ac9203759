import { parseCrs } from '../../raster/crs.js';
import type { RegisterOptions } from '../../vector/registers/register.js';
import type { ImportCount } from '../../vector/store/permits.js';
import type { Context } from '../context.js';
import { type Input, JSON_OPTION, type OptionSpec, text } from './command.js';
import { FROM_OPTION, frameOf } from './frame.js';

/** What the imports of permits, zones, addresses and cameras share. */
export const importOptions = (fields: readonly string[]): readonly OptionSpec[] => [
  [
    '--field <list>',
    `properties with other names than usual, e.g. ${fields[0]}=NAME; of ${fields.join(', ')}, wkt`,
  ],
  ['--source-crs <epsg>', 'CRS of files that name none (default: WGS84)'],
  FROM_OPTION,
  JSON_OPTION,
];

export function registerOptions(input: Input): RegisterOptions {
  const crs = text(input, 'sourceCrs');
  return {
    fields: text(input, 'field'),
    from: frameOf(input),
    sourceCrs: crs === undefined ? undefined : parseCrs(crs, '--source-crs'),
  };
}

/** Says what an import did, in the words of what was imported. */
export function tellImport(
  input: Input,
  context: Context,
  what: string,
  { warnings, ...count }: ImportCount,
): void {
  for (const warning of warnings) context.tell(`warning: ${warning}`);
  if (input.options.json) {
    context.print(JSON.stringify({ ...count, warnings }));
    return;
  }
  const { added, updated, unchanged } = count;
  context.print(`${added} ${what} added, ${updated} updated, ${unchanged} unchanged`);
  if (added + updated > 0) context.tell('leads of past months follow with: tuban leads refresh');
}
