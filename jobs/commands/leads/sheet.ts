import { BadInput } from '../../../raster/errors.js';
import { parseChoice } from '../../options.js';
import { type Command, text } from '../command.js';
import { withDatabase } from '../database.js';
import { LEAD_FILTERS, selectCases } from './select.js';

export const leadsSheet: Command = {
  name: 'leads sheet',
  args: '[numbers...]',
  summary: 'writes lead sheets, one A4 page a lead, as PDF (needs Chromium) or HTML',
  summaryZh: '生成线索核查单（每条线索一页 A4；PDF 需要 Chromium，也可为 HTML）',
  options: [
    ...LEAD_FILTERS,
    ['--each <format>', 'a file a lead in the folder --out: pdf or html'],
    ['--out <file>', 'file to write (.pdf or .html), or the folder of --each'],
  ],
  async run(input, context) {
    const { openArchive } = await import('../../catalogue.js');
    const { writeSheets } = await import('../../leads/sheets.js');
    const { SYNTHETIC } = await import('../../report.js');
    const { districtName } = await import('../../../reports/shared/district-name.js');
    const { getSetting } = await import('../../../vector/store/settings.js');
    const { listSubdistricts } = await import('../../../vector/store/subdistricts.js');
    const out = text(input, 'out');
    if (out === undefined) throw new BadInput('Missing --out; expected a file, e.g. --out sheets.pdf');
    const given = text(input, 'each');
    const each = given === undefined ? null : parseChoice(given, ['pdf', 'html'], '--each');
    const bar = context.progress('sheets');
    await withDatabase(context, 'leads sheet', async (db) => {
      const cases = await selectCases(db, input, input.args);
      if (cases.length === 0) throw new BadInput('No lead is chosen; tuban leads list shows those there are');
      const subdistricts = await listSubdistricts(db);
      const archive = openArchive(db);
      try {
        const files = await writeSheets({
          cases,
          openMonth: (month) => archive.scenes([month]),
          document: {
            district: context.config.district || districtName(subdistricts, 'zh'),
            subdistricts,
            generatedAt: new Date().toISOString(),
            timeZone: context.config.timeZone,
            synthetic: (await getSetting(db, SYNTHETIC)) === true,
          },
          out,
          each,
          onProgress: (done, total) => bar.update(done, total),
        });
        bar.end();
        context.print(`${cases.length} sheets written to ${files.length === 1 ? files[0] : out}`);
      } finally {
        bar.end();
        await archive.close();
      }
    });
  },
};
