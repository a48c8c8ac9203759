import type { Backend } from '../../kernels/backend.js';
import type { BandRole } from '../../kernels/bands.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';
import type { Grid, Window } from '../grid.js';
import { emptyDate } from '../warp/date.js';
import { resamplerFor } from '../warp/resampler.js';
import { MASK_HALO } from './job.js';
import { readPair } from './pair.js';
import { lookFirst, type OpenedScene, type SceneReport } from './prepare.js';

/** Pixels of two dates as a detector sees them: on one grid, co-registered, normalized, masked. */
export interface PairReader {
  readonly look: SceneLook;
  readonly reports: readonly SceneReport[];
  /** Both dates on a window of the grid, the planes of `bands` one after the other. */
  read(window: Window): Promise<readonly [DateBlock, DateBlock]>;
}

export interface PairRequest {
  readonly grid: Grid;
  readonly before: readonly OpenedScene[];
  readonly after: readonly OpenedScene[];
  /** As in CompareRequest. */
  readonly reference: OpenedScene;
  readonly bands: readonly BandRole[];
  readonly align: boolean;
  readonly normalize: boolean;
  readonly backend: Backend;
}

/** Makes two dates ready to be read window by window, by what a comparison of them would do. */
export async function openPair(request: PairRequest): Promise<PairReader> {
  const { grid, bands, backend } = request;
  const found = await lookFirst(request.reference, request.before, request.after, grid, {
    align: request.align,
    normalize: request.normalize,
    cell: 1,
    levels: true,
    bands,
    backend,
  });
  const { look } = found;
  if (look === null) throw new Error('a look that measures levels has found none');
  const scenes = new Map([...request.before, ...request.after].map((opened) => [opened.spec, opened.scene]));
  const prepared = (specs: (typeof found)['before']) =>
    specs.map(({ spec, ...rest }) => {
      const scene = scenes.get(spec);
      if (scene === undefined) throw new Error('the look answers for a scene that was not asked for');
      return { scene, ...rest };
    });
  const [before, after] = [prepared(found.before), prepared(found.after)];
  const resampler = resamplerFor(backend);
  return {
    look,
    reports: found.reports,
    async read(window) {
      // the masks see a cloud's surroundings, as in a run
      const wide = {
        x: window.x - MASK_HALO,
        y: window.y - MASK_HALO,
        width: window.width + 2 * MASK_HALO,
        height: window.height + 2 * MASK_HALO,
      };
      const dates = [emptyDate(bands, wide), emptyDate(bands, wide)] as const;
      const pair = await readPair({ grid, cell: 1, bands, look, unjudged: {} }, before, after, wide, {
        dates,
        resampler,
        cellSums: null,
      });
      return [crop(pair[0], wide, window), crop(pair[1], wide, window)];
    },
  };
}

function crop({ bands, stack, usable }: DateBlock, from: Window, to: Window): DateBlock {
  const cut = emptyDate(bands, to);
  const length = from.width * from.height;
  for (let y = 0; y < to.height; y++) {
    const start = (y + to.y - from.y) * from.width + to.x - from.x;
    const at = y * to.width;
    cut.usable.set(usable.subarray(start, start + to.width), at);
    bands.forEach((_, b) => {
      const plane = b * length + start;
      cut.stack.set(stack.subarray(plane, plane + to.width), b * to.width * to.height + at);
    });
  }
  return cut;
}
