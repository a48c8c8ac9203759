import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { snappedGrid } from '../../raster/grid.js';
import { boxOf, frameOf, overlap, projector, projectRings } from '../shared/frame.js';
import { breakName, inside, placeLabels } from '../shared/labels.js';

const folder = process.env.TUBAN_REAL_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const file = `${folder}/luohu/luohu_subdistricts_wgs84.geojson`;
const absent = !existsSync(file);
const skip = absent && process.env.TUBAN_REQUIRE_REAL_DATA !== '1';
if (skip) console.warn(`skipped: ${file} is absent; set TUBAN_REAL_DATA`);

const Districts = z.object({
  features: z.array(
    z.object({
      properties: z.object({ name: z.string(), name_en: z.string() }),
      geometry: z.object({
        type: z.literal('Polygon'),
        coordinates: z.array(z.array(z.tuple([z.number(), z.number()]))),
      }),
    }),
  ),
});

describe.skipIf(skip)('the ten subdistricts of Luohu', () => {
  it.each([
    'name',
    'name_en',
  ] as const)('have every %s inside its own border and apart from the others', (key) => {
    const { features } = Districts.parse(JSON.parse(readFileSync(file, 'utf8')));
    const crs = crsFromEpsg(4547);
    const toGrid = transformer(WGS84, crs);
    const extent = boxOf(
      features.flatMap((f) => f.geometry.coordinates.flat()).map(([x, y]) => toGrid(x, y)),
    );
    const bounds = { minX: extent.x0, minY: extent.y0, maxX: extent.x1, maxY: extent.y1 };
    const frame = frameOf(snappedGrid(crs, bounds, 10), 1000);
    const toFrame = projector(frame, WGS84);
    const wishes = features.map((f) => ({
      lines: breakName(f.properties[key]),
      rings: projectRings(f.geometry.coordinates, toFrame, 0.4),
    }));
    const labels = placeLabels(wishes, 16, { x0: 0, y0: 0, x1: frame.width, y1: frame.height }, [], []);
    expect(labels).toHaveLength(10);
    for (const [i, label] of labels.entries()) {
      if (!label) throw new Error(`${wishes[i].lines.join(' ')} has no place`);
      expect(inside(wishes[i].rings, label.x, label.y), label.lines.join(' ')).toBe(true);
      for (const other of labels.slice(i + 1)) {
        if (other) expect(overlap(label.box, other.box), label.lines.join(' ')).toBe(0);
      }
    }
  });
});
