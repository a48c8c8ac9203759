import { BadInput } from '../../../raster/errors.js';
import { parseChoice } from '../../options.js';
import { type Command, text } from '../command.js';
import { withDatabase } from '../database.js';
import { LEAD_FILTERS, selectCases } from './select.js';

export const leadsExport: Command = {
  name: 'leads export',
  args: '',
  summary: 'exports leads with the fields of the enforcement record',
  summaryZh: '按执法台账字段导出线索',
  options: [
    ...LEAD_FILTERS,
    ['--format <name>', 'geojson, gpkg, shp, csv, xlsx', 'geojson'],
    ['--encoding <name>', 'of shp and csv: utf-8 or gbk', 'utf-8'],
    ['--crs <epsg>', 'CRS of the file (default: WGS84 for geojson, csv and xlsx, else the run’s)'],
    ['--out <file>', 'file to write'],
  ],
  async run(input, context) {
    const { parseCrs, WGS84 } = await import('../../../raster/crs.js');
    const { ENCODINGS } = await import('../../../vector/export/encoding.js');
    const { exportLayer, LAYER_FORMATS } = await import('../../../vector/export/export.js');
    const { leadLayer } = await import('../../../reports/leads/record.js');
    const { recordColumns } = await import('../../../reports/leads/record-fields.js');
    const out = text(input, 'out');
    if (out === undefined) throw new BadInput('Missing --out; expected a file, e.g. --out leads.xlsx');
    const format = parseChoice(text(input, 'format') ?? 'geojson', LAYER_FORMATS, '--format');
    const encoding = parseChoice(text(input, 'encoding') ?? 'utf-8', ENCODINGS, '--encoding');
    if (encoding === 'gbk' && format !== 'shp' && format !== 'csv') {
      throw new BadInput(`--encoding gbk does not suit --format ${format}; only shp and csv can be in GBK`);
    }
    const given = text(input, 'crs');
    const crs = given === undefined ? null : parseCrs(given, '--crs');
    const cases = await withDatabase(context, 'leads export', (db) => selectCases(db, input));
    // all leads of a month come from one district, whose grid has one CRS
    const gridCrs = cases[0]?.run.grid.crs ?? parseCrs(context.config.crs);
    const usual = format === 'gpkg' || format === 'shp' ? gridCrs : WGS84;
    const layer = leadLayer(recordColumns(context.config.record));
    const losses = await exportLayer(cases, layer, { format, encoding, crs: crs ?? usual, gridCrs, out });
    if (losses.cut > 0)
      context.tell(`warning: ${losses.cut} texts were cut to the 254 bytes a shapefile has`);
    if (losses.lacking > 0)
      context.tell(`warning: GBK lacks ${losses.lacking} characters; they are written as ?`);
    context.print(`${cases.length} leads written to ${out}`);
  },
};
