import { BadInput } from '../../raster/errors.js';
import { parseChoice } from '../options.js';
import { writeReport } from '../report.js';
import { type Command, text } from './command.js';
import { withDatabase } from './database.js';
import { parseAgainst, requiredMonth } from './run.js';

export const reportCommand: Command = {
  name: 'report',
  args: '',
  summary: 'writes the monthly report',
  summaryZh: '生成月度报告',
  options: [
    ['--month <yyyy-mm>', 'month to report'],
    ['--against <list>', 'mom, yoy or mom,yoy (default: all that were run)'],
    ['--format <name>', 'html', 'html'],
    ['--lang <name>', 'zh or en', 'zh'],
    ['--out <file>', 'file to write (default: report-<month>.html)'],
  ],
  async run(input, context) {
    const month = requiredMonth(input);
    const format = text(input, 'format') ?? 'html';
    if (format !== 'html') throw new BadInput(`Invalid --format "${format}"; expected html`);
    const out = text(input, 'out') ?? `report-${month}.html`;
    await withDatabase(context, 'report', (db) =>
      writeReport(db, context.config, {
        month,
        against: parseAgainst(input),
        lang: parseChoice(text(input, 'lang') ?? 'zh', ['zh', 'en'], '--lang'),
        out,
      }),
    );
    context.print(`report written to ${out}`);
  },
};
