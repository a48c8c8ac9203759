import { describe, expect, it } from 'vitest';
import { type Affine, apply, compose, invert } from '../affine.js';
import { crsFromEpsg, transformer } from '../crs.js';
import { madeGrid } from '../testing.js';
import { controlNet, exactMap, MAX_NET_ERROR, netAt, netScale, type Placement } from './net.js';

/** A source around a point given as longitude, latitude, its pixels turned by so many degrees. */
function around(lon: number, lat: number, epsg: number, size: number, degrees = 0): Placement {
  const crs = crsFromEpsg(epsg);
  const [x, y] = transformer(crsFromEpsg(4326), crs)(lon, lat);
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [size * Math.cos(angle), size * Math.sin(angle)];
  const turned: Affine = [cos, sin, x, sin, -cos, y];
  return { crs, transform: compose(turned, [1, 0, -600, 0, 1, -600]) };
}

const DEGREE = 111_000;
const PAIRS = [
  { name: '32650 → 4547', from: 32650, to: 4547, lon: 114.1, lat: 22.5, unit: 1 },
  { name: '4326 → 32651', from: 4326, to: 32651, lon: 121.5, lat: 31.2, unit: DEGREE },
  { name: '3857 → 4547', from: 3857, to: 4547, lon: 114.1, lat: 22.5, unit: 1 },
  { name: '32651 → 32650', from: 32651, to: 32650, lon: 119.9, lat: 32.5, unit: 1 },
];
const CASES = PAIRS.flatMap((pair) =>
  [0.5, 10, 300].flatMap((metres) => [0, 30].map((degrees) => ({ ...pair, metres, degrees }))),
);

describe('controlNet', () => {
  it.each(CASES)('stays within an eighth of a px: $name, $metres m, turned by $degrees°', (c) => {
    const placement = around(c.lon, c.lat, c.from, c.metres / c.unit, c.degrees);
    const [left, top] = transformer(crsFromEpsg(4326), crsFromEpsg(c.to))(c.lon, c.lat);
    const grid = madeGrid(1024, 1024, { epsg: c.to, resolution: c.metres, left, top });
    const window = { x: -9, y: -9, width: 1042, height: 1042 };
    const net = controlNet(grid, window, placement);
    const exact = exactMap(grid, placement);
    let worst = 0;
    for (let y = 0; y < window.height; y += 13) {
      for (let x = 0; x < window.width; x += 13) {
        const [u, v] = netAt(net, x, y);
        const [eu, ev] = exact(window.x + x + 0.5, window.y + y + 0.5);
        worst = Math.max(worst, Math.hypot(u - eu, v - ev));
      }
    }
    expect(worst).toBeLessThanOrEqual(MAX_NET_ERROR);
  });

  it('is exact at pixel centres of its own grid', () => {
    const grid = madeGrid(300, 200);
    const net = controlNet(grid, { x: 10, y: 20, width: 50, height: 40 }, grid);
    expect(netAt(net, 0, 0)).toEqual([10.5, 20.5]);
    expect(netAt(net, 49, 39)).toEqual([59.5, 59.5]);
    expect(netScale(net)).toBeCloseTo(1, 9);
  });

  it('tells how many source px a target px covers', () => {
    const source = madeGrid(1000, 1000, { resolution: 5 });
    const net = controlNet(
      madeGrid(100, 100, { resolution: 20 }),
      { x: 0, y: 0, width: 100, height: 100 },
      source,
    );
    expect(netScale(net)).toBeCloseTo(4, 9);
  });

  it('moves content right by dx and down by dy: the pixel asked comes from further left and up', () => {
    const grid = madeGrid(100, 100);
    const [u, v] = exactMap(grid, grid, { dx: 3, dy: 2 })(50.5, 50.5);
    expect([u, v]).toEqual([47.5, 48.5]);
  });

  it('follows a turned source', () => {
    const grid = madeGrid(100, 100);
    const turned: Affine = [0, 10, 500_000, 10, 0, 2_499_000];
    const net = controlNet(
      grid,
      { x: 0, y: 0, width: 100, height: 100 },
      { crs: grid.crs, transform: turned },
    );
    const [x, y] = apply(grid.transform, 30.5, 40.5);
    const [u, v] = apply(invert(turned), x, y);
    const [nu, nv] = netAt(net, 30, 40);
    expect(Math.hypot(nu - u, nv - v)).toBeLessThan(1e-6);
  });
});
