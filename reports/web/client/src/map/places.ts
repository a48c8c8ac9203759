import { z } from 'zod';
import { ask } from '../kit/api.js';
import type { Label } from './canvas.js';

const Ring = z.array(z.tuple([z.number(), z.number()]).rest(z.number()));
const Places = z.object({
  features: z.array(
    z.object({
      properties: z.object({ code: z.string(), name: z.string() }),
      geometry: z.union([
        z.object({ type: z.literal('Polygon'), coordinates: z.array(Ring) }),
        z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(Ring)) }),
      ]),
    }),
  ),
});

/** Names of the subdistricts and where to write them: the centre of mass of the largest ring. */
export async function placeLabels(): Promise<Label[]> {
  const { features } = await ask('/api/subdistricts.geojson', Places);
  return features.flatMap(({ properties, geometry }) => {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    const rings = polygons.map(([outer = []]) => centre(outer)).toSorted((a, b) => b.area - a.area);
    return rings.length > 0 && rings[0].area > 0 ? [{ name: properties.name, at: rings[0].at }] : [];
  });
}

/** Area in square degrees and centre of mass of a closed ring. */
function centre(ring: readonly (readonly [number, number, ...number[]])[]) {
  let twice = 0;
  let x = 0;
  let y = 0;
  // relative to the first point: a small difference of large products would lose digits
  const [ox, oy] = ring[0] ?? [0, 0];
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = [ring[i - 1][0] - ox, ring[i - 1][1] - oy];
    const [bx, by] = [ring[i][0] - ox, ring[i][1] - oy];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  const at: readonly [number, number] = twice === 0 ? [ox, oy] : [ox + x / (3 * twice), oy + y / (3 * twice)];
  return { area: Math.abs(twice / 2), at };
}
