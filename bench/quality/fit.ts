/**
 * Fits what is fitted, on worlds of the sample generator that nothing else uses, and prints it: `node dist/bench/quality/fit.js`.
 * `outlines`: what tells a new building by its outline (raster/outline-model.ts). `confidence`: what a patch's confidence means
 * (kernels/confidence.ts); it rests on the outlines and is fitted after them. `model`: what a learned model's chance and the outline of a new
 * building mean together (`calibration` of the card of `--model`).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseClasses, leastPixels } from '../../jobs/change.js';
import { askedDetector } from '../../jobs/models/judge.js';
import { addMonths, parseDetector, parseMonth, parseWhole } from '../../jobs/options.js';
import { readWhole } from '../../jobs/prediction.js';
import { CHANGE_CLASSES, type ChangeClassName, codeOf, UNUSABLE } from '../../kernels/classes.js';
import { CALIBRATED, type Evidence, logOdds, type Way } from '../../kernels/confidence.js';
import type { DetectorKind } from '../../kernels/detector.js';
import { commonBands, compare } from '../../raster/engine/compare.js';
import { defaultWorkers } from '../../raster/engine/pool.js';
import type { Grid } from '../../raster/grid.js';
import { OUTLINE_NAMES, type Outline } from '../../raster/outline-model.js';
import { type Candidate, candidatesOf, judgedBy } from '../../raster/rims.js';
import type { Runs } from '../../raster/runs.js';
import { openScene } from '../../raster/scene.js';
import { openRaster } from '../../raster/tiff/open.js';
import { draftPatches } from '../../vector/draft.js';
import { fitLogistic } from '../../vector/filter/logistic.js';
import { judgeObjects, maskObjects, NOT_JUDGED, objectsOf, RIGHT } from '../../vector/objects.js';
import { groupByRegion, labelRegions } from '../../vector/regions.js';
import { tell } from '../command.js';
import { makeSeries } from './series/make.js';
import { readSeriesTruth, type SeriesTruth } from './series/truth.js';

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'outlines' },
    model: { type: 'string', default: join('samples', 'models', 'buildings-samples@6') },
    seeds: { type: 'string', default: '5003,5011' },
    from: { type: 'string', default: '2025-09' },
    months: { type: 'string', default: '12' },
    step: { type: 'string', default: '1' },
    dir: { type: 'string', default: join('bench', 'results', 'worlds') },
    cli: { type: 'string', default: join('dist', 'jobs', 'cli.js') },
  },
});
const first = parseMonth(values.from, '--from');
const months = Array.from({ length: parseWhole(values.months, '--months') }, (_, k) => addMonths(first, k));

/** A pair of neighbouring months, compared. */
interface Pair {
  readonly grid: Grid;
  readonly runs: Runs;
  readonly candidates: Runs | null;
  readonly truth: Float32Array;
  readonly world: SeriesTruth;
  readonly month: number;
}

/** How many px of the truth make one of the grid. */
const COARSER: Readonly<Record<Way, number>> = { outlined: 1, coarse: 5 };

async function comparePair(
  samples: string,
  world: SeriesTruth,
  month: number,
  way: Way,
  detector: DetectorKind,
): Promise<Pair> {
  const spec = (at: number) => ({ files: [join(samples, 'scenes', `${months[at]}.tif`)] });
  const [before, after] = [
    { spec: spec(month - 1), scene: await openScene(spec(month - 1)) },
    { spec: spec(month), scene: await openScene(spec(month)) },
  ];
  const file = await openRaster(join(samples, 'truth', `${months[month - 1]}_${months[month]}.tif`));
  try {
    let candidates: Runs | null = null;
    const { grid, truth } = coarser(world.grid, await readWhole(file), COARSER[way]);
    const bands = commonBands([before, after]);
    const { runs } = await compare({
      grid,
      before: [before],
      after: [after],
      reference: before,
      detector,
      classes: chooseClasses(detector, bands, undefined, samples).classes,
      backend: 'webasm',
      align: true,
      normalize: true,
      zones: [],
      clip: false,
      least: leastPixels(grid, { building: 50, other: 200 }),
      outputs: {},
      workers: defaultWorkers(),
      judge: (found, wanted) => {
        // judged in place
        candidates = { ...found, code: found.code.slice(), confidence: found.confidence.slice() };
        return judgedBy(detector.outlines(new Set(bands), grid.resolution))(found, wanted);
      },
    });
    return { grid, runs, candidates, truth, world, month };
  } finally {
    await Promise.all([before.scene.close(), after.scene.close(), file.close()]);
  }
}

