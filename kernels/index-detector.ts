import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from './classes.js';
import type { Detection, Detector, DetectorKind, DetectorOptions } from './detector.js';
import { indexDifferenceKernel } from './indices.js';

const CLASSES = ['water_gain', 'water_loss', 'forest_loss'] as const satisfies readonly ChangeClassName[];
const BANDS = ['green', 'red', 'nir'] as const;

/** `--detector indices`: the quick look and the engine's yardstick. It judges raw values, so it needs no look. */
export const indexDetector: DetectorKind = {
  name: 'indices',
  halo: 0,
  needsLook: false,
  bandsUsed: () => BANDS,
  stages: (backend) => ({ change: backend }),
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

function create(options: DetectorOptions): Detector {
  const length = options.width * options.height;
  const kernel = options.backend.compile(indexDifferenceKernel, length, { length });
  const wanted = new Uint8Array(256);
  for (const { code, name } of CHANGE_CLASSES) if (options.classes.has(name)) wanted[code] = 1;
  const none = new Uint8Array(length);
  return {
    async detect(before, after): Promise<Detection> {
      const packed = await kernel.run([before.stack, after.stack]);
      const code = new Uint8Array(length);
      const confidence = new Uint8Array(length);
      const magnitude = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        if (before.usable[i] === 0 || after.usable[i] === 0) {
          code[i] = UNUSABLE;
          continue;
        }
        const value = packed[i] | 0;
        const found = value >> 7;
        magnitude[i] = value & 127;
        if (wanted[found] === 1) {
          code[i] = found;
          confidence[i] = magnitude[i];
        }
      }
      return { code, confidence, magnitude, stateBefore: none, stateAfter: none, bare: none };
    },
  };
}
