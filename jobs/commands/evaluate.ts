import { BadInput } from '../../raster/errors.js';
import { type ClassScore, evaluate } from '../evaluate.js';
import { parseClasses } from '../options.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';

export const evaluateCommand: Command = {
  name: 'evaluate',
  args: '',
  summary: 'scores a change raster against a truth raster, by pixel and by object',
  summaryZh: '以真值栅格评价变化结果（像元与对象）',
  options: [
    ['--prediction <file>', 'change.tif, or a measure with --threshold'],
    ['--truth <file>', 'change codes, or 0 and 1'],
    ['--class <name>', 'one change class'],
    ['--threshold <value>', 'the prediction is a measure; changed above this'],
    ['--positive <value>', 'truth value that means changed'],
    ['--negative <value>', 'truth value that means unchanged; others are unknown'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const prediction = text(input, 'prediction');
    const truth = text(input, 'truth');
    if (prediction === undefined || truth === undefined) {
      throw new BadInput('Missing --prediction or --truth; expected two raster files');
    }
    const name = text(input, 'class');
    const scores = await evaluate({
      prediction,
      truth,
      class: name === undefined ? undefined : parseClasses(name, '--class')[0],
      threshold: number(input, 'threshold'),
      positive: number(input, 'positive'),
      negative: number(input, 'negative'),
    });
    if (input.options.json) {
      context.print(JSON.stringify(scores));
      return;
    }
    for (const line of scoreTable(scores)) context.print(line);
  },
};

function number(input: Input, name: string): number | undefined {
  const given = text(input, name);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (given.trim() === '' || !Number.isFinite(value))
    throw new BadInput(`Invalid --${name} "${given}"; expected a number`);
  return value;
}

const percent = (value: number) => (Number.isNaN(value) ? '-' : (value * 100).toFixed(1)).padStart(6);

/** Lines of a table in percent. */
export function scoreTable(scores: readonly ClassScore[]): string[] {
  const head = `${'class'.padEnd(18)} |  pixel: P      R     F1    IoU | object: P      R     F1   (found/true)`;
  return [
    head,
    ...scores.map(({ class: name, pixel, object }) => {
      const cells = (s: ClassScore['pixel']) =>
        `${percent(s.precision)} ${percent(s.recall)} ${percent(s.f1)}`;
      return `${name.padEnd(18)} | ${cells(pixel)} ${percent(pixel.iou)}   | ${cells(object)}   (${object.truePositive + object.falsePositive}/${object.truePositive + object.falseNegative})`;
    }),
  ];
}
