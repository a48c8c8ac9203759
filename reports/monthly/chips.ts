import type { Patch } from '../../vector/patch.js';
import { dateWords } from '../shared/dates.js';
import {
  type Frame,
  frameOf,
  lengthWords,
  niceLength,
  pathData,
  projector,
  projectRings,
} from '../shared/frame.js';
import { type Html, html, jpegDataUri } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { mu, NBSP, squareMetres } from '../shared/numbers.js';
import type { Chip, Comparison } from './input.js';
import { classColour, className, stateWords, type Words } from './words.js';

/** Units across a chip; shown about as many CSS pixels wide. */
const WIDTH = 200;

export interface RankedChip {
  readonly rank: number;
  readonly patch: Patch;
  readonly chip: Chip;
}

/** Chips with the patches they show and those patches' ranks by area, best first; a chip of no such patch is left out. */
export function rankChips(chips: readonly Chip[], ranked: readonly Patch[]): RankedChip[] {
  return ranked.flatMap((patch, i) => {
    const chip = chips.find((c) => c.number === patch.number);
    return chip ? [{ rank: i + 1, patch, chip }] : [];
  });
}

/** One card a patch: before and after side by side, its outline on both, and what is known of it. */
export function chipCards(
  chips: readonly RankedChip[],
  comparison: Comparison,
  lang: Lang,
  words: Words,
): Html {
  return html`<div class="cards">${chips.map((c) => card(c, comparison, lang, words))}</div>`;
}

function card({ rank, patch, chip }: RankedChip, comparison: Comparison, lang: Lang, words: Words): Html {
  const frame = frameOf(chip.grid, WIDTH);
  const d = pathData(projectRings(patch.rings, projector(frame, comparison.grid.crs)));
  const half = (jpeg: Uint8Array, side: string, date: string) => {
    const label = `${side} ${dateWords(date, lang)}`;
    return html`<figure>${drawChip(jpeg, frame, d, classColour(patch.class), `${patch.number} ${label}`)}<figcaption>${label}</figcaption></figure>`;
  };
  const facts = [
    patch.subdistrict ?? words.outside,
    words.areaBoth(`${squareMetres(patch.areaM2)}${NBSP}m²`, mu(patch.areaM2)),
    `${words.confidence} ${patch.confidence.toFixed(2)}`,
    stateWords(patch.state, words),
  ];
  return html`<article class="card"><header><b class="rank">${rank}</b><span class="dot" style="background:${classColour(patch.class)}"></span><b>${className(patch.class, lang)}</b>${patch.toBare && html` <small>${words.toBare}</small>`}<span class="no">${patch.number}</span></header>
<div class="pair">${half(chip.before.jpeg, words.before, comparison.before)}${half(chip.after.jpeg, words.after, comparison.after)}</div>
<p>${facts.join(' · ')}</p></article>`;
}

function drawChip(jpeg: Uint8Array, frame: Frame, d: string, colour: string, label: string): Html {
  const height = Number(frame.height.toFixed(1));
  const metres = niceLength(70 * frame.metresPerUnit);
  const bar = Number((metres / frame.metresPerUnit).toFixed(1));
  const y = height - 8;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}"><image href="${jpegDataUri(jpeg)}" width="${WIDTH}" height="${height}" preserveAspectRatio="none"/>
<path d="${d}" fill="none" stroke="#fff" stroke-width="3.6" stroke-linejoin="round"/><path d="${d}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>
<path d="M8 ${y - 5}V${y}H${8 + bar}V${y - 5}" fill="none" stroke="#000" stroke-opacity=".7" stroke-width="3.6"/><path d="M8 ${y - 5}V${y}H${8 + bar}V${y - 5}" fill="none" stroke="#fff" stroke-width="1.6"/><text class="dark" x="${8 + bar / 2}" y="${y - 6}" font-size="12" font-weight="700" text-anchor="middle" fill="#fff">${lengthWords(metres)}</text></svg>`;
}
