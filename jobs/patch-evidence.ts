import { codeOfState } from '../kernels/classes.js';
import type { Grid, Window } from '../raster/grid.js';
import { openRaster } from '../raster/tiff/open.js';
import { rasterizeZones, windowAround, type Zone, zoneOfRings } from '../raster/zones.js';
import type { PatchEvidence } from '../vector/filter/traits.js';
import type { DraftPatch } from '../vector/number.js';

/** How far around a patch its surroundings reach, metres. */
const AROUND_M = 20;

const BUILT = codeOfState('built');
const GREEN = [codeOfState('green'), codeOfState('forest')];

/**
 * Adds to drafts what the run's rasters say of them and of the ground around them.
 * @param files of the run, on `grid`: magnitude 0-1, and land states after
 */
export async function withEvidence(
  drafts: readonly DraftPatch[],
  grid: Grid,
  files: { readonly magnitude: string; readonly state: string },
): Promise<DraftPatch[]> {
  const [magnitude, state] = [await openRaster(files.magnitude), await openRaster(files.state)];
  const margin = Math.ceil(AROUND_M / (grid.resolution * grid.crs.metresPerUnit));
  try {
    const measured: DraftPatch[] = [];
    for (const draft of drafts) {
      const zone = zoneOfRings(draft.rings, grid);
      const window = windowAround(zone, grid, margin);
      if (window === null) throw new Error('a draft lies outside the grid it was found on');
      const [strength] = await magnitude.readWindow(0, window, [0]);
      const [states] = await state.readWindow(0, window, [0]);
      measured.push({ ...draft, evidence: evidenceOf(zone, window, strength, states) });
    }
    return measured;
  } finally {
    await Promise.all([magnitude.close(), state.close()]);
  }
}

/** @param strength magnitude a px of the window, 0-1 @param states codes of land states a px, 0 where nothing was seen */
export function evidenceOf(
  zone: Zone,
  window: Window,
  strength: ArrayLike<number>,
  states: ArrayLike<number>,
): PatchEvidence {
  const inside = rasterizeZones([zone], window);
  let [own, sum, seen, built, green] = [0, 0, 0, 0, 0];
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === 1) {
      own++;
      sum += strength[at];
    } else if (states[at] !== 0) {
      seen++;
      if (states[at] === BUILT) built++;
      else if (GREEN.includes(states[at])) green++;
    }
  }
  return {
    ...(own > 0 ? { magnitude: rounded(sum / own) } : {}),
    ...(seen > 0 ? { builtAround: rounded(built / seen), greenAround: rounded(green / seen) } : {}),
  };
}

function rounded(share: number): number {
  return Math.round(1e4 * share) / 1e4;
}
