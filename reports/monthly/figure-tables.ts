import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { type Html, html } from '../shared/html.js';
import type { Lang } from '../shared/lang.js';
import { decimal, mu, NONE, signed, squareMetres } from '../shared/numbers.js';
import { rankPlaces } from './ranking.js';
import { observedWords } from './summary.js';
import type { ComparisonSums } from './sums.js';
import { observedCell } from './tables.js';
import { type AreaKey, type ClassSum, observedShare, sumPatches } from './tally.js';
import { areaName, type Words } from './words.js';

/** Patches by class and state; null where there is none at all. */
export function lifeTable(sums: ComparisonSums, lang: Lang, words: Words): Html | null {
  if (sums.comparison.patches.length === 0) return null;
  const cell = (sum: ClassSum, name = '') =>
    sum.count === 0
      ? html`<td class="${name} none">${NONE}</td>`
      : html`<td class="${name}"><b>${decimal(sum.count)}</b><br>${squareMetres(sum.areaM2)}</td>`;
  const add = (...parts: readonly ClassSum[]): ClassSum => ({
    count: parts.reduce((n, p) => n + p.count, 0),
    areaM2: parts.reduce((n, p) => n + p.areaM2, 0),
  });
  const rows = CHANGE_CLASSES.map((c) => ({ name: c[lang], colour: c.colour, life: sums.lives[c.name] }));
  const { patchStates } = words;
  const all = (key: keyof typeof patchStates) => add(...rows.map((r) => r.life[key]));
  return html`<h3>${words.classStates}</h3><p class="note">${words.classStatesUnits(observedWords(sums.whole.observed, words))}</p><div class="scroll short"><table class="lives"><thead><tr><th class="text">${words.class}</th><th>${patchStates.suspected}</th><th>${patchStates.confirmed}</th><th>${words.standing}</th><th>${patchStates.dismissed}</th></tr></thead><tbody>${rows.map(
    ({ name, colour, life }) =>
      html`<tr><th class="text"><span class="dot" style="background:${colour}"></span>${name}</th>${cell(life.suspected)}${cell(life.confirmed)}${cell(add(life.suspected, life.confirmed), 'sum')}${cell(life.dismissed)}</tr>`,
  )}<tr class="total"><th class="text">${words.total}</th>${cell(all('suspected'))}${cell(all('confirmed'))}${cell(sums.whole.total)}${cell(all('dismissed'))}</tr></tbody></table></div>`;
}

const NETS: readonly AreaKey[] = ['built', 'water', 'forest_green'];

/** Subdistricts by patch area; null where there are fewer than two to rank. */
export function rankTable(sums: ComparisonSums, lang: Lang, words: Words): Html | null {
  const ranked = rankPlaces(sums);
  if (ranked.length < 2 || ranked.every(({ row }) => row.total.count === 0)) return null;
  const nets = NETS.filter((key) => sums.computed.includes(key));
  const net = (code: string | null, key: AreaKey) => {
    const areas = sums.states.find(
      (row) => row.place.kind === 'subdistrict' && row.place.code === code,
    )?.areas;
    return areas ? signed(areas[key][1] - areas[key][0]) : NONE;
  };
  const building = (sum: ClassSum) => {
    if (sums.comparison.notComputed.includes('building_new')) return words.notComputed;
    return sum.count === 0 ? NONE : `${decimal(sum.count)} / ${squareMetres(sum.areaM2)}`;
  };
  return html`<h3>${words.rankTitle}</h3><p class="note">${words.rankNote}</p><div class="scroll short"><table class="ranking"><thead><tr><th>${words.rank}</th><th class="place">${words.subdistrict}</th><th>${words.observedHead}</th><th>${words.patchCount}</th><th>${words.patchM2}</th><th>${words.patchMu}</th><th>${words.perKm2}</th><th>${words.newBuildings}</th>${nets.map((key) => html`<th>${words.netOf(areaName(key, lang))}</th>`)}</tr></thead><tbody>${ranked.map(
    ({ rank, row, m2PerKm2 }) =>
      html`<tr><td>${rank}</td><th class="place">${row.place.name}</th><td>${observedCell(row.observed, words)}</td><td>${decimal(row.total.count)}</td><td>${squareMetres(row.total.areaM2)}</td><td>${mu(row.total.areaM2)}</td><td>${m2PerKm2 === null ? NONE : decimal(m2PerKm2)}</td><td>${building(row.classes.building_new)}</td>${nets.map((key) => html`<td>${net(row.place.code, key)}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** The months whose patches a comparison sums; null where a run compared the two dates. */
export function monthsTable(sums: ComparisonSums, lang: Lang, words: Words): Html | null {
  const { months, notComputed } = sums.comparison;
  if (!months) return null;
  const classes = CHANGE_CLASSES.filter((c) => !notComputed.includes(c.name));
  const cell = (sum: ClassSum, name = '') =>
    sum.count === 0
      ? html`<td class="${name} none">${NONE}</td>`
      : html`<td class="${name}"><b>${decimal(sum.count)}</b><br>${squareMetres(sum.areaM2)}</td>`;
  const row = (m: NonNullable<typeof months>[number]) => {
    const head = html`<th class="text">${m.month}</th><td>${m.before ?? NONE}</td><td>${observedCell(m.observed, words)}</td>`;
    if (m.before === null || observedShare(m.observed) === 0) {
      const why = m.before === null ? words.noMom : words.noObservation;
      return html`<tr>${head}<td colspan="${classes.length + 1}" class="none">${why}</td></tr>`;
    }
    const own = sums.ranked.filter((p) => p.after === m.month);
    return html`<tr>${head}${classes.map((c) => cell(sumPatches(own.filter((p) => p.class === c.name))))}${cell(sumPatches(own), 'sum')}</tr>`;
  };
  return html`<h3>${words.monthsTitle}</h3><p class="note">${words.monthsNote}</p><div class="scroll short"><table class="classes months"><thead><tr><th class="text">${words.date}</th><th>${words.comparedWith}</th><th>${words.observedHead}</th>${classes.map((c) => html`<th>${c[lang]}</th>`)}<th>${words.total}</th></tr></thead><tbody>${months.map(row)}<tr class="total"><th class="text">${words.total}</th><td></td><td>${observedCell(sums.whole.observed, words)}</td>${classes.map((c) => cell(sums.whole.classes[c.name]))}${cell(sums.whole.total)}</tr></tbody></table></div>`;
}
