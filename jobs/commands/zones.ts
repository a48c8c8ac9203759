import { BadInput } from '../../raster/errors.js';
import { ZONE_KINDS } from '../../vector/lead.js';
import { readZones, ZONE_FIELDS } from '../../vector/registers/zones.js';
import { importZones } from '../../vector/store/zones.js';
import { parseChoice } from '../options.js';
import { type Command, text } from './command.js';
import { withDatabase } from './database.js';
import { assertFrame } from './frame.js';
import { importOptions, registerOptions, tellImport } from './registers.js';

export const zonesImport: Command = {
  name: 'zones import',
  args: '<file>',
  summary: 'imports protected zones of one kind; known names are updated',
  summaryZh: '导入某类保护区（永久基本农田、饮用水水源保护区、生态保护红线等）；名称相同则更新',
  options: [['--kind <name>', ZONE_KINDS.join(', ')], ...importOptions(ZONE_FIELDS)],
  async run(input, context) {
    const given = text(input, 'kind');
    if (given === undefined) throw new BadInput(`Missing --kind; expected one of ${ZONE_KINDS.join(', ')}`);
    const kind = parseChoice(given, ZONE_KINDS, '--kind');
    const { rows, warnings } = await readZones(input.args[0], registerOptions(input));
    const count = await withDatabase(context, 'zones import', async (db) => {
      await assertFrame(db, input, rows);
      return importZones(db, kind, rows);
    });
    tellImport(input, context, 'zones', { ...count, warnings: [...warnings, ...count.warnings] });
  },
};
