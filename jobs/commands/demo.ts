import { demo, demoConfig } from '../demo.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { scoreTable } from './evaluate.js';
import { parseSeed } from './samples.js';

export const demoCommand: Command = {
  name: 'demo',
  args: '',
  summary: 'makes sample months, runs them, writes report, patches and leads, says where to look',
  summaryZh: '生成示例月份并运行，输出报告、图斑与线索',
  options: [
    ['--dir <dir>', 'folder of the demo', 'demo'],
    ['--seed <n>', 'seed of the sample world'],
    ['--serve', 'on a terminal, goes on to serving the demo (tuban serve)'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const started = performance.now();
    const seed = text(input, 'seed');
    let bar = context.progress('');
    let label = '';
    const result = await demo({
      dir: text(input, 'dir') ?? 'demo',
      seed: seed === undefined ? undefined : parseSeed(seed),
      tell: context.tell,
      onProgress: (now, done, total) => {
        if (now !== label) {
          bar.end();
          label = now;
          bar = context.progress(now);
        }
        bar.update(done, total);
      },
    }).finally(() => bar.end());
    if (input.options.json) {
      const { results, ...rest } = result;
      context.print(
        JSON.stringify({
          ...rest,
          runs: results.map(({ patches, ...run }) => ({ ...run, patches: patches.length })),
        }),
      );
      return;
    }
    for (const { month, against, beforeMonth, patches, summary } of result.results) {
      const versus = beforeMonth === null ? 'first month, states only' : `${against} against ${beforeMonth}`;
      context.print(`${month}  ${versus}: ${patches.length} patches (${summary.backend})`);
    }
    context.print('');
    context.print('Against the sample’s truth, last month, month on month (%):');
    for (const line of scoreTable(result.scores)) context.print(line);
    context.print('');
    context.print(`report    ${result.reports[0]}`);
    context.print(`          ${result.reports[1]}`);
    context.print(`patches   ${result.patches}`);
    const { sent = 0, permitted = 0, watch = 0 } = result.leads.count;
    context.print(
      `leads     ${result.leads.file} (${sent} sent, ${permitted} within permits, ${watch} watched)`,
    );
    context.print(`rasters   ${result.rasters}`);
    context.print(
      `database  ${result.database} (embedded PostGIS; other commands find it in this folder: cd ${result.dir})`,
    );
    context.print(`done in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    if (input.options.serve !== true || !context.terminal) return;
    // only whoever serves loads the server
    const { serve } = await import('../serve.js');
    context.print('');
    await serve({ ...context, config: demoConfig(result.dir) });
  },
};
