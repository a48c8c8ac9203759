import type { Backend } from '../backend.js';
import { type ChangeClassName, codeOf, codeOfState, UNUSABLE } from '../classes.js';
import { CONFIDENCE_STEPS, logOdds } from '../confidence.js';
import type { DateBlock, Detection, Detector, DetectorKind, DetectorOptions } from '../detector.js';
import { stateDetector } from '../state-detector.js';
import type { ModelCard } from './card.js';
import { type ChanceMap, chancesOver, type Frame, sampleAt } from './chances.js';
import { cellSize, type LearnedModel, misfit, modelClasses } from './model.js';
import { type ModelSession, openModel } from './session.js';

/** A change known from another pair is seen again at this share of the odds that it takes to be found. */
const AGAIN = 0.25;
/** px that a detector's halo is a multiple of. */
const LATTICE = 8;
/** The brightest confidence that a pixel carries. */
const MOST_STEPS = CONFIDENCE_STEPS - 1;

const WATER = codeOfState('water');
const FOREST = codeOfState('forest');
const GREEN = codeOfState('green');

/**
 * The states detector with a learned model in it: the classes that the model tells are its own, all others and the land states are
 * the mathematics'. Where a date shows water or vegetation in the infrared no building stands, whatever the model says.
 */
export function learnedDetector(model: LearnedModel): DetectorKind {
  const { card } = model;
  const own = modelClasses(card);
  // one judge of buildings: what the outlines say of candidates would stand beside what the model says
  const replaced = (name: ChangeClassName) =>
    own.includes(name) || (name.startsWith('building') && own.some((other) => other.startsWith('building')));
  const line = card.calibration.building_new;
  const weighed = own.includes('building_new') && line?.faded !== undefined ? line : null;
  let opened: Promise<ModelSession> | null = null;
  const session = (backend: Backend) => {
    opened ??= openOn(backend);
    return opened;
  };
  const openOn = async ({ device }: Backend) => openModel(model, device ? await device() : null);
  return {
    ...stateDetector,
    name: 'onnx',
    model,
    get again() {
      // what is found already need not be likely by itself
      return learnedDetector({ ...model, card: { ...card, thresholds: seenAgain(card), calibration: {} } });
    },
    outlines: (bands, resolution) => {
      if (!own.some(isBuilding)) return stateDetector.outlines(bands, resolution);
      return weighed ? (confidence, faded) => chanceOf(weighed, confidence, faded) : 'none';
    },
    // a model that has learnt finer pixels is given them
    cell: (bands, resolution) =>
      Math.min(stateDetector.cell(bands, resolution), cellSize(card, resolution) ?? 1),
    halo: (resolution) => {
      const cell = cellSize(card, resolution) ?? 1;
      const step = leastCommon(LATTICE, cell * card.inputs.multiple);
      const least = Math.max(stateDetector.halo(resolution), Math.ceil(1.5 * card.margin_px) * cell);
      return Math.ceil(least / step) * step;
    },
    computable(bands) {
      const { classes, missing } = stateDetector.computable(bands);
      const others = classes.filter((name) => !replaced(name));
      const lost = Object.fromEntries(
        Object.entries(missing).filter(([name]) => !replaced(name as ChangeClassName)),
      );
      for (const name of ['building_new', 'building_removed'] as const)
        if (replaced(name) && !own.includes(name))
          lost[name] = 'is not told by the model, which judges buildings';
      return { classes: [...own, ...others], missing: lost };
    },
    chance: (bands, resolution) => {
      const base = stateDetector.chance?.(bands, resolution);
      return (name, evidence) => {
        if (!own.includes(name)) return base?.(name, evidence) ?? evidence.confidence;
        const line = card.calibration[name];
        // what was weighed with its outline is a chance already
        if (line === undefined || line === weighed) return evidence.confidence;
        return chanceOf(line, evidence.confidence, 0);
      };
    },
    create: (options) => create(card, own, replaced, () => session(options.backend), options),
    close: async () => {
      // one that could not be opened has said so
      const session = await opened?.catch(() => null);
      opened = null;
      await session?.close();
    },
  };
}

type Line = NonNullable<ModelCard['calibration'][ChangeClassName]>;

/** The chance that a region is right, 0-1, from its pixels' mean and its outline (`Outline.faded`). */
function chanceOf({ intercept, slope, faded: weight = 0 }: Line, confidence: number, faded: number): number {
  return 1 / (1 + Math.exp(-(intercept + slope * logOdds(confidence) + weight * faded)));
}

/** The chance from which a pixel is called a class that the model tells. */
const thresholdOf = ({ thresholds }: ModelCard, name: ChangeClassName) => thresholds[name] ?? 0.5;

