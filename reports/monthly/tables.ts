import { CHANGE_CLASSES, type ChangeClassName } from '../../kernels/classes.js';
import type { Patch } from '../../vector/patch.js';
import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { decimal, mu, NONE, share, squareMetres } from '../shared/numbers.js';
import {
  type ClassRow,
  type ClassSum,
  LOW_OBSERVED,
  type Observed,
  observedShare,
  type Place,
} from './tally.js';
import { classColour, className, placeName, stateWords, type Words } from './words.js';

/** Rows of the patch list. */
export const LIST_LIMIT = 50;

/** The observed share of a row, starred where it is low. */
export function observedCell(observed: Observed, words: Words): string {
  const value = observedShare(observed);
  if (value === null) return words.noRecord;
  return value < LOW_OBSERVED ? `${share(value)} *` : share(value);
}

export function isLow(observed: Observed): boolean {
  const value = observedShare(observed);
  return value !== null && value < LOW_OBSERVED;
}

/** Rows worth printing: where the outside is all there is, its sum would only repeat it. */
export function printedRows<T extends { readonly place: Place }>(rows: readonly T[]): readonly T[] {
  return rows.length === 2 && rows[0].place.kind === 'outside' ? [rows[0]] : rows;
}

/** Patches a place and class: count, m², 亩. Rows come from `classRows`. */
export function classTable(
  rows: readonly ClassRow[],
  notComputed: readonly ChangeClassName[],
  lang: Lang,
  words: Words,
): Html {
  const printed = printedRows(rows);
  const alone = printed.length === 1;
  const blind = (row: ClassRow) => observedShare(row.observed) === 0 && row.total.count === 0;
  const cells = (row: ClassRow) =>
    blind(row)
      ? html`<td colspan="${CHANGE_CLASSES.length + 1}" class="none">${words.noObservation}</td>`
      : html`${CHANGE_CLASSES.map((c) =>
          notComputed.includes(c.name)
            ? html`<td class="none">${words.notComputed}</td>`
            : sumCell(row.classes[c.name]),
        )}${sumCell(row.total, 'sum')}`;
  return html`<div class="scroll"><table class="classes"><thead><tr><th class="place">${words.subdistrict}</th><th>${words.observedHead}</th>${CHANGE_CLASSES.map(
    (c) => html`<th><span class="dot" style="background:${c.colour}"></span><br>${c[lang]}</th>`,
  )}<th>${words.total}</th></tr></thead><tbody>${printed.map(
    (row) =>
      html`<tr${row.place.kind === 'total' && html` class="total"`}><th class="place">${placeName(row.place, words, alone)}</th><td>${observedCell(row.observed, words)}</td>${cells(row)}</tr>`,
  )}</tbody></table></div>`;
}

function sumCell(sum: ClassSum, name = ''): Html {
  if (sum.count === 0) return html`<td class="${name} none">${NONE}</td>`;
  return html`<td class="${name}"><b>${decimal(sum.count)}</b><br>${squareMetres(sum.areaM2)}<br><small>${mu(sum.areaM2)}</small></td>`;
}

/** The largest patches, `patches` sorted by area. */
export function patchList(patches: readonly Patch[], lang: Lang, words: Words): Html {
  const shown = patches.slice(0, LIST_LIMIT);
  const note =
    patches.length > shown.length
      ? words.listNote(decimal(shown.length), decimal(patches.length - shown.length))
      : words.listAll(decimal(patches.length));
  return html`<p class="note">${note}</p><div class="scroll"><table class="list"><thead><tr><th></th><th class="text">${words.number}</th><th class="text">${words.class}</th><th class="text">${words.subdistrict}</th><th>${words.areaM2}</th><th>${words.areaMu}</th><th>${words.confidence}</th><th class="text">${words.state}</th><th>${words.centroid}</th></tr></thead><tbody>${shown.map(
    (p, i) =>
      html`<tr><td>${i + 1}</td><td class="text no">${p.number}</td><td class="text"><span class="dot" style="background:${classColour(p.class)}"></span>${className(p.class, lang)}${p.toBare && html` <small>${words.toBare}</small>`}</td><td class="text wrap">${p.subdistrict ?? words.outside}</td><td>${squareMetres(p.areaM2)}</td><td>${mu(p.areaM2)}</td><td>${p.confidence.toFixed(2)}</td><td class="text">${stateWords(p.state, words)}${p.filtering?.held && html` <small>${words.heldBack(p.filtering[lang])}</small>`}</td><td>${p.centroid[0].toFixed(5)}, ${p.centroid[1].toFixed(5)}</td></tr>`,
  )}</tbody></table></div>`;
}
