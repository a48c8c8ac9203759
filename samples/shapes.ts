import type { Point } from '../raster/affine.js';
import { type Footprint, footprintCorners, inFootprint, STREET_COS, STREET_SIN } from './city.js';

/** A rectangle along the streets, or a rounded blob. Street frame and world frame in metres. */
export type Shape =
  | { readonly kind: 'rect'; readonly footprint: Footprint }
  | {
      readonly kind: 'blob';
      readonly x: number;
      readonly y: number;
      readonly radius: number;
      readonly phase: number;
    };

/** Edge of a blob at an angle, metres from its middle. */
function blobRadius(radius: number, phase: number, angle: number): number {
  return radius * (1 + 0.16 * Math.sin(2 * angle + phase) + 0.1 * Math.sin(3 * angle + 2.3 * phase));
}

/** A blob's farthest point is no farther than this many radii. */
const BLOB_REACH = 1.26;

export function inShape(shape: Shape, x: number, y: number, s: number, t: number): boolean {
  if (shape.kind === 'rect') return inFootprint(shape.footprint, s, t);
  const dx = x - shape.x;
  const dy = y - shape.y;
  const d2 = dx * dx + dy * dy;
  const far = BLOB_REACH * shape.radius;
  if (d2 > far * far) return false;
  return Math.sqrt(d2) < blobRadius(shape.radius, shape.phase, Math.atan2(dy, dx));
}

/** Outline in the world frame, counter-clockwise, closed. */
export function outline(shape: Shape, origin: Point): Point[] {
  const ring: Point[] =
    shape.kind === 'rect'
      ? footprintCorners(shape.footprint).map(([s, t]) => [
          origin[0] + s * STREET_COS - t * STREET_SIN,
          origin[1] + s * STREET_SIN + t * STREET_COS,
        ])
      : Array.from({ length: 32 }, (_, k) => {
          const angle = (2 * Math.PI * k) / 32;
          const r = blobRadius(shape.radius, shape.phase, angle);
          return [shape.x + r * Math.cos(angle), shape.y + r * Math.sin(angle)];
        });
  return [...ring, ring[0]];
}

/** Area of a closed ring in m². */
export function ringArea(ring: readonly Point[]): number {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return Math.abs(sum) / 2;
}