/** A grid of pixels `times` as long, each with the truth of its middle. */
function coarser(grid: Grid, truth: Float32Array, times: number): { grid: Grid; truth: Float32Array } {
  if (times === 1) return { grid, truth };
  const [width, height] = [Math.floor(grid.width / times), Math.floor(grid.height / times)];
  const { transform, resolution } = grid;
  const [a, b, x, d, e, y] = transform;
  const middle = Math.floor(times / 2);
  const out = Float32Array.from({ length: width * height }, (_, i) => {
    const row = Math.floor(i / width);
    return truth[(row * times + middle) * grid.width + (i - row * width) * times + middle];
  });
  return {
    grid: {
      ...grid,
      resolution: resolution * times,
      width,
      height,
      transform: [a * times, b, x, d, e * times, y],
    },
    truth: out,
  };
}

/** Seen in one month only: neither a building nor a mistake of the eye. */
const PASSING = new Set(['tent', 'blue_shed', 'containers']);
/** A region is what so much of its known ground is; with less known it is left out. */
const IS = 0.4;

/** A region and whether a building came there, or one went, 0 or 1. */
interface Case extends Candidate {
  readonly isNew: number;
  readonly isGone: number;
}

function regionCases({ candidates, truth, world, month }: Pair): Case[] {
  if (candidates?.outline == null) return [];
  const { width } = world.grid;
  const passing = new Set(
    world.things
      .filter(({ what, month: of }) => PASSING.has(what) && (of === month || of === month - 1))
      .flatMap(({ pixels }) => pixels),
  );
  const { region, candidates: found } = candidatesOf(candidates, candidates.outline);
  const counts = found.map(() => ({ came: 0, went: 0, hidden: 0, passing: 0 }));
  for (let k = 0; k < candidates.count; k++) {
    if (region[k] < 0) continue;
    const count = counts[region[k]];
    for (let x = candidates.x0[k]; x < candidates.x1[k]; x++) {
      const at = candidates.y[k] * width + x;
      if (truth[at] === codeOf('building_new')) count.came++;
      else if (truth[at] === codeOf('building_removed')) count.went++;
      else if (truth[at] === UNUSABLE) count.hidden++;
      if (passing.has(at)) count.passing++;
    }
  }
  return found.flatMap((candidate, r) => {
    const { came, went, hidden, passing: stands } = counts[r];
    const { pixels } = candidate;
    if (hidden > 0.3 * pixels || stands > 0.3 * pixels) return [];
    return [{ ...candidate, isNew: Number(came >= IS * pixels), isGone: Number(went >= IS * pixels) }];
  });
}

interface Judged extends Evidence {
  readonly name: ChangeClassName;
  readonly right: number;
}

function patchCases({ grid, runs, truth }: Pair): Judged[] {
  const drafts = draftPatches(runs, { grid, subdistricts: [], before: null, after: null, keepOutside: true });
  const groups = groupByRegion(labelRegions(runs, { byZone: true }));
  const known = Uint8Array.from(truth, (value) => Number(value !== UNUSABLE));
  return CHANGE_CLASSES.flatMap(({ name, code }) => {
    const own = drafts.flatMap((draft, r) => (draft.class === name ? [{ draft, r }] : []));
    const found = objectsOf(
      own.map(({ r }) => {
        const pixels: number[] = [];
        for (let k = groups.start[r]; k < groups.start[r + 1]; k++) {
          const run = groups.order[k];
          for (let x = runs.x0[run]; x < runs.x1[run]; x++) pixels.push(runs.y[run] * grid.width + x);
        }
        return pixels;
      }),
    );
    const mask = Uint8Array.from(truth, (value) => Number(value === code));
    const real = maskObjects({ width: grid.width, height: grid.height, data: mask });
    const judged = judgeObjects(found, real, known, grid.width);
    return own.flatMap(({ draft }, k) =>
      judged.found[k] === NOT_JUDGED ? [] : [{ ...draft, name, right: Number(judged.found[k] === RIGHT) }],
    );
  });
}

