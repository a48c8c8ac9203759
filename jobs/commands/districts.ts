import { readDistricts } from '../../vector/districts.js';
import { listSubdistricts, replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';
import { FROM_OPTION, frameOf } from './frame.js';

export const districtsImport: Command = {
  name: 'districts import',
  args: '<file>',
  summary: 'imports subdistrict boundaries from GeoJSON, Shapefile or GeoPackage',
  summaryZh: '导入街道边界（GeoJSON、Shapefile、GeoPackage）',
  options: [
    ['--code-field <name>', 'property that holds the code', 'code'],
    ['--name-field <name>', 'property that holds the name', 'name'],
    FROM_OPTION,
    JSON_OPTION,
  ],
  async run(input, context) {
    const from = frameOf(input);
    const { subdistricts, warnings } = await readDistricts(input.args[0], {
      codeField: text(input, 'codeField'),
      nameField: text(input, 'nameField'),
      from,
    });
    for (const warning of warnings) context.tell(`warning: ${warning}`);
    await withDatabase(context, 'districts import', async (db) => {
      if (from === undefined) {
        const { assertSameFrame } = await import('../../vector/features/frame.js');
        assertSameFrame(input.args[0], subdistricts, await listSubdistricts(db));
      }
      await replaceSubdistricts(db, subdistricts);
    });
    const plain = subdistricts.map(({ code, name }) => ({ code, name }));
    if (input.options.json) context.print(JSON.stringify(plain));
    else context.print(`${subdistricts.length} subdistricts imported: ${plain.map((s) => s.name).join(' ')}`);
  },
};

export const districtsList: Command = {
  name: 'districts list',
  args: '',
  summary: 'lists the subdistricts',
  summaryZh: '列出街道',
  options: [JSON_OPTION],
  async run(input, context) {
    const subdistricts = await withDatabase(context, 'districts list', listSubdistricts);
    const plain = subdistricts.map(({ code, name }) => ({ code, name }));
    if (input.options.json) context.print(JSON.stringify(plain));
    else if (plain.length === 0)
      context.print('no subdistricts; import them with tuban districts import FILE');
    else for (const { code, name } of plain) context.print(`${code}  ${name}`);
  },
};
