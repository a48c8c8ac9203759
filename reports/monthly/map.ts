import type { ChangeClassName } from '../../kernels/classes.js';
import type { Point } from '../../raster/affine.js';
import { type Crs, WGS84 } from '../../raster/crs.js';
import type { Grid } from '../../raster/grid.js';
import type { Patch, Subdistrict } from '../../vector/patch.js';
import {
  type Box,
  boxAround,
  boxOf,
  type Frame,
  frameOf,
  lengthWords,
  niceLength,
  overlap,
  pathData,
  projector,
  projectRings,
} from '../shared/frame.js';
import { type Html, html, jpegDataUri } from '../shared/html.js';
import { breakName, ems, inside, type PlacedLabel, placeLabels } from '../shared/labels.js';
import type { Lang } from '../shared/lang.js';
import { prose } from '../shared/numbers.js';
import { classColour, className, type Words } from './words.js';

/** Units across the map. At 186 mm of print one unit is 0.19 mm. */
const WIDTH = 1000;
const NAME_SIZE = 16;
const RANK_SIZE = 13;
/** A patch that shows smaller than this on the map is marked by a dot. */
const DOT_BELOW = 9;
const PANEL = { width: 190, height: 62, margin: 10 };

export interface MapContent {
  /** Makes ids of this drawing unique in the page. */
  readonly id: string;
  readonly lang: Lang;
  readonly words: Words;
  /** Grid of the picture, or of the run where there is none. */
  readonly grid: Grid;
  readonly jpeg: Uint8Array | null;
  readonly subdistricts: readonly Subdistrict[];
  readonly patches: readonly Patch[];
  /** CRS of the patches' rings. */
  readonly patchCrs: Crs;
  /** Numbers of patches that carry their rank on the map. */
  readonly ranks: ReadonlyMap<string, number>;
}

interface Mark {
  readonly patch: Patch;
  readonly rings: readonly (readonly Point[])[];
  readonly box: Box;
  readonly middle: Point;
}

/** The drawn map: image, veil outside the district, borders and names, patches by class, scale bar and north arrow. */
export function drawMap(content: MapContent): Html {
  const frame = frameOf(content.grid, WIDTH);
  const toFrame = projector(frame, WGS84);
  const areas = content.subdistricts.map((s) => s.polygons.flatMap((p) => projectRings(p, toFrame, 0.4)));
  const marks = marksOf(content.patches, projector(frame, content.patchCrs));
  const middles = marks.map((m) => m.middle);
  const panel = panelBox(frame, middles, areas);
  const ranks = placeRanks(marks, content.ranks, frame, panel);
  const names = placeLabels(
    content.subdistricts.map((s, i) => ({ lines: breakName(s.name), rings: areas[i] })),
    NAME_SIZE,
    { x0: 4, y0: 4, x1: frame.width - 4, y1: frame.height - 4 },
    [panel, ...ranks.map((r) => r.box)],
    middles,
  );
  const label = `${content.words.mapTitle} · ${content.subdistricts.map((s) => s.name).join(' ')}`;
  return html`<svg class="map" viewBox="0 0 ${frame.width} ${round(frame.height)}" role="img" aria-label="${label}">
<rect width="${frame.width}" height="${round(frame.height)}" fill="#e9ecea"/>
${content.jpeg && html`<image id="${imageId(content)}" href="${jpegDataUri(content.jpeg)}" width="${frame.width}" height="${round(frame.height)}" preserveAspectRatio="none"/>`}
${areas.length > 0 && drawVeil(content.id, frame, areas)}
${areas.map((rings) => html`<path d="${pathData(rings)}" fill="none" stroke="#fff" stroke-opacity=".85" stroke-width="3.6" stroke-linejoin="round"/>`)}
${areas.map((rings) => html`<path d="${pathData(rings)}" fill="none" stroke="#1d2b36" stroke-width="1.3" stroke-dasharray="7 2.5 1.5 2.5" stroke-linejoin="round"/>`)}
<g>${marks.map((m) => drawMark(m, content.lang))}</g>
<g class="halo" font-size="${NAME_SIZE}" font-weight="700" text-anchor="middle" fill="#12202b">${names.map(drawName)}</g>
<g class="halo" font-size="${RANK_SIZE}" font-weight="700" text-anchor="middle" fill="#000">${ranks.map((r) => html`<text x="${round(r.x)}" y="${round(r.y + RANK_SIZE * 0.36)}">${r.rank}</text>`)}</g>
${drawPanel(frame, panel, content.words.north)}
<rect x=".5" y=".5" width="${frame.width - 1}" height="${round(frame.height - 1)}" fill="none" stroke="#55616a"/>
</svg>`;
}

