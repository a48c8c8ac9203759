import { classByName } from '../../kernels/classes.js';
import { parseCrs, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { EXPORT_FORMATS, exportPatches } from '../../vector/export/export.js';
import { patchProperties } from '../../vector/export/features.js';
import { PATCH_STATES } from '../../vector/patch.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import { crsOfRun, publishedRun } from '../../vector/store/runs.js';
import { parseChoice, parseClasses } from '../options.js';
import { type Command, type Input, JSON_OPTION, type OptionSpec, text } from './command.js';
import { withDatabase } from './database.js';
import { AGAINST, requiredMonth } from './run.js';

const FILTERS: readonly OptionSpec[] = [
  ['--month <yyyy-mm>', 'month the change was first seen in'],
  ['--against <kind>', 'mom or yoy', 'mom'],
  ['--state <name>', PATCH_STATES.join(', ')],
  ['--class <name>', 'one change class'],
  ['--subdistrict <code>', 'one subdistrict'],
];

async function select(db: Db, input: Input) {
  const month = requiredMonth(input);
  const against = parseChoice(text(input, 'against') ?? 'mom', AGAINST, '--against');
  const state = text(input, 'state');
  const className = text(input, 'class');
  const run = await publishedRun(db, { month, against });
  if (run === null) {
    throw new BadInput(
      `Month ${month} has no published ${against} run; run it first: tuban run --month ${month}`,
    );
  }
  const patches = await listPatches(db, {
    month,
    against,
    state: state === undefined ? undefined : parseChoice(state, PATCH_STATES, '--state'),
    class: className === undefined ? undefined : parseClasses(className, '--class')[0],
    subdistrict: text(input, 'subdistrict'),
  });
  return { run, patches };
}

export const patchesList: Command = {
  name: 'patches list',
  args: '',
  summary: 'lists the patches of a month',
  summaryZh: '列出某月图斑',
  options: [...FILTERS, JSON_OPTION],
  async run(input, context) {
    const { patches } = await withDatabase(context, 'patches list', (db) => select(db, input));
    if (input.options.json) {
      context.print(
        JSON.stringify(patches.map((patch) => ({ ...patchProperties(patch), filtering: patch.filtering }))),
      );
      return;
    }
    for (const patch of patches) {
      const { number, areaM2, confidence, state, subdistrict } = patch;
      const name = classByName(patch.class)?.zh ?? patch.class;
      context.print(
        `${number}  ${name}  ${subdistrict ?? '-'}  ${Math.round(areaM2)} m²  ${confidence.toFixed(2)}  ${state}`,
      );
      if (patch.filtering?.held) {
        const { filter, zh, en } = patch.filtering;
        context.print(`  held back by filter ${filter}: ${zh} / ${en}`);
      }
    }
    if (patches.length === 0) context.print('no patches');
  },
};

export const patchesExport: Command = {
  name: 'patches export',
  args: '',
  summary: 'exports the patches of a month for GIS or Excel',
  summaryZh: '导出某月图斑（GIS 或 Excel）',
  options: [
    ...FILTERS,
    ['--format <name>', EXPORT_FORMATS.join(', '), 'geojson'],
    ['--crs <epsg>', 'CRS of the file (default: WGS84 for geojson and csv, else the run’s)'],
    ['--out <file>', 'file to write'],
  ],
  async run(input, context) {
    const out = text(input, 'out');
    if (out === undefined) throw new BadInput('Missing --out; expected a file, e.g. --out patches.gpkg');
    const format = parseChoice(text(input, 'format') ?? 'geojson', EXPORT_FORMATS, '--format');
    const crs = text(input, 'crs');
    const { run, patches } = await withDatabase(context, 'patches export', (db) => select(db, input));
    const gridCrs = crsOfRun(run);
    const usual = format === 'geojson' || format === 'csv' ? WGS84 : gridCrs;
    await exportPatches(patches, {
      format,
      crs: crs === undefined ? usual : parseCrs(crs, '--crs'),
      gridCrs,
      out,
    });
    context.print(`${patches.length} patches written to ${out}`);
  },
};
