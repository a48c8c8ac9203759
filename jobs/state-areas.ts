import ndarray from 'ndarray';
import ops from 'ndarray-ops';
import { STATES, type StateName } from '../kernels/classes.js';
import { STATE_SLOTS } from '../raster/engine/job.js';
import { type Grid, pixelArea } from '../raster/grid.js';
import type { Subdistrict } from '../vector/patch.js';
import type { StateArea, SubdistrictArea } from '../vector/store/areas.js';

/** Areas by subdistrict and state from the transition table (BlockResult.transitions). */
export function stateAreas(
  transitions: Float64Array,
  subdistricts: readonly Subdistrict[],
  grid: Grid,
  first: boolean,
): SubdistrictArea[] {
  const pixel = pixelArea(grid);
  const table = ndarray(transitions, [subdistricts.length + 1, STATE_SLOTS, STATE_SLOTS]);
  return subdistricts.map(({ code, name }, index) => {
    const own = table.pick(index + 1, null, null);
    // slot 0 is "not usable" in either date
    const seen = own.lo(1, 1);
    const states = Object.fromEntries(
      STATES.map((state): [StateName, StateArea] => [
        state.name,
        {
          areaM2: ops.sum(seen.pick(null, state.code - 1)) * pixel,
          beforeAreaM2: first ? null : ops.sum(seen.pick(state.code - 1, null)) * pixel,
        },
      ]),
    ) as Record<StateName, StateArea>;
    return {
      subdistrictCode: code,
      subdistrict: name,
      totalM2: ops.sum(own) * pixel,
      usableM2: ops.sum(seen) * pixel,
      states,
    };
  });
}