function imageId({ id }: MapContent): string {
  return `${id}-image`;
}

/**
 * One class on a small map without names, for a page that also has the large one: its picture is used again, not repeated.
 */
export function drawClassMap(content: MapContent, name: ChangeClassName, label: string): Html {
  const frame = frameOf(content.grid, WIDTH);
  const toFrame = projector(frame, WGS84);
  const areas = content.subdistricts.map((s) => s.polygons.flatMap((p) => projectRings(p, toFrame, 1.5)));
  const marks = marksOf(
    content.patches.filter((patch) => patch.class === name),
    projector(frame, content.patchCrs),
  );
  const size = html`width="${frame.width}" height="${round(frame.height)}"`;
  return html`<svg class="small" viewBox="0 0 ${frame.width} ${round(frame.height)}" role="img" aria-label="${label}">
<rect ${size} fill="#e9ecea"/>${content.jpeg && html`<use href="#${imageId(content)}"/>`}<rect ${size} fill="#fff" fill-opacity=".55"/>
${areas.map((rings) => html`<path d="${pathData(rings, 0)}" fill="none" stroke="#1d2b36" stroke-width="2.2" stroke-linejoin="round"/>`)}
${marks.map((mark) => drawMark({ ...mark, box: halved(mark.box) }, content.lang, 9))}
<rect x="1" y="1" width="${frame.width - 2}" height="${round(frame.height - 2)}" fill="none" stroke="#55616a" stroke-width="2"/></svg>`;
}

