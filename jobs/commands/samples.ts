import { BadInput } from '../../raster/errors.js';
import { DEMO_MONTHS, DEMO_RESOLUTION, makeSamples } from '../../samples/make.js';
import { parseMonth, parsePositive } from '../options.js';
import { type Command, JSON_OPTION, text } from './command.js';

/** @throws BadInput */
export function parseSeed(given: string): number {
  const seed = Number(given);
  if (!/^\d+$/.test(given) || seed > 0xffffffff) {
    throw new BadInput(`Invalid --seed "${given}"; expected a whole number from 0 to 4294967295`);
  }
  return seed;
}

export const samplesCommand: Command = {
  name: 'samples',
  args: '',
  summary: 'makes synthetic scenes with known truth, of the schematic district or over given subdistricts',
  summaryZh: '生成带真值的合成影像（示意辖区或给定街道范围）',
  options: [
    ['--dir <dir>', 'folder to write', 'samples-out'],
    ['--seed <n>', 'seed of the world', '1'],
    ['--months <list>', 'months', DEMO_MONTHS.join(',')],
    ['--resolution <m>', 'pixel size', String(DEMO_RESOLUTION)],
    ['--districts <file>', 'GeoJSON of subdistricts to cover instead of the schematic ones'],
    ['--no-clouds', 'no clouds'],
    ['--no-shift', 'no misregistration'],
    ['--no-traps', 'no false-change traps'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const bar = context.progress('samples');
    const set = await makeSamples({
      dir: text(input, 'dir') ?? 'samples-out',
      seed: parseSeed(text(input, 'seed') ?? '1'),
      months: (text(input, 'months') ?? '').split(',').map((month) => parseMonth(month.trim(), '--months')),
      resolution: parsePositive(text(input, 'resolution') ?? '', '--resolution', 'metres'),
      extent: text(input, 'districts'),
      clouds: input.options.clouds !== false,
      shift: input.options.shift !== false,
      traps: input.options.traps !== false,
      onProgress: (share) => bar.update(Math.round(share * 100), 100),
    }).finally(() => bar.end());
    if (input.options.json) {
      context.print(JSON.stringify(set));
      return;
    }
    context.print(`subdistricts  ${set.districtsFile}`);
    for (const { month, file } of set.scenes) context.print(`${month}       ${file}`);
    for (const { before, after, file } of set.truth) context.print(`truth ${before} → ${after}  ${file}`);
  },
};
