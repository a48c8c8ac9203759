import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { openRaster } from '../../raster/tiff/open.js';
import type { SampleArray } from '../../raster/tiff/types.js';

const NAMES = CHANGE_CLASSES.map((c) => c.name);
const ClassName = z.enum(NAMES as [(typeof NAMES)[number], ...(typeof NAMES)[number][]]);
const Day = z
  .string()
  .regex(/^\d{4}-\d{2}(-\d{2})?$/)
  .nullable();

/** `summary.json` as docs/design.md section 4 promises it; more may be there. */
export const Summary = z.object({
  grid: z.strictObject({
    crs: z.string().regex(/^EPSG:\d+$/),
    resolution: z.number().positive(),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    transform: z.array(z.number()).length(6),
  }),
  backend: z.enum(['webgpu', 'webasm', 'cpu']),
  classes: z.partialRecord(
    ClassName,
    z.strictObject({
      pixels: z.number().int().min(0),
      area_m2: z.number().min(0),
      patches: z.number().int().min(0),
    }),
  ),
  not_computed: z.array(ClassName),
  usable_fraction: z.number().min(0).max(1),
  alignment: z.object({
    dx: z.number(),
    dy: z.number(),
    unit: z.literal('px'),
    reliable: z.boolean(),
  }),
  timings_ms: z.record(z.string(), z.number().min(0)),
  peak_rss_mb: z.number().positive(),
});

const Position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);

/** `patches.geojson` in RFC 7946: exactly the promised properties. */
export const Patches = z.strictObject({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.strictObject({
      type: z.literal('Feature'),
      geometry: z.strictObject({
        type: z.literal('Polygon'),
        coordinates: z.array(z.array(Position).min(4)),
      }),
      properties: z.strictObject({
        number: z.string().regex(/^\d{6}-D-\d{9}-[1-7]\d{4,}$/),
        class: ClassName,
        class_zh: z.string().min(1),
        subdistrict_code: z.string().nullable(),
        subdistrict: z.string().nullable(),
        before: Day,
        after: Day,
        area_m2: z.number().positive(),
        area_mu: z.number().positive(),
        confidence: z.number().min(0).max(1),
        state: z.literal('suspected'),
        perimeter_m: z.number().positive(),
        compactness: z.number().positive().max(1),
        centroid: Position,
        to_bare: z.boolean(),
        decided: z.null(),
        model: z.string().nullable(),
        held_zh: z.string().nullable(),
        held_en: z.string().nullable(),
      }),
    }),
  ),
});

export async function readSummary(folder: string): Promise<z.infer<typeof Summary>> {
  return Summary.parse(JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')));
}

export async function readPatches(folder: string): Promise<z.infer<typeof Patches>> {
  return Patches.parse(JSON.parse(await readFile(join(folder, 'patches.geojson'), 'utf8')));
}

export interface ReadRaster {
  readonly width: number;
  readonly height: number;
  readonly data: SampleArray;
}

/** The first band, whole. */
export async function readRaster(path: string): Promise<ReadRaster> {
  const file = await openRaster(path);
  try {
    const { width, height } = file.info;
    const [data] = await file.readWindow(0, { x: 0, y: 0, width, height }, [0]);
    return { width, height, data };
  } finally {
    await file.close();
  }
}

/** Pixels of each code. */
export function countCodes({ data }: ReadRaster): Map<number, number> {
  const counts = new Map<number, number>();
  for (const code of data) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

/** What the outputs of any `diff` break of their contract, in words; empty where nothing. */
export async function violations(folder: string): Promise<string[]> {
  const found: string[] = [];
  const summary = await readSummary(folder);
  const { features } = await readPatches(folder);
  const change = countCodes(await readRaster(join(folder, 'change.tif')));
  const pixel = summary.grid.resolution ** 2;
  const asked = Object.keys(summary.classes);
  for (const code of change.keys()) {
    if (code !== 0 && code !== 255 && !CHANGE_CLASSES.some((c) => c.code === code)) {
      found.push(`change.tif holds code ${code}`);
    }
  }
  for (const { code, name } of CHANGE_CLASSES) {
    const own = features.filter(({ properties }) => properties.class === name);
    const area = own.reduce((sum, { properties }) => sum + properties.area_m2, 0);
    const pixels = change.get(code) ?? 0;
    const total = summary.classes[name];
    if (Math.abs(area - pixels * pixel) > 1e-6 * Math.max(1, area))
      found.push(`${name}: patches ${area} m², raster ${pixels * pixel}`);
    if (total && (total.pixels !== pixels || total.patches !== own.length))
      found.push(`${name}: summary ${total.pixels} px in ${total.patches}, found ${pixels} in ${own.length}`);
    if (!total && pixels > 0) found.push(`${name} is in change.tif, not in the summary`);
    if (asked.includes(name) === summary.not_computed.includes(name) && asked.includes(name))
      found.push(`${name} is both computed and not computed`);
  }
  const usable = 1 - (change.get(255) ?? 0) / (summary.grid.width * summary.grid.height);
  if (Math.abs(usable - summary.usable_fraction) > 1e-9)
    found.push(`usable_fraction ${summary.usable_fraction}, change.tif says ${usable}`);
  for (const name of ['confidence', 'magnitude']) {
    const raster = await readRaster(join(folder, `${name}.tif`));
    if (raster.width !== summary.grid.width || raster.height !== summary.grid.height)
      found.push(`${name}.tif is ${raster.width} × ${raster.height}`);
    for (const value of raster.data) {
      if (value >= 0 && value <= 1) continue;
      found.push(`${name}.tif holds ${value}`);
      break;
    }
  }
  for (const { geometry, properties } of features)
    found.push(...misplaced(geometry.coordinates, properties.number));
  const numbers = new Set(features.map(({ properties }) => properties.number));
  if (numbers.size !== features.length) found.push('numbers repeat');
  return found;
}

/** RFC 7946 section 3.1.6: rings closed, the outer counter-clockwise, holes clockwise. */
function misplaced(rings: readonly (readonly (readonly number[])[])[], number: string): string[] {
  return rings.flatMap((ring, place) => {
    const [first, last] = [ring[0], ring[ring.length - 1]];
    const problems: string[] = [];
    if (first[0] !== last[0] || first[1] !== last[1]) problems.push(`${number}: ring ${place} is not closed`);
    let area = 0;
    for (let i = 1; i < ring.length; i++) {
      area +=
        (ring[i - 1][0] - first[0]) * (ring[i][1] - first[1]) -
        (ring[i][0] - first[0]) * (ring[i - 1][1] - first[1]);
    }
    if (area > 0 !== (place === 0)) problems.push(`${number}: ring ${place} winds the wrong way`);
    return problems;
  });
}