/** A box half the size: on a map half as wide more patches have to be dots. */
function halved(box: Box): Box {
  return boxAround(
    (box.x0 + box.x1) / 2,
    (box.y0 + box.y1) / 2,
    (box.x1 - box.x0) / 2,
    (box.y1 - box.y0) / 2,
  );
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function marksOf(patches: readonly Patch[], project: (x: number, y: number) => Point): Mark[] {
  return patches.flatMap((patch) => {
    const rings = projectRings(patch.rings, project);
    const box = boxOf(rings.flat());
    if (!(box.x1 >= box.x0)) return [];
    return [{ patch, rings, box, middle: [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2] as const }];
  });
}

/** @param radius of the dot that stands for a patch too small to see */
function drawMark(mark: Mark, lang: Lang, radius = 5): Html {
  const { patch, box, middle } = mark;
  const colour = classColour(patch.class);
  const title = html`<title>${patch.number} ${className(patch.class, lang)} ${prose(patch.areaM2)}</title>`;
  if (Math.max(box.x1 - box.x0, box.y1 - box.y0) < DOT_BELOW) {
    return html`<circle cx="${round(middle[0])}" cy="${round(middle[1])}" r="${radius}" fill="${colour}" stroke="#fff" stroke-width="1.4">${title}</circle>`;
  }
  const d = pathData(mark.rings);
  return html`<path d="${d}" fill="none" stroke="#fff" stroke-width="3.4" stroke-linejoin="round"/><path d="${d}" fill="${colour}" fill-opacity=".6" fill-rule="evenodd" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round">${title}</path>`;
}

/** Pales what lies outside the district. A mask, since borders may overlap and evenodd would cut holes there. */
function drawVeil(id: string, frame: Frame, areas: readonly (readonly (readonly Point[])[])[]): Html {
  const size = html`width="${frame.width}" height="${round(frame.height)}"`;
  return html`<mask id="${id}-veil" maskUnits="userSpaceOnUse" x="0" y="0" ${size}><rect ${size} fill="#fff"/>${areas.map(
    (rings) => html`<path d="${pathData(rings)}" fill="#000" fill-rule="evenodd"/>`,
  )}</mask><rect ${size} fill="#fff" fill-opacity=".62" mask="url(#${id}-veil)"/>`;
}

function drawName(label: PlacedLabel | null): Html | null {
  if (!label) return null;
  const step = NAME_SIZE * 1.2;
  const first = label.y - ((label.lines.length - 1) * step) / 2 + NAME_SIZE * 0.36;
  return html`${label.lines.map((line, i) => html`<text x="${round(label.x)}" y="${round(first + i * step)}">${line}</text>`)}`;
}

interface Rank {
  readonly rank: number;
  readonly x: number;
  readonly y: number;
  readonly box: Box;
}

/** Ranks stand beside their patches, where they cover least: another rank, the panel, another patch. */
function placeRanks(
  marks: readonly Mark[],
  ranks: ReadonlyMap<string, number>,
  frame: Frame,
  panel: Box,
): Rank[] {
  const dots = marks.map((m) => boxAround(m.middle[0], m.middle[1], 11, 11));
  const placed: Rank[] = [];
  for (const mark of marks) {
    const rank = ranks.get(mark.patch.number);
    if (rank === undefined) continue;
    const width = ems(String(rank)) * RANK_SIZE + 2;
    const gapX = Math.max(6, (mark.box.x1 - mark.box.x0) / 2) + width / 2 + 2;
    const gapY = Math.max(6, (mark.box.y1 - mark.box.y0) / 2) + RANK_SIZE / 2 + 2;
    const places = [
      [gapX, 0],
      [-gapX, 0],
      [0, -gapY],
      [0, gapY],
      [gapX, -gapY],
      [-gapX, -gapY],
      [gapX, gapY],
      [-gapX, gapY],
    ].map(([dx, dy]): Rank & { readonly cost: number } => {
      const [x, y] = [mark.middle[0] + dx, mark.middle[1] + dy];
      const box = boxAround(x, y, width, RANK_SIZE + 2);
      const out = box.x0 < 0 || box.y0 < 0 || box.x1 > frame.width || box.y1 > frame.height;
      const covered = (boxes: readonly Box[]) => boxes.reduce((sum, other) => sum + overlap(box, other), 0);
      const cost = (out ? 1e4 : 0) + 5 * covered([panel, ...placed.map((p) => p.box)]) + covered(dots);
      return { rank, x, y, box, cost };
    });
    placed.push(places.reduce((best, place) => (place.cost < best.cost ? place : best)));
  }
  return placed;
}

/** The corner for scale bar and north arrow that hides least: first patches, then the district. */
function panelBox(
  frame: Frame,
  points: readonly Point[],
  areas: readonly (readonly (readonly Point[])[])[],
): Box {
  const { width, height, margin } = PANEL;
  const corners = [
    [margin, frame.height - margin - height],
    [frame.width - margin - width, frame.height - margin - height],
    [frame.width - margin - width, margin],
    [margin, margin],
  ].map(([x0, y0]): Box => ({ x0, y0, x1: x0 + width, y1: y0 + height }));
  const cost = (box: Box) => {
    const hidden = points.filter(([x, y]) => x > box.x0 && x < box.x1 && y > box.y0 && y < box.y1).length;
    let ground = 0;
    for (let i = 0; i <= 6; i++) {
      for (let j = 0; j <= 3; j++) {
        const [x, y] = [box.x0 + (width * i) / 6, box.y0 + (height * j) / 3];
        if (areas.some((rings) => inside(rings, x, y))) ground++;
      }
    }
    return hidden * 100 + ground;
  };
  return corners.reduce((best, box) => (cost(box) < cost(best) ? box : best));
}

function drawPanel(frame: Frame, box: Box, north: string): Html {
  const metres = niceLength(110 * frame.metresPerUnit);
  const length = metres / frame.metresPerUnit;
  const x = box.x0 + 62;
  const y = box.y1 - 16;
  const arrow = box.x0 + 27;
  const half = length / 2;
  return html`<g font-size="13" fill="#12202b"><rect x="${round(box.x0)}" y="${round(box.y0)}" width="${PANEL.width}" height="${PANEL.height}" rx="3" fill="#fff" fill-opacity=".86"/>
<path d="M${round(arrow)} ${round(box.y0 + 22)}l8 28l-8 -6l-8 6z" fill="#12202b"/><text x="${round(arrow)}" y="${round(box.y0 + 18)}" text-anchor="middle" font-weight="700">${north}</text>
<rect x="${round(x)}" y="${round(y - 6)}" width="${round(half)}" height="6" fill="#12202b" stroke="#12202b"/><rect x="${round(x + half)}" y="${round(y - 6)}" width="${round(half)}" height="6" fill="#fff" stroke="#12202b"/>
<text x="${round(x)}" y="${round(y - 13)}" text-anchor="middle">0</text><text x="${round(x + length)}" y="${round(y - 13)}" text-anchor="middle">${lengthWords(metres)}</text></g>`;
}
