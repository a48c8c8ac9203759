import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { learnedDetector } from '../../kernels/learned/detector.js';
import { type LearnedModel, modelClasses, modelId } from '../../kernels/learned/model.js';
import { BadInput } from '../../raster/errors.js';
import { dayIn } from '../../reports/shared/zone.js';
import type { Context } from '../context.js';
import { CARD, loadModel } from '../models/load.js';
import { probeModel } from '../models/probe.js';
import { percent, scoreOnVerdicts, type VerdictTest, whyNot } from '../models/score.js';
import { addModel, findModel, listModels } from '../models/shelf.js';
import { chooseModel, modelChoice, monthsDetector } from '../models/use.js';
import { parseWhole } from '../options.js';
import { type Command, type Input, JSON_OPTION, type OptionSpec, text } from './command.js';
import { withDatabase } from './database.js';

const list: Command = {
  name: 'models list',
  args: '',
  summary: 'lists the learned models at hand, and which one runs use',
  summaryZh: '列出可用的学习模型及当前使用的模型',
  options: [JSON_OPTION],
  async run(input, context) {
    const { config } = context;
    const choice = await withDatabase(context, 'models list', modelChoice);
    const models = await Promise.all(
      (await listModels(config.stateDir)).map(async ({ id, folder, shipped }) => {
        const { card } = await loadModel(folder);
        return {
          id,
          in_use: id === choice.model,
          shipped,
          classes: modelClasses(card),
          bands: card.inputs.bands,
          pixel_size_m: card.pixel_size_m,
          training: card.training,
          figures: card.figures,
          licence: card.licence,
        };
      }),
    );
    if (input.options.json) {
      context.print(JSON.stringify({ in_use: choice.model, before: choice.before, models }));
      return;
    }
    for (const { id, in_use, classes, bands, pixel_size_m: size } of models) {
      context.print(
        `${in_use ? '*' : ' '} ${id.padEnd(28)} ${classes.join(', ')}; ${bands.join(', ')}; ${size.least}–${size.most} m`,
      );
    }
    context.print(
      choice.model === null ? 'runs use the built-in detector (states)' : `runs use ${choice.model}`,
    );
    for (const { model, until } of choice.before)
      context.print(
        `  until ${dayIn(new Date(until), config.timeZone)}: ${model ?? 'the built-in detector'}`,
      );
  },
};

const add: Command = {
  name: 'models add',
  args: '<folder>',
  summary: `looks through a model (${CARD} and its ONNX file), lets it run on a tile, and keeps it under its name and revision`,
  summaryZh: '检查并收入一个学习模型（model.json 与 ONNX 文件）',
  options: [JSON_OPTION],
  async run(input, context) {
    const [folder] = input.args;
    if (!existsSync(join(folder, CARD)))
      throw new BadInput(`${folder} holds no ${CARD}; expected a model's folder (docs/models.md)`);
    const model = await loadModel(resolve(folder));
    const probe = await probeModel(model);
    const added = await addModel(context.config.stateDir, model, resolve(folder));
    const id = modelId(model.card);
    if (input.options.json) context.print(JSON.stringify({ id, added, ...probe }));
    else
      context.print(
        `${added ? 'added' : 'already there:'} ${id}; ${probe.layers} layers, ${probe.weights} weights, ${probe.speedMpx.toFixed(2)} Mpx/s a thread`,
      );
  },
};

const TEST_OPTIONS: readonly OptionSpec[] = [
  ['--leads <n>', 'site visits a month', '10'],
  ['--all-verdicts', 'judge by all verdicts: the model has learnt none of them'],
];

