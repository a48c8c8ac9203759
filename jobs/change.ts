import type { BandRole } from '../kernels/bands.js';
import { CHANGE_CLASSES, type ChangeClassName } from '../kernels/classes.js';
import type { DetectorKind } from '../kernels/detector.js';
import type { CompareResult } from '../raster/engine/compare.js';
import type { SceneReport } from '../raster/engine/prepare.js';
import { BadInput } from '../raster/errors.js';
import { type Grid, pixelArea } from '../raster/grid.js';
import type { Alignment } from '../raster/look/align.js';
import type { Runs } from '../raster/runs.js';
import type { LeastPixels } from '../raster/sieve.js';
import type { DraftPatch } from '../vector/number.js';

/** Least areas in m². */
export interface Mmu {
  readonly building: number;
  readonly other: number;
}

/** The classes that are asked for and can be computed, and why the others cannot. */
export interface ClassChoice {
  readonly classes: readonly ChangeClassName[];
  readonly missing: Readonly<Partial<Record<ChangeClassName, string>>>;
}

/** @throws BadInput where none of the asked classes can be computed from the bands. */
export function chooseClasses(
  detector: DetectorKind,
  bands: ReadonlySet<BandRole>,
  asked: readonly ChangeClassName[] | undefined,
  what: string,
): ClassChoice {
  const { classes, missing } = detector.computable(bands);
  const wanted = asked ?? CHANGE_CLASSES.map((c) => c.name);
  const chosen = classes.filter((name) => wanted.includes(name));
  const lacking = Object.fromEntries(
    Object.entries(missing).filter(([name]) => wanted.includes(name as ChangeClassName)),
  );
  if (chosen.length === 0) {
    const reasons = Object.entries(lacking).map(([name, reason]) => `${name} ${reason}`);
    const has = bands.size > 0 ? [...bands].join(', ') : 'none';
    throw new BadInput(
      `${what}: none of the asked classes can be computed from bands ${has} (${reasons.join('; ')}); name the bands with --bands or --sensor`,
    );
  }
  return { classes: chosen, missing: lacking };
}

/** The minimum mapping unit in pixels by class code. */
export function leastPixels(grid: Grid, mmu: Mmu): LeastPixels {
  // a region of exactly the least area stays, whatever the last bit of the division says
  const least = (m2: number) => (m2 / pixelArea(grid)) * (1 - 1e-9);
  const result: number[] = [0];
  for (const { code, name } of CHANGE_CLASSES) {
    result[code] = least(name.startsWith('building') ? mmu.building : mmu.other);
  }
  return result;
}

/** Pixels, area and patches a class, for summaries. */
export function classTotals(
  drafts: readonly DraftPatch[],
  runs: Runs,
  grid: Grid,
  classes: readonly ChangeClassName[],
): Record<string, { pixels: number; area_m2: number; patches: number }> {
  const area = pixelArea(grid);
  const pixels = new Float64Array(256);
  for (let k = 0; k < runs.count; k++) pixels[runs.code[k]] += runs.x1[k] - runs.x0[k];
  return Object.fromEntries(
    CHANGE_CLASSES.filter(({ name }) => classes.includes(name)).map(({ code, name }) => [
      name,
      {
        pixels: pixels[code],
        area_m2: pixels[code] * area,
        patches: drafts.filter((draft) => draft.class === name).length,
      },
    ]),
  );
}

/** What a reader must know of the look's corrections, in words. */
export function lookNotes(reports: readonly SceneReport[]): string[] {
  return reports.flatMap(({ scene, alignment, normalization }) => {
    const notes: string[] = [];
    if (!alignment.reliable) {
      notes.push(
        `${scene}: co-registration is not reliable (${alignment.agreeing} of ${alignment.tried} windows agree); left where it is`,
      );
    }
    if (normalization.refused.length > 0) {
      notes.push(
        `${scene}: not normalized, because ${normalization.refused.join(', ')} ${normalization.refused.length > 1 ? 'do' : 'does'} not follow the reference on unchanged ground; left as it is`,
      );
    }
    return notes;
  });
}

/** Where one shift did not fit, the field that was applied, as summaries write it. */
export function fieldOf({ shift: { field }, residual, residualOfShift }: Alignment) {
  if (field === undefined) return null;
  return {
    terms: field.dx.length === 3 ? ['1', 's', 't'] : ['1', 's', 't', 's²', 'st', 't²'],
    centre: field.centre,
    reach_px: field.reach,
    dx: field.dx,
    dy: field.dy,
    residual_px: residual,
    residual_of_one_shift_px: residualOfShift,
  };
}

/** What a run that cannot be sure of its dates' places does about it, in words. */
export function toleranceNotes({ tolerance }: Pick<CompareResult, 'tolerance'>): string[] {
  if (tolerance === 0) return [];
  return [
    `how the dates lie on one another is not sure to the pixel: only what is a change wherever they lie within ${tolerance} px is called one`,
  ];
}

/** That pixels were judged several as one, in words. */
export function cellNotes({ judged }: Pick<CompareResult, 'judged'>, { resolution }: Grid): string[] {
  if (judged.cell === 1) return [];
  const metres = (value: number) => Number(value.toPrecision(3));
  return [
    `pixels of ${metres(resolution)} m are judged in cells of ${judged.cell} × ${judged.cell} (${metres(judged.grid.resolution)} m), which outlines follow: in finer ones trees are light and shadow`,
  ];
}

/** Highest resident memory of this process so far, MB. */
export function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
