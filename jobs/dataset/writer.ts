import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BandRole } from '../../kernels/bands.js';
import { CHANGE_CLASSES, type ChangeClassName, UNUSABLE } from '../../kernels/classes.js';
import type { DateBlock, SceneLook } from '../../kernels/detector.js';
import { apply } from '../../raster/affine.js';
import { type CogSampleType, newSamples } from '../../raster/cog/spec.js';
import { writeCog } from '../../raster/cog/writer.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { type Grid, gridBounds, type Window } from '../../raster/grid.js';
import { SPLITS, type Split } from './split.js';

/** A chip to be written: both dates, and what is known of each pixel (a change code, 0 for none, 255 where nothing is). */
export interface Chip {
  readonly name: string;
  readonly split: Split;
  readonly ground: string;
  readonly source: 'truth' | 'verdict';
  readonly grid: Grid;
  readonly window: Window;
  readonly dates: readonly [DateBlock, DateBlock];
  readonly label: Uint8Array;
  readonly look: SceneLook;
  /** What else the manifest tells of it: months, numbers of leads. */
  readonly told: Readonly<Record<string, unknown>>;
}

export interface DatasetWriter {
  add(chip: Chip): Promise<void>;
  /** Writes the manifest and gives the folder its name. */
  close(): Promise<DatasetFigures>;
  abort(): Promise<void>;
}

export interface DatasetFigures {
  readonly chips: Readonly<Record<Split, number>>;
  readonly pixels: Readonly<Partial<Record<ChangeClassName, number>>>;
}

/**
 * Writes chips as GeoTIFFs in the layout that Open-CD and torchgeo's LEVIR-CD reader take: `train/A`, `train/B`, `train/label` and so on, with one name each, and `dataset.json`,
 * which tells the rest. The folder appears whole or not at all.
 * @throws BadInput where the folder holds something already
 */
export async function createDataset(
  out: string,
  spec: {
    readonly bands: readonly BandRole[];
    readonly sampleType: CogSampleType;
    readonly chip: number;
    /** Changes that are labelled, all where null; any other is none. */
    readonly labels: ReadonlySet<ChangeClassName> | null;
    readonly told: Readonly<Record<string, unknown>>;
  },
): Promise<DatasetWriter> {
  if ((await readdir(out).catch(() => [])).length > 0)
    throw new BadInput(`--out ${out} is not empty; expected a new folder`);
  const fresh = `${out}.new`;
  await rm(fresh, { recursive: true, force: true });
  for (const split of SPLITS)
    for (const part of ['A', 'B', 'label'])
      await mkdir(join(fresh, split, part), { recursive: true }).catch((error: unknown) => {
        throw new BadInput(
          `--out ${out}: cannot be made (${messageOf(error)}); expected a folder that can be`,
        );
      });
  const unlabelled = new Set<number>(
    CHANGE_CLASSES.filter(({ name }) => !(spec.labels?.has(name) ?? true)).map(({ code }) => code),
  );
  const chips: Record<string, unknown>[] = [];
  const counts = { train: 0, val: 0, test: 0 };
  const pixels: Partial<Record<ChangeClassName, number>> = {};
  return {
    async add({ name, split, ground, source, grid, window, dates, label: known, look, told }) {
      const label = known.map((code) => (unlabelled.has(code) ? 0 : code));
      const own = subGrid(grid, window);
      const path = (part: string) => join(fresh, split, part, `${name}.tif`);
      const common = { grid: own, overviews: 'nearest', level: 6 } as const;
      for (const [k, part] of (['A', 'B'] as const).entries()) {
        const planes = planesOf(dates[k], spec.sampleType);
        await writeCog(
          path(part),
          { ...common, bands: spec.bands.length, sampleType: spec.sampleType, descriptions: spec.bands },
          planes,
        );
      }
      await writeCog(
        path('label'),
        { ...common, bands: 1, sampleType: 'uint8', descriptions: ['change class'] },
        [label],
      );
      const found: Record<string, number> = {};
      for (const { code, name: className } of CHANGE_CLASSES) {
        let count = 0;
        for (const value of label) if (value === code) count++;
        if (count === 0) continue;
        found[className] = count;
        pixels[className] = (pixels[className] ?? 0) + count;
      }
      const { minX, minY, maxX, maxY } = gridBounds(own);
      const levels = (of: SceneLook['dark']) => spec.bands.map((band) => of[band] ?? 0);
      counts[split]++;
      chips.push({
        name,
        split,
        ground,
        source,
        crs: grid.crs.name,
        bounds: [minX, minY, maxX, maxY],
        resolution_m: grid.resolution * grid.crs.metresPerUnit,
        levels: { dark: levels(look.dark), high: levels(look.high) },
        pixels: found,
        ...told,
      });
    },
    async close() {
      const resolutions = chips.map(({ resolution_m }) => Number(resolution_m)).sort((a, b) => a - b);
      const manifest = {
        format: 'tuban-dataset',
        version: 1,
        bands: spec.bands,
        sample_type: spec.sampleType,
        resolution_m: resolutions[resolutions.length >> 1] ?? null,
        chip_px: spec.chip,
        classes: Object.fromEntries(
          CHANGE_CLASSES.filter(({ name }) => pixels[name] !== undefined).map(({ name, code }) => [
            name,
            code,
          ]),
        ),
        ignore: UNUSABLE,
        ...spec.told,
        chips,
      };
      await writeFile(join(fresh, 'dataset.json'), `${JSON.stringify(manifest, null, 1)}\n`);
      await rm(out, { recursive: true, force: true });
      await rename(fresh, out);
      return { chips: counts, pixels };
    },
    abort: () => rm(fresh, { recursive: true, force: true }),
  };
}

/** The part of a grid that a window covers; it may reach beyond. */
function subGrid(grid: Grid, { x, y, width, height }: Window): Grid {
  const [left, top] = apply(grid.transform, x, y);
  const [a, b, , d, e] = grid.transform;
  return { ...grid, width, height, transform: [a, b, left, d, e, top] };
}

/** A date's planes in the type of the file: rounded, and held within what it can say. */
function planesOf({ bands, stack }: DateBlock, type: CogSampleType) {
  const length = stack.length / bands.length;
  const most = type === 'uint8' ? 255 : 65_535;
  return bands.map((_, b) => {
    const plane = stack.subarray(b * length, (b + 1) * length);
    if (type === 'float32') return plane.slice();
    const samples = newSamples(type, length);
    for (let i = 0; i < length; i++) samples[i] = Math.min(most, Math.max(0, Math.round(plane[i])));
    return samples;
  });
}