function seenAgain(card: ModelCard): ModelCard['thresholds'] {
  return Object.fromEntries(
    modelClasses(card).map((name) => {
      const chance = thresholdOf(card, name);
      return [name, (AGAIN * chance) / (1 - chance + AGAIN * chance)];
    }),
  );
}

function leastCommon(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a * b) / x;
}

const isBuilding = (name: ChangeClassName) => name.startsWith('building');

function create(
  card: ModelCard,
  own: readonly ChangeClassName[],
  replaced: (name: ChangeClassName) => boolean,
  session: () => Promise<ModelSession>,
  options: DetectorOptions,
): Detector {
  const { look, bands, resolution, slack: unasked = 0 } = options;
  const fault = misfit(card, bands, resolution);
  const cell = cellSize(card, resolution);
  if (look === null || cell === null || fault !== null)
    throw new Error(`the model does not fit: ${fault ?? 'it needs a look at the scenes'}`);
  // what is left out keeps the tiles on the network's coarsest steps
  const step = cell * card.inputs.multiple;
  const slack = Math.floor(unasked / step) * step;
  const frame = { width: options.width, height: options.height, slack };
  const base = stateDetector.create({
    ...options,
    classes: new Set([...options.classes].filter((name) => !replaced(name))),
  });
  const wanted = card.outputs.channels.flatMap((channel, plane) =>
    channel !== 'none' && own.includes(channel) && options.classes.has(channel)
      ? [{ plane, name: channel, code: codeOf(channel), threshold: thresholdOf(card, channel) }]
      : [],
  );
  const knowsPlants = bands.has('nir') && bands.has('red');
  // named once it has run
  let stage: ModelSession['stage'] | null = null;
  return {
    get stages() {
      return { ...base.stages, ...(stage && { model: stage }) };
    },
    async detect(before: DateBlock, after: DateBlock) {
      const detection = await base.detect(before, after);
      if (wanted.length === 0) return detection;
      const opened = await session();
      stage = opened.stage;
      const chances = await chancesOver(opened, card, [before, after], frame, cell, look);
      mark(detection, chances, wanted, { ...frame, cell, knowsPlants });
      return detection;
    },
  };
}

interface Wanted {
  readonly plane: number;
  readonly name: ChangeClassName;
  readonly code: number;
  readonly threshold: number;
}

/** Puts what the model says over a detection: the class whose chance is farthest above its threshold. */
function mark(
  { code, confidence, magnitude, stateBefore, stateAfter, bare }: Detection,
  { width: cells, height: rows, data }: ChanceMap,
  wanted: readonly Wanted[],
  frame: Frame & { readonly cell: number; readonly knowsPlants: boolean },
): void {
  const { width, height, slack, cell, knowsPlants } = frame;
  const length = cells * rows;
  // most places are far from any change: a cell whose neighbours all are is passed over
  const near = nearAny(data, wanted, cells, rows);
  for (let y = slack; y < height - slack; y++) {
    const v = (y - slack + 0.5) / cell - 0.5;
    const row = Math.min(rows - 1, Math.floor((y - slack) / cell)) * cells;
    for (let x = slack; x < width - slack; x++) {
      const at = y * width + x;
      if (code[at] === UNUSABLE || near[row + Math.min(cells - 1, Math.floor((x - slack) / cell))] === 0)
        continue;
      const u = (x - slack + 0.5) / cell - 0.5;
      let best: Wanted | null = null;
      let chance = 0;
      let most = 0;
      for (const one of wanted) {
        const p = sampleAt(data, one.plane * length, cells, rows, u, v);
        most = Math.max(most, p);
        if (p < one.threshold || (best !== null && p - one.threshold <= chance - best.threshold)) continue;
        if (knowsPlants && isOvergrown(one.name, stateBefore?.[at] ?? 0, stateAfter?.[at] ?? 0)) continue;
        best = one;
        chance = p;
      }
      magnitude[at] = Math.max(magnitude[at], Math.round(MOST_STEPS * most));
      if (best === null) continue;
      code[at] = best.code;
      confidence[at] = Math.max(1, Math.round(MOST_STEPS * chance));
      if (bare !== null) bare[at] = 0;
    }
  }
}

/** 1 where a cell or one of its eight neighbours reaches half of a threshold. */
function nearAny(data: Float32Array, wanted: readonly Wanted[], width: number, height: number): Uint8Array {
  const near = new Uint8Array(width * height);
  for (const { plane, threshold } of wanted) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (data[plane * width * height + y * width + x] < threshold / 2) continue;
        for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
          near.fill(1, v * width + Math.max(0, x - 1), v * width + Math.min(width, x + 2));
      }
    }
  }
  return near;
}

/** Whether the date in which a building would stand shows water or plants. */
function isOvergrown(name: ChangeClassName, before: number, after: number): boolean {
  if (!isBuilding(name)) return false;
  const state = name === 'building_new' ? after : before;
  return state === WATER || state === FOREST || state === GREEN;
}