/** Of fewer patches nothing is said. */
const LEAST_CASES = 30;

const round = (value: number) => Number(value.toFixed(2));

async function eachPair(way: Way, detector: DetectorKind, take: (pair: Pair) => void): Promise<void> {
  const step = parseWhole(values.step, '--step');
  for (const seed of values.seeds.split(',').map((text) => parseWhole(text, '--seeds'))) {
    const samples = await makeSeries(values.cli, values.dir, seed, months);
    const world = await readSeriesTruth(samples, months);
    for (let month = 1; month < months.length; month += step) {
      take(await comparePair(samples, world, month, way, detector));
      tell(`${seed} ${months[month]} ${way}`);
    }
  }
}

async function fitOutlines(): Promise<void> {
  const cases: { readonly outline: Outline; readonly right: number }[] = [];
  await eachPair('outlined', parseDetector('states'), (pair) => {
    for (const { came, went, isNew, isGone } of regionCases(pair))
      cases.push({ outline: came, right: isNew }, { outline: went, right: isGone });
  });
  const fitted = fitLogistic(
    cases.map(({ outline }) => OUTLINE_NAMES.map((name) => outline[name])),
    cases.map(({ right }) => right),
  );
  const model = Object.fromEntries(
    ['intercept', ...OUTLINE_NAMES].map((name, k) => [name, round(fitted[k])]),
  );
  const right = cases.filter((one) => one.right === 1).length;
  process.stdout.write(`${cases.length} cases, ${right} right\n${JSON.stringify(model, null, 2)}\n`);
}

async function fitConfidence(): Promise<void> {
  for (const way of Object.keys(COARSER) as Way[]) {
    const cases: Judged[] = [];
    await eachPair(way, parseDetector('states'), (pair) => cases.push(...patchCases(pair)));
    for (const { name } of CHANGE_CLASSES) {
      const own = cases.filter((one) => one.name === name);
      const right = own.filter((one) => one.right === 1).length;
      if (own.length < LEAST_CASES) continue;
      const rows = own.map((one) => CALIBRATED.map((of) => of.value(one)));
      const fitted = fitLogistic(
        rows,
        own.map((one) => one.right),
      );
      const line = Object.fromEntries(
        ['intercept', ...CALIBRATED.map((of) => of.name)].map((of, k) => [of, round(fitted[k])]),
      );
      process.stdout.write(
        `${way} ${name}: ${JSON.stringify(line)} // ${own.length} patches, ${right} right\n`,
      );
    }
  }
}

/** What a model's chance of a new building is worth beside its outline; as regions are before any is dropped. */
async function fitModel(): Promise<void> {
  const kind = await askedDetector('', 'onnx', values.model);
  const cases: Case[] = [];
  try {
    const measured: DetectorKind = { ...kind, outlines: () => () => 1 };
    await eachPair('outlined', measured, (pair) => cases.push(...regionCases(pair)));
  } finally {
    await kind.close?.();
  }
  const [intercept, slope, faded] = fitLogistic(
    cases.map(({ confidence, came }) => [logOdds(confidence), came.faded]),
    cases.map(({ isNew }) => isNew),
  );
  const right = cases.filter(({ isNew }) => isNew === 1).length;
  const line = { slope: round(slope), intercept: round(intercept), faded: round(faded) };
  process.stdout.write(`${cases.length} regions, ${right} right\n${JSON.stringify(line)}\n`);
}

if (values.what === 'outlines') await fitOutlines();
else if (values.what === 'model') await fitModel();
else await fitConfidence();
