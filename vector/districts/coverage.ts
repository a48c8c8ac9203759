import type { Subdistrict } from '../patch.js';

/** Of the equator of WGS84; areas told here are rounded to two digits. */
const METRES_PER_DEGREE = 111_319.49;

/** Cells along the longer side of the district: bounds the time, whatever the file. 16 km of it makes 8 m cells. */
const CELLS = 2048;

/** Fewer cells than this are the grain of the raster along shared borders, not a fault of the file. */
const LEAST_CELLS = 4;

/** Fault areas told one by one. */
const TOLD = 5;

/**
 * Overlaps and gaps between subdistricts, as warnings in words. They are measured on a raster: a cell counts where its centre
 * lies, so areas are right on average, and slivers much narrower than a cell (some 0.05 % of the district's side) may not show.
 * A gap is ground that subdistricts enclose and none covers.
 */
export function measureCoverage(subdistricts: readonly Subdistrict[]): string[] {
  const raster = rasterFrame(subdistricts);
  const owner = new Int32Array(raster.width * raster.height);
  const overlaps = new Map<string, number>();
  subdistricts.forEach((subdistrict, index) => {
    fill(subdistrict, raster, (cell) => {
      const other = owner[cell] - 1;
      if (other >= 0 && other !== index) {
        const pair = `${subdistricts[other].name} and ${subdistrict.name}`;
        overlaps.set(pair, (overlaps.get(pair) ?? 0) + 1);
      }
      owner[cell] = index + 1;
    });
  });
  const gap = enclosedCells(owner, raster.width, raster.height);
  const warnings = [...overlaps]
    .filter(([, cells]) => cells >= LEAST_CELLS)
    .sort((a, b) => b[1] - a[1])
    .map(
      ([pair, cells]) =>
        `${pair} overlap by about ${hectares(cells * raster.cellM2)}; patches there go to one of them`,
    );
  const told = warnings.slice(0, TOLD);
  if (warnings.length > TOLD) told.push(`${warnings.length - TOLD} more pairs of subdistricts overlap`);
  if (gap >= LEAST_CELLS) {
    told.push(
      `about ${hectares(gap * raster.cellM2)} between the subdistricts belong to none; patches there carry no subdistrict`,
    );
  }
  return told;
}

interface RasterFrame {
  readonly minX: number;
  readonly minY: number;
  /** Size of a cell in degrees; as many metres wide as high. */
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  readonly cellM2: number;
}

function rasterFrame(subdistricts: readonly Subdistrict[]): RasterFrame {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { polygons } of subdistricts) {
    for (const [outer] of polygons) {
      for (const [x, y] of outer) {
        minX = Math.min(minX, x);
        maxX = Math.max(maxX, x);
        minY = Math.min(minY, y);
        maxY = Math.max(maxY, y);
      }
    }
  }
  const metresPerDegreeX =
    METRES_PER_DEGREE * Math.max(0.01, Math.cos((((minY + maxY) / 2) * Math.PI) / 180));
  const widthM = (maxX - minX) * metresPerDegreeX;
  const heightM = (maxY - minY) * METRES_PER_DEGREE;
  const cellM = Math.max(widthM, heightM) / CELLS;
  return {
    // a ring of outside cells all round, for the flood of the outside to go along
    minX: minX - cellM / metresPerDegreeX,
    minY: minY - cellM / METRES_PER_DEGREE,
    stepX: cellM / metresPerDegreeX,
    stepY: cellM / METRES_PER_DEGREE,
    width: Math.ceil(widthM / cellM) + 2,
    height: Math.ceil(heightM / cellM) + 2,
    cellM2: cellM * cellM,
  };
}

/** Even-odd scan-line fill: visits every cell whose centre lies inside. */
function fill(subdistrict: Subdistrict, raster: RasterFrame, visit: (cell: number) => void): void {
  for (const rings of subdistrict.polygons) {
    const crossings: number[][] = Array.from({ length: raster.height }, () => []);
    for (const ring of rings) {
      for (let i = 1; i < ring.length; i++) {
        const [lower, upper] = ring[i - 1][1] <= ring[i][1] ? [ring[i - 1], ring[i]] : [ring[i], ring[i - 1]];
        // centres of rows lie half a cell up; a row belongs to the edge from its lower end, included, to its upper, excluded
        const from = Math.max(0, Math.ceil((lower[1] - raster.minY) / raster.stepY - 0.5));
        const to = Math.min(raster.height - 1, Math.ceil((upper[1] - raster.minY) / raster.stepY - 0.5) - 1);
        for (let row = from; row <= to; row++) {
          const y = raster.minY + (row + 0.5) * raster.stepY;
          const x = lower[0] + ((y - lower[1]) / (upper[1] - lower[1])) * (upper[0] - lower[0]);
          crossings[row].push((x - raster.minX) / raster.stepX - 0.5);
        }
      }
    }
    crossings.forEach((xs, row) => {
      xs.sort((a, b) => a - b);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        const end = Math.min(raster.width, Math.ceil(xs[i + 1]));
        for (let column = Math.max(0, Math.ceil(xs[i])); column < end; column++)
          visit(row * raster.width + column);
      }
    });
  }
}

/** Cells without owner that the outside does not reach, from the border on over edges. */
function enclosedCells(owner: Int32Array, width: number, height: number): number {
  const OUTSIDE = -1;
  const stack: number[] = [0];
  owner[0] = OUTSIDE;
  const reach = (cell: number) => {
    if (owner[cell] !== 0) return;
    owner[cell] = OUTSIDE;
    stack.push(cell);
  };
  while (stack.length > 0) {
    const cell = stack.pop() ?? 0;
    const column = cell % width;
    if (column > 0) reach(cell - 1);
    if (column < width - 1) reach(cell + 1);
    if (cell >= width) reach(cell - width);
    if (cell < width * (height - 1)) reach(cell + width);
  }
  return owner.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
}

function hectares(m2: number): string {
  return m2 >= 100 ? `${Number((m2 / 10_000).toPrecision(2))} ha` : `${Math.round(m2)} m²`;
}
