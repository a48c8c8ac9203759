import type { Crs } from '../../raster/crs.js';
import type { Patch } from '../../vector/patch.js';
import type { RunRecord } from '../../vector/store/runs.js';
import { type Evidence, groundReader } from '../leads/evidence.js';
import { turns } from '../shared/turns.js';
import type { Deps } from './deps.js';

/** Pairs of pictures kept in memory, some 100 kB each; and pairs made at once, each reading scenes. */
const [MOST_KEPT, AT_ONCE] = [200, 2];

interface Pictured {
  readonly patch: Patch;
  readonly run: RunRecord;
  readonly gridCrs: Crs;
}

/**
 * Reads before/after pictures of patches. Both sides are made together, for they share one ground, and asked for one after
 * the other: the last pairs are kept. A re-run makes new ones.
 */
export function chipReader({ scenes }: Pick<Deps, 'scenes'>): (one: Pictured) => Promise<Evidence> {
  const read = groundReader(scenes);
  const kept = new Map<string, Promise<Evidence>>();
  const turn = turns(AT_ONCE);
  return ({ patch, run, gridCrs }) => {
    const key = `${run.id} ${patch.number}`;
    const known = kept.get(key);
    const made =
      known ?? turn(() => read(patch, { crs: gridCrs, beforeMonth: run.beforeMonth, month: run.month }));
    // the most lately asked for stand last
    kept.delete(key);
    kept.set(key, made);
    made.catch(() => kept.delete(key));
    for (const old of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(old);
    }
    return made;
  };
}
