import { BadInput } from '../../raster/errors.js';
import { exportPairs, pairsIn } from '../dataset/from-pairs.js';
import { exportVerdicts } from '../dataset/from-verdicts.js';
import { GROUND_PX, type Shares } from '../dataset/split.js';
import type { DatasetFigures } from '../dataset/writer.js';
import { parseClasses, parseWhole } from '../options.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';
import { sceneSpec } from './diff.js';

const CHIPS = [64, 128, 256, 512, GROUND_PX];
const ONLY_PAIRS = [
  'class',
  'only',
  'groundByName',
  'val',
  'test',
  'valPairs',
  'testPairs',
  'seed',
  'bands',
  'sensor',
  'sourceCrs',
];

export const datasetExport: Command = {
  name: 'dataset export',
  args: '',
  summary:
    'writes chips and masks to train a model on, from the verdicts of leads or from pairs with a truth',
  summaryZh: '由核查结论或带真值的影像对导出训练样本（影像块与标签）',
  options: [
    ['--out <dir>', 'new folder for the chips and dataset.json'],
    ['--pairs <dir>', 'NAME_before.tif, NAME_after.tif, NAME_truth.tif (default: the verdicts of leads)'],
    ['--class <name>', 'what 1 means in the truths (default: their values are change codes)'],
    ['--labels <list>', 'changes to label; any other counts as none (default: all)'],
    ['--only <list>', 'only these pairs'],
    ['--ground-by-name', 'pairs named alike up to the first _ share ground (default: those that touch)'],
    ['--val-pairs <list>', 'pairs held back for choosing thresholds'],
    ['--test-pairs <list>', 'pairs held back for judging'],
    ['--val <share>', 'share of the pairs held back for choosing thresholds (default: 0.15)'],
    ['--test <share>', 'share of the pairs held back for judging (default: 0.15)'],
    ['--seed <n>', 'which pairs are held back (default: 1)'],
    ['--chip <px>', 'side of a chip: 64, 128, 256, 512 or 1024', '512'],
    ['--bands <list>', 'band numbers of the pairs’ files'],
    ['--sensor <name>', 'sensor profile of the pairs’ files'],
    ['--source-crs <epsg>', 'CRS of files that carry none'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const out = text(input, 'out');
    if (out === undefined) throw new BadInput('Missing --out; expected a new folder for the chips');
    const chip = parseWhole(text(input, 'chip') ?? '512', '--chip');
    if (!CHIPS.includes(chip)) throw new BadInput(`--chip ${chip}; expected one of ${CHIPS.join(', ')} px`);
    const labels = text(input, 'labels');
    const common = {
      out,
      chip,
      labels: labels === undefined ? null : new Set(parseClasses(labels, '--labels')),
    };
    const folder = text(input, 'pairs');
    const progress = context.progress('dataset');
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const given = ONLY_PAIRS.find((name) => input.options[name] !== undefined);
    if (folder === undefined && given !== undefined)
      throw new BadInput(
        `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} without --pairs; of verdicts the same ground is always held back (docs/models.md)`,
      );
    const figures = await (folder === undefined
      ? withDatabase(context, 'dataset export', (db) =>
          exportVerdicts(db, context.config, { ...common, onProgress, signal: context.signal }),
        )
      : exportPairs({
          ...common,
          groundByName: input.options.groundByName === true,
          shares: sharesOf(input),
          seed: parseWhole(text(input, 'seed') ?? '1', '--seed'),
          pairs: pairsIn(folder, list(input, 'only')),
          class: className(input),
          scene: sceneSpec(input),
          named: { val: list(input, 'valPairs'), test: list(input, 'testPairs') },
          backend: context.config.backend,
          onProgress,
          signal: context.signal,
        })
    ).finally(() => progress.end());
    if (input.options.json) context.print(JSON.stringify({ out, ...figures }));
    else for (const line of told(out, figures)) context.print(line);
  },
};

function className(input: Input) {
  const name = text(input, 'class');
  if (name === undefined) return null;
  const [first, ...more] = parseClasses(name, '--class');
  if (more.length > 0) throw new BadInput(`--class ${name}; expected one class`);
  return first;
}

function list(input: Input, name: string): ReadonlySet<string> {
  return new Set((text(input, name) ?? '').split(',').filter((word) => word !== ''));
}

/** Shares of the pairs held back. */
function sharesOf(input: Input): Shares {
  const share = (name: string): number => {
    const given = text(input, name) ?? '0.15';
    const value = Number(given);
    if (given.trim() === '' || !(value >= 0 && value < 1))
      throw new BadInput(`--${name} ${given}; expected a share from 0 to 1`);
    return value;
  };
  const shares = { val: share('val'), test: share('test') };
  if (shares.val + shares.test >= 1)
    throw new BadInput('--val and --test leave nothing to train on; expected less than 1 together');
  return shares;
}

function told(out: string, { chips, pixels }: DatasetFigures): string[] {
  return [
    `${chips.train} chips to train on, ${chips.val} to choose thresholds, ${chips.test} to judge by, in ${out}`,
    ...Object.entries(pixels).map(([name, count]) => `  ${name.padEnd(18)} ${count} px`),
  ];
}
