/**
 * A sheet of pictures of a series that has been run: right, wrong and missed new buildings, before and after, the truth in yellow and
 * patches in red. `node dist/bench/quality/pictures.js --series DIR --work DIR --out FILE.jpg`; both folders are those of
 * `bench:quality`, the exports of all months in `--work`.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type OverlayOptions } from 'sharp';
import { parseWhole } from '../../jobs/options.js';
import { pixelsIn, readPatches } from '../../jobs/prediction.js';
import { codeOf, UNUSABLE } from '../../kernels/classes.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { BadInput } from '../../raster/errors.js';
import { type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import { renderRgb, type Stretch } from '../../raster/picture.js';
import { openScene } from '../../raster/scene.js';
import { RIGHT, WRONG } from '../../vector/objects.js';
import { tell } from '../command.js';
import { judgeBuildings, share } from './series/buildings.js';
import { readSeriesTruth, type SeriesTruth } from './series/truth.js';

/** Ground of a picture, px of the truth, and px of a picture for one of them. */
const GROUND = 48;
const ZOOM = 3;
const SIDE = GROUND * ZOOM;
/** Clouds take the upper part of a month's stretch. */
const BRIGHTER = 1.5;
/** Between pictures, and over a row for its name. */
const GAP = 6;
const HEAD = 22;
const [TRUE_COLOUR, FOUND_COLOUR] = ['#ffd400', '#ff2020'];

/** One example: the ground shown, by the pixels in its middle, and the month it is about. */
interface Example {
  readonly pixels: readonly number[];
  readonly month: number;
}

interface Kind {
  readonly name: string;
  readonly examples: readonly Example[];
}

const { values } = parseArgs({
  options: {
    series: { type: 'string' },
    work: { type: 'string' },
    out: { type: 'string' },
    each: { type: 'string', default: '5' },
  },
});
const { series, work, out } = values;
if (series === undefined || work === undefined || out === undefined)
  throw new BadInput('--series, --work and --out are needed: folders of bench:quality, and the picture');
const each = parseWhole(values.each, '--each');

const scenes = (await readdir(join(series, 'scenes'))).filter((name) => name.endsWith('.tif')).sort();
const months = scenes
  .map((name) => name.slice(0, -'.tif'.length))
  .filter((month, k) => k === 0 || existsSync(join(work, `${month}.geojson`)));
const shown = new Map<number, Promise<Shown>>();
const truth = await readSeriesTruth(series, months);
const patches: Example[] = [];
const known: boolean[] = [];
for (let month = 1; month < months.length; month++) {
  const codes = await truth.codes(month);
  for (const { code, state, polygons } of await readPatches(join(work, `${months[month]}.geojson`))) {
    if (code !== codeOf('building_new') || state !== 'confirmed') continue;
    const pixels = pixelsIn(polygons, truth.grid);
    patches.push({ pixels, month });
    known.push(share(pixels, (pixel) => codes[pixel] !== UNUSABLE) >= 0.5);
  }
}
const buildings = truth.things.filter((thing) => thing.class === 'building_new');
const judged = judgeBuildings(truth, buildings, patches, (a) => known[a], true);
const kinds: readonly Kind[] = [
  { name: 'right', examples: patches.filter((_, a) => judged.found[a] === RIGHT) },
  { name: 'wrong', examples: patches.filter((_, a) => judged.found[a] === WRONG) },
  { name: 'missed', examples: judged.missed.map((b) => buildings[b]) },
];
const overlays: OverlayOptions[] = [];
for (const [row, { name, examples }] of kinds.entries()) {
  tell(`${name}: ${examples.length}`);
  const top = row * (HEAD + SIDE + GAP);
  const words = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="${HEAD}"><text x="2" y="16" font-family="sans-serif" font-size="15">${name}: ${examples.length}</text></svg>`;
  overlays.push({ input: Buffer.from(words), left: 0, top });
  for (const [k, example] of spread(examples, each).entries()) {
    const pair = await picturesOf(example);
    pair.forEach((input, side) => {
      overlays.push({ input, left: (2 * k + side) * SIDE + k * GAP + side, top: top + HEAD });
    });
  }
}
await mkdir(dirname(out), { recursive: true });
const [width, height] = [each * (2 * SIDE + GAP), kinds.length * (HEAD + SIDE + GAP)];
await sharp({ create: { width, height, channels: 3, background: '#fff' } })
  .composite(overlays)
  .jpeg({ quality: 82 })
  .toFile(out);
for (const { opened } of await Promise.all(shown.values())) await opened.scene.close();

/** As many as asked for, evenly out of all. */
function spread<T>(all: readonly T[], count: number): T[] {
  const taken = Math.min(count, all.length);
  return Array.from({ length: taken }, (_, k) => all[Math.floor(((k + 0.5) * all.length) / taken)]);
}

/** Before and after: the last month before that shows the ground, and the first from the example's month on. */
async function picturesOf({ pixels, month }: Example): Promise<Buffer[]> {
  const { width } = truth.frame;
  const middle = pixels[pixels.length >> 1];
  const [x, y] = [(middle % width) - GROUND / 2, Math.floor(middle / width) - GROUND / 2];
  const shows = (m: number) => share(pixels, (pixel) => truth.seen(m, pixel)) >= 0.5;
  const order = months.map((_, m) => m);
  const dates = [order.slice(0, month).findLast(shows) ?? month - 1, order.slice(month).find(shows) ?? month];
  const own = patches.filter((patch) => patch.month > dates[0] && patch.month <= dates[1]);
  const drawn = outlines(truthAt(truth, dates), x, y, TRUE_COLOUR) + outlines(own, x, y, FOUND_COLOUR);
  const lines = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">${drawn}</svg>`,
  );
  return Promise.all(
    dates.map(async (date) =>
      sharp(await ground(date, x, y))
        .composite([{ input: lines }])
        .png()
        .toBuffer(),
    ),
  );
}

