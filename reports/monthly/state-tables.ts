import { type Html, html } from './html.js';
import type { Lang } from './input.js';
import { decimal, mu, NONE, relativeChange, share, signed, signedMu, squareMetres } from './numbers.js';
import { observedCell, placeName, printedRows } from './tables.js';
import { AREA_KEYS, type AreaKey, observedShare, type StateRow } from './tally.js';
import { areaName, type Words } from './words.js';

/** No number of these tables stands without the observed share of its place: both are cells of one row or row group. */

/** Area before, after, net and relative change of the last row (the sum), a line a state. */
export function changeOfWhole(
  rows: readonly StateRow[],
  computed: readonly AreaKey[],
  lang: Lang,
  words: Words,
): Html {
  const whole = rows[rows.length - 1];
  const observed = observedCell(whole.observed, words);
  const line = (key: AreaKey) => {
    const name = html`<th class="text${key === 'forest_green' && ' sum'}">${areaName(key, lang)}</th>`;
    if (!whole.areas || !computed.includes(key)) {
      return html`<tr>${name}<td colspan="7" class="none">${absence(whole, words)}</td><td>${observed}</td></tr>`;
    }
    const [before, after] = whole.areas[key];
    const net = after - before;
    return html`<tr${key === 'forest_green' && html` class="sub"`}>${name}<td>${squareMetres(before)}</td><td>${mu(before)}</td><td>${squareMetres(after)}</td><td>${mu(after)}</td><td class="${tone(net)}">${signed(net)}</td><td class="${tone(net)}">${signedMu(net)}</td><td class="${tone(net)}">${relativeChange(before, after) ?? NONE}</td><td>${observed}</td></tr>`;
  };
  const pair = html`<th>m²</th><th>${words.muUnit}</th>`;
  return html`<div class="scroll short"><table class="states"><thead><tr><th rowspan="2" class="text">${words.landState}</th><th colspan="2">${words.before}</th><th colspan="2">${words.after}</th><th colspan="2">${words.net}</th><th rowspan="2">${words.percent}</th><th rowspan="2">${words.observedHead}</th></tr><tr>${pair}${pair}${pair}</tr></thead><tbody>${AREA_KEYS.map(line)}</tbody></table></div>`;
}

/** The same by place, in m²: a group of four lines a place, the sum last. Null where the whole is the only place. */
export function changeByPlace(
  rows: readonly StateRow[],
  computed: readonly AreaKey[],
  lang: Lang,
  words: Words,
): Html | null {
  if (printedRows(rows).length < 2) return null;
  return html`<div class="scroll"><table class="states places"><thead><tr><th class="place">${words.subdistrict}</th><th>${words.observedHead}</th><th></th>${AREA_KEYS.map((key) => html`<th>${areaName(key, lang)}</th>`)}</tr></thead>${rows.map(
    (row) => changeGroup(row, rows, computed, words),
  )}</table></div>`;
}

function changeGroup(
  row: StateRow,
  rows: readonly StateRow[],
  computed: readonly AreaKey[],
  words: Words,
): Html {
  const areas = row.areas;
  const group = row.place.kind === 'total' ? 'total' : '';
  const head = (lines: number) =>
    html`<th class="place" rowspan="${lines}">${rowName(row, rows, words)}</th><td rowspan="${lines}">${observedCell(row.observed, words)}</td>`;
  if (!areas) {
    return html`<tbody class="${group}"><tr>${head(1)}<td colspan="${AREA_KEYS.length + 1}" class="none">${absence(row, words)}</td></tr></tbody>`;
  }
  const line = (name: string, text: (before: number, after: number) => string, coloured: boolean) =>
    html`<td class="text">${name}</td>${AREA_KEYS.map((key) => {
      if (!computed.includes(key)) return html`<td class="none">${words.notComputed}</td>`;
      const [before, after] = areas[key];
      return html`<td class="${coloured && tone(after - before)}">${text(before, after)}</td>`;
    })}`;
  return html`<tbody class="${group}"><tr>${head(4)}${line(words.before, (b) => squareMetres(b), false)}</tr><tr>${line(words.after, (_, a) => squareMetres(a), false)}</tr><tr>${line(words.net, (b, a) => signed(a - b), true)}</tr><tr>${line(words.percent, (b, a) => relativeChange(b, a) ?? NONE, true)}</tr></tbody>`;
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
