import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import {
  decimal,
  mu,
  NONE,
  relativeChange,
  share,
  signed,
  signedMu,
  squareMetres,
} from '../shared/numbers.js';
import type { ComparisonSums } from './sums.js';
import { observedCell, printedRows } from './tables.js';
import { AREA_KEYS, type AreaKey, type ClassRow, FLOWS, observedShare, type StateRow } from './tally.js';
import { areaName, placeName, type Words } from './words.js';

/** No number of these tables stands without the observed share of its place: both are cells of one row or row group. */

/** Area before, after, gain, loss, net and relative change of the whole, a line a state. */
export function changeOfWhole(sums: ComparisonSums, lang: Lang, words: Words): Html {
  const { wholeStates: whole, computed } = sums;
  const observed = observedCell(whole.observed, words);
  const line = (key: AreaKey) => {
    const name = html`<th class="text${key === 'forest_green' && ' sum'}">${areaName(key, lang)}</th>`;
    if (!whole.areas || !computed.includes(key)) {
      return html`<tr>${name}<td colspan="11" class="none">${absence(whole, words)}</td><td>${observed}</td></tr>`;
    }
    const [before, after] = whole.areas[key];
    const net = after - before;
    const area = (m2: number) =>
      html`<td>${squareMetres(m2)}</td><td>${mu(m2)}</td><td>${decimal(m2 / 1e6, 3)}</td>`;
    return html`<tr${key === 'forest_green' && html` class="sub"`}>${name}${area(before)}${area(after)}${flowCells(key, sums.whole, sums, words)}<td class="${tone(net)}">${signed(net)}</td><td class="${tone(net)}">${signedMu(net)}</td><td class="${tone(net)}">${relativeChange(before, after) ?? NONE}</td><td>${observed}</td></tr>`;
  };
  const triple = html`<th>${words.unitM2}</th><th>${words.muUnit}</th><th>${words.unitKm2}</th>`;
  return html`<div class="scroll short"><table class="states"><thead><tr><th rowspan="2" class="text">${words.landState}</th><th colspan="3">${words.before}</th><th colspan="3">${words.after}</th><th rowspan="2">${words.gain}<br>${words.unitM2}</th><th rowspan="2">${words.loss}<br>${words.unitM2}</th><th colspan="2">${words.net}</th><th rowspan="2">${words.percent}</th><th rowspan="2">${words.observedHead}</th></tr><tr>${triple}${triple}<th>${words.unitM2}</th><th>${words.muUnit}</th></tr></thead><tbody>${AREA_KEYS.map(line)}</tbody></table></div>`;
}

/** States that have a table by place of their own. */
const BY_PLACE: readonly AreaKey[] = ['built', 'water', 'forest', 'green', 'forest_green'];

/** One state by place, a line a place, the sum last: both dates in m², 亩 and km². None where the whole is the only place. */
export function changeByPlace(sums: ComparisonSums, lang: Lang, words: Words): Html[] {
  // where nothing was seen at all the table of the whole says so once
  if (printedRows(sums.states).length < 2 || !sums.wholeStates.areas) return [];
  const keys = BY_PLACE.filter((key) => sums.computed.includes(key));
  return keys.map((key) => {
    const unit = html`<th>${words.unitM2}</th><th>${words.muUnit}</th><th>${words.unitKm2}</th>`;
    const rows = sums.states.map((row, i) =>
      changeLine(key, row, [...sums.places, sums.whole][i], sums, words),
    );
    return html`<h4>${words.statePlaces(areaName(key, lang))}</h4><div class="scroll short"><table class="states places"><thead><tr><th rowspan="2" class="place">${words.subdistrict}</th><th rowspan="2">${words.observedHead}</th><th colspan="3">${words.before}</th><th colspan="3">${words.after}</th><th rowspan="2">${words.gain}<br>${words.unitM2}</th><th rowspan="2">${words.loss}<br>${words.unitM2}</th><th rowspan="2">${words.net}<br>${words.unitM2}</th><th rowspan="2">${words.percent}</th></tr><tr>${unit}${unit}</tr></thead><tbody>${rows}</tbody></table></div>`;
  });
}

