import { type Crs, transformer, WGS84 } from '../../raster/crs.js';
import { type Bounds, type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import type { Patch } from '../../vector/patch.js';
import { frameOf, lengthWords, niceLength, pathData, projector, projectRings } from '../shared/frame.js';
import { type Html, html, jpegDataUri, raw } from '../shared/html.js';

/** Ground shown beyond the patch on every side, metres. */
export const MARGIN_METRES = 60;
/** A chip's side, px: a picture of coarse pixels is drawn finer, one of a vast patch coarser than the scene. */
const [LEAST_PX, MOST_PX] = [320, 1000];
/** Units across the drawing. */
const WIDTH = 300;

/** Square ground around a patch, at the scenes' resolution where that makes a picture of a sensible size. */
export function chipGrid(patch: Patch, crs: Crs, metresPerPx: number): Grid {
  const { minX, minY, maxX, maxY } = boundsOf(patch);
  const margin = MARGIN_METRES / crs.metresPerUnit;
  const side = Math.max(maxX - minX, maxY - minY) + 2 * margin;
  const resolution = Math.min(Math.max(metresPerPx / crs.metresPerUnit, side / MOST_PX), side / LEAST_PX);
  const [x, y] = [(minX + maxX - side) / 2, (minY + maxY - side) / 2];
  return snappedGrid(crs, { minX: x, minY: y, maxX: x + side, maxY: y + side }, resolution, [x, y]);
}

function boundsOf(patch: Patch): Bounds {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of patch.rings[0]) {
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
  }
  return { minX, minY, maxX, maxY };
}

/** The picture with the patch's outline, a scale bar of round metres and an arrow to true north. */
export function drawChip(jpeg: Uint8Array, grid: Grid, patch: Patch, colour: string, label: string): Html {
  const { height, markup } = marks(grid, patch, colour, '北');
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}"><image href="${jpegDataUri(jpeg)}" width="${WIDTH}" height="${height}" preserveAspectRatio="none"/>
${markup}</svg>`;
}

/** What `drawChip` draws on the picture as an SVG of its own, to be laid over it. @param north letter below the arrow */
export function chipMarks(grid: Grid, patch: Patch, colour: string, north: string): string {
  const { height, markup } = marks(grid, patch, colour, north);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif">${markup}</svg>`
    .markup;
}

/** White letters that are read on any ground. */
const LETTERS = raw(
  'font-size="12" font-weight="700" text-anchor="middle" fill="#fff" stroke="#000" stroke-opacity=".75" stroke-width="2.4" stroke-linejoin="round" paint-order="stroke"',
);

function marks(
  grid: Grid,
  patch: Patch,
  colour: string,
  north: string,
): { readonly height: number; readonly markup: Html } {
  const frame = frameOf(grid, WIDTH);
  const height = Number(frame.height.toFixed(1));
  // the outline is drawn finer than it is printed: no more points than that
  const d = pathData(projectRings(patch.rings, projector(frame, grid.crs), 0.4));
  const metres = niceLength((WIDTH / 3) * frame.metresPerUnit);
  const bar = Number((metres / frame.metresPerUnit).toFixed(1));
  const y = height - 10;
  const line = `M10 ${y - 6}V${y}H${10 + bar}V${y - 6}`;
  const markup = html`<path d="${d}" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round"/><path d="${d}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/>
<path d="${line}" fill="none" stroke="#000" stroke-opacity=".75" stroke-width="4"/><path d="${line}" fill="none" stroke="#fff" stroke-width="1.8"/><text x="${10 + bar / 2}" y="${y - 8}" ${LETTERS}>${lengthWords(metres)}</text>
<g transform="translate(${WIDTH - 20} 26) rotate(${northAngle(grid).toFixed(1)})"><path d="M0 -18L7 10L0 5L-7 10Z" fill="#fff" stroke="#000" stroke-opacity=".75"/></g><text x="${WIDTH - 20}" y="50" ${LETTERS}>${north}</text>`;
  return { height, markup };
}

/** Degrees clockwise from the grid's up to true north at its middle (the meridian convergence). */
export function northAngle(grid: Grid): number {
  const { minX, minY, maxX, maxY } = gridBounds(grid);
  const [x, y] = [(minX + maxX) / 2, (minY + maxY) / 2];
  const [lon, lat] = transformer(grid.crs, WGS84)(x, y);
  const [u, v] = transformer(WGS84, grid.crs)(lon, lat + 1e-3);
  return (Math.atan2(u - x, v - y) * 180) / Math.PI;
}
