import { refreshLeads } from '../../../reports/leads/refresh.js';
import { parseMonth } from '../../options.js';
import { type Command, JSON_OPTION, text } from '../command.js';
import { withDatabase } from '../database.js';

export const leadsRefresh: Command = {
  name: 'leads refresh',
  args: '',
  summary: 'asks the rules again, after new permits, zones, addresses, cameras or rules; verdicts stay',
  summaryZh: '导入新许可、保护区、地址、摄像头或修改规则后重新判定；核查结论不变',
  options: [['--month <yyyy-mm>', 'one month (default: all)'], JSON_OPTION],
  async run(input, context) {
    const month = text(input, 'month');
    const scope = month === undefined ? 'all' : { month: parseMonth(month) };
    const count = await withDatabase(context, 'leads refresh', (db) =>
      refreshLeads(db, context.config, scope, new Date()),
    );
    if (input.options.json) context.print(JSON.stringify(count));
    else context.print(`${count.made} leads made, ${count.changed} changed, ${count.unchanged} as they were`);
  },
};