function changeLine(key: AreaKey, row: StateRow, flows: ClassRow, sums: ComparisonSums, words: Words): Html {
  const total = row.place.kind === 'total' && html` class="total"`;
  const head = html`<th class="place">${rowName(row, sums.states, words)}</th><td>${observedCell(row.observed, words)}</td>`;
  if (!row.areas)
    return html`<tr${total}>${head}<td colspan="10" class="none">${absence(row, words)}</td></tr>`;
  const [before, after] = row.areas[key];
  const net = after - before;
  const area = (m2: number) =>
    html`<td>${squareMetres(m2)}</td><td>${mu(m2)}</td><td>${decimal(m2 / 1e6, 3)}</td>`;
  const change = html`<td class="${tone(net)}">${signed(net)}</td><td class="${tone(net)}">${relativeChange(before, after) ?? NONE}</td>`;
  return html`<tr${total}>${head}${area(before)}${area(after)}${flowCells(key, flows, sums, words)}${change}</tr>`;
}

/** Patches that add to a state and take from it. */
function flowCells(key: AreaKey, row: ClassRow, sums: ComparisonSums, words: Words): Html {
  const flow = FLOWS[key];
  if (!flow) return html`<td class="none">${NONE}</td><td class="none">${NONE}</td>`;
  return html`${[flow.gain, flow.loss].map((name) =>
    sums.comparison.notComputed.includes(name)
      ? html`<td class="none">${words.notComputed}</td>`
      : html`<td>${squareMetres(row.classes[name].areaM2)}</td>`,
  )}`;
}

/** Areas of one month and their part of the usable area: the last row (the sum), a line a state. */
export function statesOfWhole(
  rows: readonly StateRow[],
  computed: readonly AreaKey[],
  lang: Lang,
  words: Words,
): Html {
  const whole = rows[rows.length - 1];
  const observed = observedCell(whole.observed, words);
  const usable = whole.observed?.usableM2 ?? 0;
  const line = (key: AreaKey) => {
    const name = html`<th class="text">${areaName(key, lang)}</th>`;
    if (!whole.areas || !computed.includes(key)) {
      return html`<tr>${name}<td colspan="3" class="none">${absence(whole, words)}</td><td>${observed}</td></tr>`;
    }
    const [area] = whole.areas[key];
    return html`<tr${key === 'forest_green' && html` class="sub"`}>${name}<td>${squareMetres(area)}</td><td>${mu(area)}</td><td>${usable > 0 ? share(area / usable) : NONE}</td><td>${observed}</td></tr>`;
  };
  return html`<div class="scroll"><table class="states short"><thead><tr><th class="text">${words.landState}</th><th>${words.area} m²</th><th>${words.area} ${words.muUnit}</th><th>${words.shareOfObserved}</th><th>${words.observedHead}</th></tr></thead><tbody>${AREA_KEYS.map(line)}</tbody></table></div>`;
}

/** The same by place, in m², a line a place. Null where the whole is the only place. */
export function statesByPlace(
  rows: readonly StateRow[],
  computed: readonly AreaKey[],
  lang: Lang,
  words: Words,
): Html | null {
  if (printedRows(rows).length < 2) return null;
  const cells = (row: StateRow) => {
    const { areas } = row;
    if (!areas) return html`<td colspan="${AREA_KEYS.length}" class="none">${absence(row, words)}</td>`;
    return html`${AREA_KEYS.map((key) =>
      computed.includes(key)
        ? html`<td>${squareMetres(areas[key][0])}</td>`
        : html`<td class="none">${words.notComputed}</td>`,
    )}`;
  };
  return html`<div class="scroll"><table class="states"><thead><tr><th class="place">${words.subdistrict}</th><th>${words.observedHead}</th>${AREA_KEYS.map((key) => html`<th>${areaName(key, lang)}</th>`)}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr${row.place.kind === 'total' && html` class="total"`}><th class="place">${rowName(row, rows, words)}</th><td>${observedCell(row.observed, words)}</td>${cells(row)}</tr>`,
  )}</tbody></table></div>`;
}

/** The sum says how many places it had to leave out for want of a record; unseen ones are in its observed share. */
function rowName(row: StateRow, rows: readonly StateRow[], words: Words): string {
  const unrecorded = rows.filter((r) => r.place.kind !== 'total' && r.observed === null).length;
  if (row.place.kind === 'total' && unrecorded > 0) return words.totalExcept(decimal(unrecorded));
  return placeName(row.place, words, false);
}

function absence(row: StateRow, words: Words): string {
  const value = observedShare(row.observed);
  if (value === null) return words.noRecord;
  if (value === 0) return words.noObservation;
  return row.areas ? words.notComputed : words.noRecord;
}

function tone(net: number): string {
  const shown = Math.round(net);
  return shown > 0 ? 'up' : shown < 0 ? 'down' : '';
}
