import { z } from 'zod';
import { CHANGE_CLASSES, STATES, type StateName } from '../../kernels/classes.js';
import type { Grid } from '../../raster/grid.js';
import { SENSORS } from '../../raster/sensors.js';
import type { SubdistrictArea } from '../../vector/store/areas.js';
import { crsOfRun, type RunRecord } from '../../vector/store/runs.js';
import type { Lang } from '../shared/lang.js';
import type { Comparison, StateChange, UsableArea } from './input.js';

/** What a run wrote about itself, as far as the report prints it. */
const RunSummary = z.object({
  not_computed: z.array(z.string()).default([]),
  notes: z.array(z.string()).default([]),
  sensors: z
    .object({ before: z.array(z.string()), after: z.array(z.string()) })
    .default({ before: [], after: [] }),
});
const RunParameters = z.object({
  mmu: z.object({ building: z.number(), other: z.number() }).optional(),
});

export function summaryOf(run: RunRecord): z.infer<typeof RunSummary> {
  return RunSummary.parse(run.summary ?? {});
}

/** Minimum mapping units of a run in m²; undefined where it does not tell. */
export function minimumOf(run: RunRecord): Comparison['minimumAreaM2'] {
  return RunParameters.parse(run.parameters ?? {}).mmu;
}

export function gridOfRun(run: RunRecord): Grid {
  const { resolution, width, height, transform } = run.grid;
  return { crs: crsOfRun(run), resolution, width, height, transform };
}

/** Classes a run could not compute, as the report names them. */
export function notComputedOf(names: readonly string[]): Comparison['notComputed'] {
  return CHANGE_CLASSES.map((c) => c.name).filter((name) => names.includes(name));
}

/** States the bands could tell: without near infrared a zero of water or forest would be a lie. */
export function computedStates(notComputed: readonly string[]): StateName[] {
  const lacking: Readonly<Record<string, string>> = { water: 'water_gain', forest: 'forest_gain' };
  return STATES.map(({ name }) => name).filter((name) => !notComputed.includes(lacking[name] ?? ''));
}

/** Titles of sensors by name; a name that is no longer known stands for itself. */
export function sensorTitles(names: readonly string[], lang: Lang): string[] {
  return names.map((name) => {
    const sensor = SENSORS.find((profile) => profile.name === name);
    return (lang === 'zh' ? sensor?.titleZh : sensor?.title) ?? name;
  });
}

/** Areas of both dates, of the states that were computed. */
export function changesOf(areas: readonly SubdistrictArea[], notComputed: readonly string[]): StateChange[] {
  return areas.flatMap((area) =>
    computedStates(notComputed).map((state) => ({
      subdistrictCode: area.subdistrictCode,
      state,
      beforeM2: area.states[state].beforeAreaM2 ?? 0,
      afterM2: area.states[state].areaM2,
    })),
  );
}

export function usableOf(areas: readonly SubdistrictArea[]): UsableArea[] {
  return areas.map(({ subdistrictCode, usableM2, totalM2 }) => ({ subdistrictCode, usableM2, totalM2 }));
}
