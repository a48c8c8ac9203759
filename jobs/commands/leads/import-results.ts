import { type Command, JSON_OPTION } from '../command.js';
import { withDatabase } from '../database.js';

export const leadsImportResults: Command = {
  name: 'leads import-results',
  args: '<file>',
  summary:
    'imports what visits found (CSV, XLSX or JSON with 监测编号, 核查结论, 退回原因, 核查人, 核查日期, 备注)',
  summaryZh: '导入核查结果（CSV、XLSX 或 JSON：监测编号、核查结论、退回原因、核查人、核查日期、备注）',
  options: [JSON_OPTION],
  async run(input, context) {
    const { readResultsFile } = await import('../../leads/results-file.js');
    const { importResults } = await import('../../leads/apply-result.js');
    const { parseResults } = await import('../../../reports/leads/results.js');
    const file = await readResultsFile(input.args[0]);
    const results = parseResults(file, { now: new Date(), timeZone: context.config.timeZone });
    const imported = await withDatabase(context, 'leads import-results', (db) => importResults(db, results));
    if (input.options.json) context.print(JSON.stringify(imported));
    else context.print(`${imported.done} results imported, ${imported.unchanged} known already`);
  },
};
