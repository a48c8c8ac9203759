import { judgeObjects, NOT_JUDGED, type Objects, objectsOf, RIGHT, WRONG } from '../../../vector/objects.js';
import { type Score, scoreOf } from '../../../vector/score.js';
import type { MadeThing, SeriesTruth } from './truth.js';

/** A patch of new building: place of its month in the series, and its pixels. */
export interface SeriesPatch {
  readonly month: number;
  readonly pixels: readonly number[];
}

export interface BuildingsJudged {
  readonly score: Score;
  /** RIGHT, WRONG or NOT_JUDGED a patch. */
  readonly found: Uint8Array;
  /** Places of the buildings that had to be found and were not. */
  readonly missed: readonly number[];
}

/** From here on an object can be seen, and a patch can be judged. */
const LEAST_SEEN = 0.5;

/**
 * Judges patches of a whole series against the list of made buildings. A building made in month m is first shown in month F >= m, the
 * first in which at least half of it is open to the sky; a patch first seen in m … F may match it, one to one, largest overlap
 * first (IoU 0.3 or centre in). It must be found if the months before m show its ground at least once, and, where
 * `laterLook` asks for confirmation, a month after F shows it again; else it is not judged, nor what found it. A patch that matches
 * none is wrong, unless most of it cannot be judged in its month. Found too late, or twice, is wrong. Patches of one month that
 * touch are one, cut by the border of two subdistricts: they are judged, and counted, together.
 */
export function judgeBuildings(
  truth: Pick<SeriesTruth, 'seen' | 'months' | 'frame'>,
  buildings: readonly MadeThing[],
  patches: readonly SeriesPatch[],
  canBeJudged: (patch: number) => boolean,
  laterLook: boolean,
): BuildingsJudged {
  const last = truth.months.length - 1;
  const open = ({ pixels }: MadeThing, month: number) =>
    share(pixels, (pixel) => truth.seen(month, pixel)) >= LEAST_SEEN;
  const shown = buildings.map((building) => firstOf(building.month, last, (month) => open(building, month)));
  const demanded = buildings.map((building, b) => {
    const first = shown[b];
    if (first === null) return false;
    const groundKnown = firstOf(0, building.month - 1, (month) => open(building, month)) !== null;
    return groundKnown && (!laterLook || firstOf(first + 1, last, (month) => open(building, month)) !== null);
  });
  const { width, height } = truth.frame;
  const everywhere = new Uint8Array(width * height).fill(1);
  const real: Objects = objectsOf(buildings.map(({ pixels }) => pixels));
  const wholes = joinTouching(patches, width);
  const { found, matched } = judgeObjects(
    objectsOf(wholes.map(({ pixels }) => pixels)),
    real,
    everywhere,
    width,
    (a, b) => wholes[a].month >= buildings[b].month && wholes[a].month <= (shown[b] ?? -1),
  );
  const missed: number[] = [];
  matched.forEach((a, b) => {
    if (demanded[b] && a < 0) missed.push(b);
    if (!demanded[b] && a >= 0) found[a] = NOT_JUDGED;
  });
  for (let a = 0; a < found.length; a++)
    if (found[a] === WRONG && !wholes[a].parts.some(canBeJudged)) found[a] = NOT_JUDGED;
  const ofParts = new Uint8Array(patches.length);
  wholes.forEach(({ parts }, a) => {
    for (const part of parts) ofParts[part] = found[a];
  });
  const count = (what: number) => found.reduce((sum, judged) => sum + (judged === what ? 1 : 0), 0);
  return { score: scoreOf(count(RIGHT), count(WRONG), missed.length), found: ofParts, missed };
}

interface Whole extends SeriesPatch {
  /** Places of the patches it is made of. */
  readonly parts: readonly number[];
}

/** Patches of one month joined where their pixels lie side by side. */
function joinTouching(patches: readonly SeriesPatch[], width: number): Whole[] {
  const root = patches.map((_, a) => a);
  const find = (a: number): number => (root[a] === a ? a : find(root[a]));
  const owners = new Map<string, number>();
  patches.forEach(({ month, pixels }, a) => {
    for (const pixel of pixels) owners.set(`${month} ${pixel}`, a);
  });
  patches.forEach(({ month, pixels }, a) => {
    for (const pixel of pixels) {
      for (const beside of [pixel + 1, pixel + width]) {
        const other = owners.get(`${month} ${beside}`);
        if (other !== undefined && find(other) !== find(a)) root[find(other)] = find(a);
      }
    }
  });
  const groups = new Map<number, number[]>();
  patches.forEach((_, a) => {
    groups.set(find(a), [...(groups.get(find(a)) ?? []), a]);
  });
  return [...groups.values()].map((parts) => ({
    parts,
    month: patches[parts[0]].month,
    pixels: parts.flatMap((part) => patches[part].pixels),
  }));
}

/** Share of pixels of which something holds. */
export function share(pixels: readonly number[], holds: (pixel: number) => boolean): number {
  let count = 0;
  for (const pixel of pixels) if (holds(pixel)) count++;
  return pixels.length > 0 ? count / pixels.length : 0;
}

function firstOf(from: number, to: number, holds: (month: number) => boolean): number | null {
  for (let month = from; month <= to; month++) if (holds(month)) return month;
  return null;
}
