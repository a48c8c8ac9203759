import { transformer, WGS84 } from '../../raster/crs.js';
import { type Bounds, type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import type { Patch, Subdistrict } from '../../vector/patch.js';
import {
  type Frame,
  frameOf,
  lengthWords,
  niceLength,
  pathData,
  projector,
  projectRings,
} from '../shared/frame.js';
import { type Html, html } from '../shared/html.js';
import { breakName, placeLabels } from '../shared/labels.js';

/** Units across the map and its height. */
const [WIDTH, HEIGHT] = [300, 190];
const NAME_SIZE = 10;
/** Share of the map left blank around the district. */
const EDGE = 0.04;

/** The map on which every lead of a document is marked: the district is defined once and used again on each sheet. */
export interface LocationMap {
  /** To stand once in the page. */
  readonly definition: Html;
  /** A sheet's own map. */
  readonly mark: (patch: Patch, colour: string) => Html;
}

/** @param grid of the run: its CRS is that of the patches, its extent the map's where there are no subdistricts. */
export function locationMap(subdistricts: readonly Subdistrict[], grid: Grid): LocationMap {
  const frame = frameOf(mapGrid(subdistricts, grid), WIDTH);
  const toFrame = projector(frame, WGS84);
  const areas = subdistricts.map((s) => ({
    code: s.code,
    lines: breakName(s.name),
    rings: s.polygons.flatMap((polygon) => projectRings(polygon, toFrame, 0.6)),
  }));
  const paths = new Map(areas.map(({ code, rings }) => [code, pathData(rings)]));
  const names = placeLabels(areas, NAME_SIZE, { x0: 2, y0: 2, x1: WIDTH - 2, y1: HEIGHT - 2 }, [], []);
  const definition = html`<svg class="define" aria-hidden="true"><symbol id="district" viewBox="0 0 ${WIDTH} ${HEIGHT}">${[
    ...paths.values(),
  ].map((d) => html`<path d="${d}" fill="none" stroke="#54636e" stroke-width=".8" stroke-linejoin="round"/>`)}
<g font-size="${NAME_SIZE}" text-anchor="middle" fill="#33414b">${names.map((name) =>
    name?.lines.map(
      (line, i) =>
        html`<text x="${name.x.toFixed(1)}" y="${(name.y + (i - (name.lines.length - 1) / 2) * NAME_SIZE * 1.2 + NAME_SIZE * 0.36).toFixed(1)}">${line}</text>`,
    ),
  )}</g>${scale(frame)}</symbol></svg>`;
  return {
    definition,
    mark: (patch, colour) => {
      const own = patch.subdistrictCode === null ? undefined : paths.get(patch.subdistrictCode);
      const [x, y] = toFrame(...patch.centroid).map((value) => Number(value.toFixed(1)));
      return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="位置图"><rect width="${WIDTH}" height="${HEIGHT}" fill="#f4f6f5"/>
${own && html`<path d="${own}" fill="#f6e3b4" fill-rule="evenodd"/>`}<use href="#district" width="${WIDTH}" height="${HEIGHT}"/>
<path d="M${x} 0V${HEIGHT}M0 ${y}H${WIDTH}" stroke="${colour}" stroke-width=".5" stroke-dasharray="3 3"/><circle cx="${x}" cy="${y}" r="4" fill="${colour}" stroke="#fff" stroke-width="1.4"/></svg>`;
    },
  };
}

/** The district's rectangle with some blank around it, in the shape of the map. */
function mapGrid(subdistricts: readonly Subdistrict[], grid: Grid): Grid {
  const { minX, minY, maxX, maxY } = districtBounds(subdistricts, grid);
  const units = (1 + 2 * EDGE) * Math.max((maxX - minX) / WIDTH, (maxY - minY) / HEIGHT);
  const [x, y] = [(minX + maxX - units * WIDTH) / 2, (minY + maxY - units * HEIGHT) / 2];
  const bounds: Bounds = { minX: x, minY: y, maxX: x + units * WIDTH, maxY: y + units * HEIGHT };
  return snappedGrid(grid.crs, bounds, units, [x, y]);
}

function districtBounds(subdistricts: readonly Subdistrict[], grid: Grid): Bounds {
  const toGrid = transformer(WGS84, grid.crs);
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { polygons } of subdistricts) {
    for (const [lon, lat] of polygons.flatMap((rings) => rings[0])) {
      const [x, y] = toGrid(lon, lat);
      minX = Math.min(minX, x);
      minY = Math.min(minY, y);
      maxX = Math.max(maxX, x);
      maxY = Math.max(maxY, y);
    }
  }
  return minX < maxX ? { minX, minY, maxX, maxY } : gridBounds(grid);
}

function scale(frame: Frame): Html {
  const metres = niceLength((WIDTH / 5) * frame.metresPerUnit);
  const bar = Number((metres / frame.metresPerUnit).toFixed(1));
  const y = HEIGHT - 6;
  return html`<path d="M6 ${y - 4}V${y}H${6 + bar}V${y - 4}" fill="none" stroke="#12202b"/><text x="${6 + bar / 2}" y="${y - 3}" font-size="8" text-anchor="middle" fill="#12202b">${lengthWords(metres)}</text>`;
}