const check: Command = {
  name: 'models check',
  args: '<model>',
  summary: 'looks through a model, lets it run, and scores it beside the present one on held-back verdicts',
  summaryZh: '检查模型，并用预留的核查结论与当前模型比较',
  options: [...TEST_OPTIONS, JSON_OPTION],
  async run(input, context) {
    const model = await findModel(context.config.stateDir, input.args[0]);
    const probe = await probeModel(model);
    const test = await testBeside(model, input, context);
    const fault = whyNot(test);
    const id = modelId(model.card);
    if (input.options.json) {
      context.print(JSON.stringify({ id, ...probe, ...test, better: fault === null, why: fault }));
      return;
    }
    context.print(
      `${id}: ${probe.layers} layers, ${probe.weights} weights, ${probe.speedMpx.toFixed(2)} Mpx/s a thread`,
    );
    for (const line of told(test, id)) context.print(line);
    context.print(fault === null ? 'better than the present one' : fault);
  },
};

const use: Command = {
  name: 'models use',
  args: '[model]',
  summary:
    'lets runs use a model where it is better on held-back verdicts; --former goes back, --none to the built-in detector',
  summaryZh: '启用模型（须在预留结论上更优）；--former 退回上一个，--none 恢复内置算法',
  options: [
    ...TEST_OPTIONS,
    ['--anyway', 'use it whatever the verdicts say'],
    ['--former', 'go back to what was used before'],
    ['--none', 'go back to the built-in detector'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const { config } = context;
    const { former, none, anyway } = input.options;
    const [wanted] = input.args;
    if ([former, none, wanted !== undefined].filter(Boolean).length !== 1)
      throw new BadInput('Expected a model, or --former, or --none: one of them');
    if (config.model !== '')
      throw new BadInput(
        `model "${config.model}" of the configuration is used whatever is chosen here; take it out of tuban.json first`,
      );
    const choose = (model: string | null) =>
      withDatabase(context, 'models use', (db) => chooseModel(db, model, new Date()));
    let chosen: string | null = null;
    if (former) {
      const { before } = await withDatabase(context, 'models use', modelChoice);
      if (before.length === 0) throw new BadInput('No model was used before; nothing to go back to');
      chosen = before[0].model;
      // a model that has been taken away since is said now, not by the next run
      if (chosen !== null) await findModel(config.stateDir, chosen);
    } else if (wanted !== undefined) {
      const model = await findModel(config.stateDir, wanted);
      const id = modelId(model.card);
      if (!(await listModels(config.stateDir)).some((one) => one.id === id))
        throw new BadInput(`${id} is not kept here yet; add it first: tuban models add ${wanted}`);
      if (!anyway) {
        const fault = whyNot(await testBeside(model, input, context));
        if (fault !== null) throw new BadInput(`${id} is not used: ${fault}; --anyway uses it all the same`);
      }
      chosen = id;
    }
    const choice = await choose(chosen);
    if (input.options.json) context.print(JSON.stringify(choice));
    else context.print(`runs from now on use ${choice.model ?? 'the built-in detector'}`);
  },
};

/** The present detector and the candidate on the same verdicts. */
async function testBeside(model: LearnedModel, input: Input, context: Context): Promise<VerdictTest> {
  const { config } = context;
  const budget = parseWhole(text(input, 'leads') ?? '10', '--leads');
  const progress = context.progress('verdicts');
  return withDatabase(context, 'models', async (db) =>
    scoreOnVerdicts(db, config, [await monthsDetector(db, config), learnedDetector(model)], {
      budget,
      all: input.options.allVerdicts === true,
      onProgress: (done, total) => progress.update(done, total),
      signal: context.signal,
    }),
  ).finally(() => progress.end());
}

function told({ leads, right, scores: [present, candidate] }: VerdictTest, id: string): string[] {
  return [
    `${leads} held-back verdicts, ${right} of them right; of the first ${candidate.visited} by rank:`,
    `  ${'present'.padEnd(28)} ${percent(present.precision)} right, average precision ${percent(present.average)}`,
    `  ${id.padEnd(28)} ${percent(candidate.precision)} right, average precision ${percent(candidate.average)}`,
  ];
}

export const MODEL_COMMANDS: readonly Command[] = [list, add, check, use];
