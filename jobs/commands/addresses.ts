import { ADDRESS_FIELDS, readAddresses } from '../../vector/registers/addresses.js';
import { importAddresses } from '../../vector/store/addresses.js';
import type { Command } from './command.js';
import { withDatabase } from './database.js';
import { assertFrame } from './frame.js';
import { importOptions, registerOptions, tellImport } from './registers.js';

export const addressesImport: Command = {
  name: 'addresses import',
  args: '<file>',
  summary: 'imports address points; what is there already is not doubled',
  summaryZh: '导入地址点；已有的不重复导入',
  options: [['--replace', 'drop the former addresses'], ...importOptions(ADDRESS_FIELDS)],
  async run(input, context) {
    const { rows, warnings } = await readAddresses(input.args[0], registerOptions(input));
    const count = await withDatabase(context, 'addresses import', async (db) => {
      await assertFrame(db, input, rows);
      return importAddresses(db, rows, { replace: input.options.replace === true });
    });
    tellImport(input, context, 'addresses', { ...count, warnings });
  },
};