/** New buildings made after the first date and up to the second. */
function truthAt({ things }: SeriesTruth, [before, after]: readonly number[]): readonly Example[] {
  return things.filter((t) => t.class === 'building_new' && t.month > before && t.month <= after);
}

/** A month's scene, with one stretch for all its pictures. */
interface Shown {
  readonly opened: OpenedScene;
  readonly stretch: Stretch;
}

async function show(month: number): Promise<Shown> {
  const spec = { files: [join(String(series), 'scenes', `${months[month]}.tif`)] };
  const opened: OpenedScene = { spec, scene: await openScene(spec) };
  const { crs, resolution } = truth.grid;
  const { stretch } = await renderRgb([opened], snappedGrid(crs, gridBounds(truth.grid), 4 * resolution));
  return { opened, stretch };
}

async function ground(month: number, x: number, y: number): Promise<Buffer> {
  const known = shown.get(month) ?? show(month);
  shown.set(month, known);
  const { opened, stretch } = await known;
  const { data, width, height } = (await renderRgb([opened], chipGrid(truth.grid, x, y), stretch)).picture;
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(SIDE, SIDE, { kernel: 'nearest' })
    .modulate({ brightness: BRIGHTER })
    .png()
    .toBuffer();
}

function chipGrid(grid: Grid, x: number, y: number): Grid {
  const { crs, resolution } = grid;
  const { minX: west, maxY: north } = gridBounds(grid);
  const [minX, maxY] = [west + x * resolution, north - y * resolution];
  const side = GROUND * resolution;
  return snappedGrid(crs, { minX, minY: maxY - side, maxX: minX + side, maxY }, resolution, [minX, maxY]);
}

/** The outer sides of the pixels of each thing, as far as the picture goes. */
function outlines(things: readonly Example[], x0: number, y0: number, colour: string): string {
  const { width } = truth.frame;
  let path = '';
  for (const { pixels } of things) {
    const own = new Set(pixels);
    for (const pixel of pixels) {
      const [x, y] = [((pixel % width) - x0) * ZOOM, (Math.floor(pixel / width) - y0) * ZOOM];
      if (x < -ZOOM || y < -ZOOM || x > SIDE || y > SIDE) continue;
      if (!own.has(pixel - 1)) path += `M${x} ${y}v${ZOOM}`;
      if (!own.has(pixel + 1)) path += `M${x + ZOOM} ${y}v${ZOOM}`;
      if (!own.has(pixel - width)) path += `M${x} ${y}h${ZOOM}`;
      if (!own.has(pixel + width)) path += `M${x} ${y + ZOOM}h${ZOOM}`;
    }
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.4"/>`;
}
