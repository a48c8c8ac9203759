import { PERMIT_FIELDS, readPermits } from '../../vector/registers/permits.js';
import { importPermits, listPermits } from '../../vector/store/permits.js';
import { type Command, JSON_OPTION } from './command.js';
import { withDatabase } from './database.js';
import { assertFrame } from './frame.js';
import { importOptions, registerOptions, tellImport } from './registers.js';

export const permitsImport: Command = {
  name: 'permits import',
  args: '<file>',
  summary:
    'imports planning permits (GeoJSON, Shapefile, GeoPackage, CSV with WKT); known numbers are updated',
  summaryZh: '导入规划许可（GeoJSON、Shapefile、GeoPackage、含 WKT 的 CSV）；证号相同则更新',
  options: importOptions(PERMIT_FIELDS),
  async run(input, context) {
    const { rows, warnings } = await readPermits(input.args[0], registerOptions(input));
    const count = await withDatabase(context, 'permits import', async (db) => {
      await assertFrame(db, input, rows);
      return importPermits(db, rows);
    });
    tellImport(input, context, 'permits', { ...count, warnings: [...warnings, ...count.warnings] });
  },
};

export const permitsList: Command = {
  name: 'permits list',
  args: '',
  summary: 'lists the planning permits',
  summaryZh: '列出规划许可',
  options: [JSON_OPTION],
  async run(input, context) {
    const permits = await withDatabase(context, 'permits list', listPermits);
    if (input.options.json) {
      context.print(JSON.stringify(permits.map(({ polygons: _, ...permit }) => permit)));
      return;
    }
    for (const { number, authority, validFrom, validTo, approvedM2 } of permits) {
      const area = approvedM2 === null ? '-' : `${Math.round(approvedM2)} m²`;
      context.print(`${number}  ${authority ?? '-'}  ${validFrom ?? '…'} – ${validTo ?? '…'}  ${area}`);
    }
    if (permits.length === 0) context.print('no permits; import them with tuban permits import FILE');
  },
};
