import { parseCrs } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { PATCH_STATES } from '../../vector/patch.js';
import { type ClassScore, evaluate } from '../evaluate.js';
import { parseChoice, parseClasses, parseWhole } from '../options.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';

export const evaluateCommand: Command = {
  name: 'evaluate',
  args: '',
  summary: 'scores a change raster or patches against a truth raster, by pixel, by object and by confidence',
  summaryZh: '以真值栅格评价变化结果或图斑（像元、对象与置信度）',
  options: [
    ['--prediction <file>', 'change.tif, patches.geojson, or a measure with --threshold'],
    ['--truth <file>', 'change codes, or 0 and 1; 255 in either file is not judged'],
    ['--class <name>', 'one change class, or several, which a truth of 0 and 1 judges together'],
    ['--state <name>', `only patches of this state: ${PATCH_STATES.join(', ')}`],
    ['--confidence <file>', 'confidence raster (default: confidence.tif beside change.tif)'],
    ['--months <n>', 'months the prediction covers, for false patches a month', '1'],
    ['--leads <n>', 'precision of the n most confident patches a month'],
    ['--threshold <value>', 'the prediction is a measure; changed above this'],
    ['--positive <value>', 'truth value that means changed'],
    ['--negative <value>', 'truth value that means unchanged; others are unknown'],
    ['--source-crs <epsg>', 'CRS of files that carry none'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const prediction = text(input, 'prediction');
    const truth = text(input, 'truth');
    if (prediction === undefined || truth === undefined) {
      throw new BadInput('Missing --prediction or --truth; expected two files');
    }
    const name = text(input, 'class');
    const state = text(input, 'state');
    const leads = text(input, 'leads');
    const sourceCrs = text(input, 'sourceCrs');
    const scores = await evaluate({
      prediction,
      truth,
      classes: name === undefined ? undefined : parseClasses(name, '--class'),
      state: state === undefined ? undefined : parseChoice(state, PATCH_STATES, '--state'),
      confidence: text(input, 'confidence'),
      months: parseWhole(text(input, 'months') ?? '1', '--months'),
      leads: leads === undefined ? undefined : parseWhole(leads, '--leads'),
      threshold: number(input, 'threshold'),
      positive: number(input, 'positive'),
      negative: number(input, 'negative'),
      sourceCrs: sourceCrs === undefined ? undefined : parseCrs(sourceCrs, '--source-crs'),
    });
    if (input.options.json) {
      context.print(JSON.stringify(scores));
      return;
    }
    for (const line of [...scoreTable(scores), ...patchTable(scores), ...reliabilityTable(scores)])
      context.print(line);
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

/** False patches, leads and calibration a class; nothing where the truth has no size on the ground. */
function patchTable(scores: readonly ClassScore[]): string[] {
  const rows = scores.flatMap(({ class: name, object, judgedKm2, falsePerKm2Month, leads, reliability }) => {
    if (judgedKm2 === null || falsePerKm2Month === null) return [];
    const visits = leads ? `${leads.right}/${leads.visited} = ${percent(leads.precision).trim()}` : '-';
    const error = reliability ? reliability.expectedCalibrationError.toFixed(3) : '-';
    return `${name.padEnd(18)} | ${String(object.falsePositive).padStart(6)} on ${judgedKm2.toFixed(3)} km² = ${falsePerKm2Month.toFixed(3)} | ${visits} | ${error}`;
  });
  const budget = scores[0]?.leads ? `, right of ${scores[0].leads.leads} leads a month` : ', leads';
  return rows.length > 0
    ? ['', `${'class'.padEnd(18)} | false patches a km² and month${budget}, calibration error`, ...rows]
    : [];
}

function reliabilityTable(scores: readonly ClassScore[]): string[] {
  return scores.flatMap(({ class: name, reliability }) =>
    reliability === null || reliability.patches === 0
      ? []
      : [
          '',
          `${name.padEnd(18)} | confidence  patches    mean   right`,
          ...reliability.bins
            .filter(({ patches }) => patches > 0)
            .map(
              ({ from, to, patches, meanConfidence, shareRight }) =>
                `${''.padEnd(18)} | ${from.toFixed(1)} to ${to.toFixed(1)}  ${String(patches).padStart(7)}  ${meanConfidence.toFixed(2).padStart(6)}  ${percent(shareRight)}`,
            ),
        ],
  );
}
