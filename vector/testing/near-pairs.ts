import type { Point } from '../../raster/affine.js';

/** Two polygons that nearly share edges, by how they were made. */
export interface NearPair {
  readonly kind: string;
  readonly a: readonly (readonly Point[])[];
  readonly b: readonly (readonly Point[])[];
}

type Ring = readonly Point[];
type Random = () => number;

/** Middle of the pairs, metres of a projected system, and how far from it they lie. */
const MIDDLE: Point = [512_000, 2_494_000];
const SPREAD = 4000;

/** Pair number `index`: offsets from 1e-9 to 1e-3 m between edges that should be one. */
export function nearPair(random: Random, index: number): NearPair {
  const offset = 10 ** (-9 + 6 * random());
  const [kind, make] = KINDS[index % KINDS.length];
  const ring = star(random);
  return { kind, ...make(ring, offset, random) };
}

/** A ring about a point, without crossings: its points go round by angle. */
function star(random: Random): Point[] {
  const x = MIDDLE[0] + SPREAD * (random() - 0.5);
  const y = MIDDLE[1] + SPREAD * (random() - 0.5);
  const size = 5 + 200 * random() ** 3;
  const count = 4 + Math.floor(36 * random() ** 2);
  const points = Array.from({ length: count }, (_, i): Point => {
    const angle = (2 * Math.PI * (i + 0.6 * random())) / count;
    const radius = size * (0.5 + 0.5 * random());
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  });
  return [...points, points[0]];
}

const near = (offset: number, random: Random) => offset * (2 * random() - 1);
const jittered = (ring: Ring, offset: number, random: Random): Point[] => {
  const open = ring.slice(0, -1).map(([x, y]): Point => [x + near(offset, random), y + near(offset, random)]);
  return [...open, open[0]];
};
const along = ([ax, ay]: Point, [bx, by]: Point, t: number): Point => [
  ax + t * (bx - ax),
  ay + t * (by - ay),
];

/** The ring with a point put in after place `at`. */
const inserted = (ring: Ring, at: number, ...points: Point[]): Point[] => [
  ...ring.slice(0, at + 1),
  ...points,
  ...ring.slice(at + 1),
];

function middleOf(ring: Ring): Point {
  const open = ring.slice(0, -1);
  return [
    open.reduce((sum, [x]) => sum + x, 0) / open.length,
    open.reduce((sum, [, y]) => sum + y, 0) / open.length,
  ];
}

type Make = (ring: Point[], offset: number, random: Random) => Omit<NearPair, 'kind'>;

const KINDS: readonly (readonly [string, Make])[] = [
  [
    'shifted',
    (ring, offset, random) => {
      const [dx, dy] = [near(offset, random), near(offset, random)];
      return { a: [ring], b: [ring.map(([x, y]): Point => [x + dx, y + dy])] };
    },
  ],
  ['every point off', (ring, offset, random) => ({ a: [ring], b: [jittered(ring, offset, random)] })],
  [
    'the same, turned and reversed',
    (ring) => {
      const open = ring.slice(1);
      return { a: [ring], b: [[...open.slice(2), ...open.slice(0, 3)].reverse()] };
    },
  ],
  [
    'one edge shared but for the offset',
    (ring, offset, random) => {
      const [p, q] = [ring[0], ring[1]];
      const off = (point: Point): Point => [point[0] + near(offset, random), point[1] + near(offset, random)];
      const middle = middleOf(ring);
      const away: Point = [p[0] + q[0] - middle[0], p[1] + q[1] - middle[1]];
      const [start, end] = [off(q), off(p)];
      return { a: [ring], b: [[start, end, away, start]] };
    },
  ],
  [
    'points along the edges, beside them by the offset',
    (ring, offset, random) => {
      const denser = ring.slice(0, -1).flatMap((point, i): Point[] => {
        const [x, y] = along(point, ring[i + 1], 0.2 + 0.6 * random());
        return [point, [x + near(offset, random), y + near(offset, random)]];
      });
      return { a: [ring], b: [[...denser, denser[0]]] };
    },
  ],
  [
    'a spike as wide as the offset',
    (ring, offset, random) => {
      const foot = along(ring[0], ring[1], 0.5);
      const tip: Point = [2 * foot[0] - middleOf(ring)[0], 2 * foot[1] - middleOf(ring)[1]];
      const side = along(
        ring[0],
        ring[1],
        0.5 + offset / Math.max(1, Math.hypot(ring[1][0] - ring[0][0], ring[1][1] - ring[0][1])),
      );
      return { a: [ring], b: [jittered(inserted(ring, 0, foot, tip, side), 0, random)] };
    },
  ],
  [
    'a hole that touches the boundary but for the offset',
    (ring, offset) => {
      const middle = middleOf(ring);
      const corner = along(ring[1], middle, offset);
      const hole: Point[] = [corner, along(middle, ring[2], 0.3), along(middle, ring[0], 0.3), corner];
      return { a: [ring, hole], b: [ring] };
    },
  ],
  [
    'a half cut off along an edge that is nearly there',
    (ring, offset, random) => {
      const half = Math.floor(ring.length / 2);
      const part = ring.slice(0, half + 1);
      return { a: [ring], b: [jittered([...part, part[0]], offset, random)] };
    },
  ],
];
