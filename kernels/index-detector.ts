import type { Kernel, Plane } from './backend.js';
import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from './classes.js';
import type { DateBlock, Detection, Detector, DetectorKind, DetectorOptions } from './detector.js';
import { type IndexConstants, indexChangeKernel } from './indices.js';
import { identityMap, type SourceBlock } from './warp.js';
import { createIndexSweep } from './wasm/index-sweep.js';

const CLASSES = ['water_gain', 'water_loss', 'forest_loss'] as const satisfies readonly ChangeClassName[];
const BANDS = ['green', 'red', 'nir'] as const;

/** `--detector indices`: the quick look and the engine's yardstick. It judges raw values, so it needs no look. */
export const indexDetector: DetectorKind = {
  name: 'indices',
  cell: () => 1,
  halo: () => 0,
  needsLook: false,
  knowsStates: false,
  outlines: () => 'none',
  bandsUsed: () => BANDS,
  computable(bands) {
    const lacking = BANDS.filter((role) => !bands.has(role));
    const missing: Partial<Record<ChangeClassName, string>> = {};
    for (const { name } of CHANGE_CLASSES) {
      if (!(CLASSES as readonly string[]).includes(name))
        missing[name] = 'the indices detector does not compute it';
      else if (lacking.length > 0) missing[name] = `needs ${lacking.join(' and ')}`;
    }
    return { classes: lacking.length > 0 ? [] : CLASSES, missing };
  },
  create,
};

function create({ backend, width, height, classes }: DetectorOptions): Detector {
  const length = width * height;
  const wanted = new Uint8Array(256);
  for (const { code, name } of CHANGE_CLASSES) if (classes.has(name)) wanted[code] = 1;
  wanted[UNUSABLE] = 1;
  const detection: Detection = {
    code: new Uint8Array(length),
    confidence: new Uint8Array(length),
    magnitude: new Uint8Array(length),
    stateBefore: null,
    stateAfter: null,
    bare: null,
  };
  const codes = CHANGE_CLASSES.flatMap(({ name, code }) => (classes.has(name) ? [code] : []));
  const sweep = backend.name === 'webasm' ? createIndexSweep(width, height, codes) : null;
  const kernels = new Map<string, Kernel>();
  const identity = identityMap(width, height);

  const kernelOf = (before: SourceBlock, after: SourceBlock): Kernel => {
    const constants = constantsOf(width, length, before, after);
    const key = JSON.stringify(constants);
    const kernel = kernels.get(key) ?? backend.compile(indexChangeKernel, length, constants);
    kernels.set(key, kernel);
    return kernel;
  };

  const run = async (before: SourceBlock, after: SourceBlock): Promise<Plane> =>
    kernelOf(before, after).run([before.samples, before.map.numbers, after.samples, after.map.numbers]);

  /** Takes code and magnitude apart, all of them where `usable` is null. */
  const unpack = (packed: Plane, usable: readonly [Uint8Array, Uint8Array] | null): Detection => {
    const { code, confidence, magnitude } = detection;
    for (let i = 0; i < length; i++) {
      const value = packed[i] | 0;
      const found = value >> 7;
      const much = value & 127;
      const keep = wanted[found];
      if (found === UNUSABLE || (usable !== null && (usable[0][i] === 0 || usable[1][i] === 0))) {
        code[i] = UNUSABLE;
        confidence[i] = 0;
        magnitude[i] = 0;
        continue;
      }
      code[i] = found * keep;
      confidence[i] = found === 0 ? 0 : much * keep;
      magnitude[i] = much;
    }
    return detection;
  };

  const asSource = ({ stack }: DateBlock): SourceBlock => ({
    samples: stack,
    stride: width,
    plane: length,
    map: identity,
    gains: BANDS.map(() => [1, 0]),
  });
  return {
    stages: { change: backend.name },
    async detect(before, after) {
      return unpack(await run(asSource(before), asSource(after)), [before.usable, after.usable]);
    },
    async detectFromSource(before, after) {
      // on the processor the sweep over rows is several times faster than the kernel; a GPU has no rows
      const swept = sweep?.run(before, after) ?? null;
      return swept !== null ? { ...detection, ...swept } : unpack(await run(before, after), null);
    },
    sourceSamples: sweep?.samples,
  };
}

function constantsOf(
  width: number,
  length: number,
  before: SourceBlock,
  after: SourceBlock,
): Record<keyof IndexConstants, number> {
  const [green1, red1, nir1] = before.gains;
  const [green2, red2, nir2] = after.gains;
  return {
    width,
    length,
    spacing: before.map.spacing,
    across: before.map.across,
    stride: before.stride,
    plane: before.plane,
    greenGain1: green1[0],
    greenOffset1: green1[1],
    redGain1: red1[0],
    redOffset1: red1[1],
    nirGain1: nir1[0],
    nirOffset1: nir1[1],
    greenGain2: green2[0],
    greenOffset2: green2[1],
    redGain2: red2[0],
    redOffset2: red2[1],
    nirGain2: nir2[0],
    nirOffset2: nir2[1],
  };
}
