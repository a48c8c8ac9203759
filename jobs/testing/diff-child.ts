import { rm } from 'node:fs/promises';
import { detectorByName } from '../../kernels/detectors.js';
import { crsFromEpsg } from '../../raster/crs.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { diff } from '../diff.js';

/** A file to be compared with itself. `forced` gives it a CRS and takes its first band for every band of the index detector. */
export interface SelfDiff {
  readonly path: string;
  readonly out: string;
  readonly forced: boolean;
}

/** What became of it, and the most memory the process has taken so far. */
export interface SelfDiffResult {
  readonly kind: 'done' | 'refused' | 'broken';
  readonly message: string;
  readonly peakMb: number;
}

async function selfDiff({ path, out, forced }: SelfDiff): Promise<Omit<SelfDiffResult, 'peakMb'>> {
  const detector = detectorByName(forced ? 'indices' : 'states');
  if (!detector) throw new Error('the detector is gone');
  const spec = forced
    ? { files: [path], bands: { green: 1, red: 1, nir: 1 }, sourceCrs: crsFromEpsg(32650) }
    : { files: [path] };
  try {
    await diff({
      before: spec,
      after: spec,
      out,
      mmu: { building: 50, other: 200 },
      backend: 'cpu',
      workers: 1,
      detector,
      align: !forced,
      normalize: !forced,
    });
    return { kind: 'done', message: '' };
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    return error instanceof BadInput
      ? { kind: 'refused', message: error.message }
      : { kind: 'broken', message: `${messageOf(error)}\n${stack}` };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

// run as a forked process: one answer a message
process.on('message', (request: SelfDiff) => {
  selfDiff(request).then(
    (result) => process.send?.({ ...result, peakMb: process.resourceUsage().maxRSS / 1024 }),
    (error: unknown) => process.send?.({ kind: 'broken', message: messageOf(error), peakMb: 0 }),
  );
});
