import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Unavailable } from '../../raster/errors.js';
import { type Command, JSON_OPTION } from './command.js';

export const checkCommand: Command = {
  name: 'check',
  args: '',
  summary: 'looks at everything a run or the server needs: each line ok, a warning, or the cure',
  summaryZh:
    '检查数据库、PostGIS、磁盘、影像文件、时钟、计算后端、Chromium 与字体等：逐行给出正常、警告或处理办法',
  options: [JSON_OPTION],
  async run(input, context) {
    const { check } = await import('../check.js');
    const lines = await check({
      config: context.config,
      env: process.env,
      now: () => new Date(),
      hasChineseFont,
    });
    if (input.options.json) context.print(JSON.stringify(lines));
    else for (const { name, status, text } of lines) context.print(`${status.padEnd(4)}  ${name}: ${text}`);
    const failed = lines.filter(({ status }) => status === 'fail').length;
    if (failed > 0) throw new Unavailable(`${failed} of ${lines.length} checks failed`);
  },
};

/** As fontconfig knows it, which is what Chromium asks. */
async function hasChineseFont(): Promise<boolean | null> {
  try {
    const { stdout } = await promisify(execFile)('fc-list', [':lang=zh-cn', 'family'], { timeout: 10_000 });
    return stdout.trim() !== '';
  } catch {
    return null;
  }
}
