import { BadInput } from '../../raster/errors.js';
import { parseChoice, parseMonth } from '../options.js';
import type { ReportFormat } from '../report.js';
import { type Command, type Input, text } from './command.js';
import { withDatabase } from './database.js';
import { requiredMonth } from './run.js';

const FORMATS = ['html', 'pdf', 'xlsx', 'json'] as const satisfies readonly ReportFormat[];

export const reportCommand: Command = {
  name: 'report',
  args: '',
  summary: 'writes the report of a month or a period',
  summaryZh: '生成月度或时段报告',
  options: [
    ['--month <yyyy-mm>', 'month to report, the last one of a period'],
    [
      '--against <list>',
      'mom, yoy or an earlier month such as 2026-03, or several with commas (default: mom and yoy, as far as they were run)',
    ],
    ['--since <yyyy-mm>', 'first month of a period, such as a quarter or a year, that ends with --month'],
    ['--format <name>', 'html, pdf (needs Chromium), xlsx or json', 'html'],
    ['--lang <name>', 'zh or en', 'zh'],
    ['--out <file>', 'file to write (default: report-<month>.<format>)'],
  ],
  async run(input, context) {
    const month = requiredMonth(input);
    const since = text(input, 'since');
    const format = parseChoice(text(input, 'format') ?? 'html', FORMATS, '--format');
    const out = text(input, 'out') ?? `report-${month}.${format}`;
    const request = {
      month,
      against: parseCompared(input),
      since: since === undefined ? null : parseMonth(since, '--since'),
      format,
      lang: parseChoice(text(input, 'lang') ?? 'zh', ['zh', 'en'], '--lang'),
      out,
    };
    const { writeReport } = await import('../report.js');
    await withDatabase(context, 'report', (db) => writeReport(db, context.config, request));
    context.print(`report written to ${out}`);
  },
};

/** `mom`, `yoy` or months; null where the option was not given. @throws BadInput */
function parseCompared(input: Input): string[] | null {
  const given = text(input, 'against');
  if (given === undefined) return null;
  return given
    .split(',')
    .map((word) => word.trim())
    .map((word) => {
      if (/^\d/.test(word)) return parseMonth(word, '--against');
      if (word === 'mom' || word === 'yoy') return word;
      throw new BadInput(`Invalid --against "${word}"; expected mom, yoy or an earlier month, e.g. 2026-03`);
    });
}
