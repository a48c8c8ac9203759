import { CHANGE_CLASSES } from '../../kernels/classes.js';
import { instantWords } from '../shared/dates.js';
import type { ReportDocument } from './document-schema.js';
import { leadSheets } from './lead-sheets.js';
import {
  counted,
  km2,
  M2,
  m2,
  mu,
  PERCENT,
  type Sheet,
  type SheetColumn,
  seen,
  seenColumns,
  text,
} from './sheet.js';
import { AREA_KEYS } from './tally.js';
import { firstMonthSheet, trendPatchesSheet, trendStatesSheet } from './trend-sheets.js';
import { areaName, className, stateWords, type Words, wordsOf } from './words.js';

type Comparison = ReportDocument['comparisons'][number];

/** The tables of the workbook, those without a row left out. Pure. */
export function reportSheets(document: ReportDocument): Sheet[] {
  const words = wordsOf(document.lang);
  return [
    summarySheet(document, words),
    placesSheet(document, words),
    statesSheet(document, words),
    livesSheet(document, words),
    rankingSheet(document, words),
    patchesSheet(document, words),
    monthsSheet(document, words),
    firstMonthSheet(document, words),
    trendStatesSheet(document, words),
    trendPatchesSheet(document, words),
    ...leadSheets(document, words),
  ].filter(({ rows }) => rows.length > 0);
}

function summarySheet(document: ReportDocument, words: Words): Sheet {
  const { district, month, since, comparisons, lang } = document;
  const span = since === null ? month : words.monthsFromTo(since, month);
  const compared = comparisons.map((c) => words.comparedDates(words.against[c.against], c.before, c.after));
  return {
    name: words.sheets.summary,
    columns: [text(words.item, 16), text(words.content, 110)],
    rows: [
      [words.district, district],
      [since === null ? words.month : words.period, span],
      ...compared.map((line) => [words.compared, line]),
      [words.generated, instantWords(document.generated_at, lang, document.time_zone)],
      ...document.summary.map((line) => [words.summary, line]),
      ...comparisons.flatMap((c) => c.notes.map((line) => [words.notes, line])),
      ...document.method.map((line) => [words.method, line]),
      [words.method, document.disclaimer],
    ],
  };
}

function pairColumns(words: Words): SheetColumn[] {
  return [text(words.comparison, 12), text(words.before, 10), text(words.after, 10)];
}

function pair(c: Comparison, words: Words): string[] {
  return [words.against[c.against], c.before, c.after];
}

function placesSheet({ comparisons, lang }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.places,
    columns: [
      ...pairColumns(words),
      text(words.subdistrict, 18),
      text(words.code, 12),
      ...seenColumns(words),
      ...CHANGE_CLASSES.flatMap((c) => [counted(`${c[lang]} (${words.unitCount})`), m2(c[lang])]),
      counted(`${words.total} (${words.unitCount})`),
      m2(words.total),
      mu(words.total, words),
      km2(words.total),
    ],
    rows: comparisons.flatMap((c) =>
      c.places.map(({ place, observed, classes, patches }) => [
        ...pair(c, words),
        place.name,
        place.code,
        ...seen(observed),
        ...CHANGE_CLASSES.flatMap(({ name }) => {
          const sum = classes?.[name] ?? null;
          return [sum?.count ?? null, sum?.area.m2 ?? null];
        }),
        patches?.count ?? null,
        patches?.area.m2 ?? null,
        patches?.area.mu ?? null,
        patches?.area.km2 ?? null,
      ]),
    ),
  };
}

function statesSheet({ comparisons, lang }: ReportDocument, words: Words): Sheet {
  const triple = (head: string) => [m2(head), mu(head, words), km2(head)];
  return {
    name: words.sheets.states,
    columns: [
      ...pairColumns(words),
      text(words.subdistrict, 18),
      text(words.code, 12),
      text(words.landState, 12),
      ...triple(words.before),
      ...triple(words.after),
      ...triple(words.net),
      { head: `${words.percent} (%)`, format: PERCENT, width: 12 },
      m2(words.gain),
      m2(words.loss),
      ...seenColumns(words),
    ],
    rows: comparisons.flatMap((c) =>
      c.places.flatMap(({ place, observed, states }) =>
        AREA_KEYS.map((key) => {
          const s = states?.[key] ?? null;
          const triples = [s?.before, s?.after, s?.net].flatMap((a) => [
            a?.m2 ?? null,
            a?.mu ?? null,
            a?.km2 ?? null,
          ]);
          const percent = s?.percent ?? null;
          return [
            ...pair(c, words),
            place.name,
            place.code,
            areaName(key, lang),
            ...triples,
            percent === null ? null : percent / 100,
            s?.gain?.m2 ?? null,
            s?.loss?.m2 ?? null,
            ...seen(observed),
          ];
        }),
      ),
    ),
  };
}

function livesSheet({ comparisons, lang }: ReportDocument, words: Words): Sheet {
  const states = ['suspected', 'confirmed', 'dismissed'] as const;
  return {
    name: words.sheets.classStates,
    columns: [
      ...pairColumns(words),
      text(words.class, 18),
      ...states.flatMap((state) => [
        counted(`${stateWords(state, words)} (${words.unitCount})`),
        m2(stateWords(state, words)),
      ]),
      ...seenColumns(words),
    ],
    rows: comparisons.flatMap((c) =>
      c.class_states.map((life) => [
        ...pair(c, words),
        className(life.class, lang),
        ...states.flatMap((state) => [life[state].count, life[state].area.m2]),
        ...seen(c.places.at(-1)?.observed ?? null),
      ]),
    ),
  };
}

function rankingSheet({ comparisons }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.ranking,
    columns: [
      ...pairColumns(words),
      counted(words.rank),
      text(words.subdistrict, 18),
      text(words.code, 12),
      counted(words.patchCount),
      { head: words.patchM2, format: M2, width: 15 },
      { head: words.perKm2, format: '#,##0.0', width: 16 },
      ...seenColumns(words),
    ],
    rows: comparisons.flatMap((c) =>
      c.ranking.map((r) => [
        ...pair(c, words),
        r.rank,
        r.place.name,
        r.place.code,
        r.patches.count,
        r.patches.area.m2,
        r.m2_per_km2,
        ...seen(r.observed),
      ]),
    ),
  };
}

function patchesSheet({ comparisons, lang }: ReportDocument, words: Words): Sheet {
  const degrees = { format: '0.0000000', width: 14 };
  return {
    name: words.sheets.patches,
    columns: [
      ...pairColumns(words),
      counted(words.rank),
      text(words.number, 26),
      text(words.class, 16),
      text(words.subdistrict, 18),
      m2(words.area),
      mu(words.area, words),
      { head: words.confidence, format: '0.00', width: 10 },
      text(words.state, 12),
      text(words.toBare, 12),
      { head: words.lon, ...degrees },
      { head: words.lat, ...degrees },
    ],
    rows: comparisons.flatMap((c) =>
      c.patches.map((p) => [
        ...pair({ ...c, before: p.before ?? c.before, after: p.after ?? c.after }, words),
        p.rank,
        p.number,
        className(p.class, lang),
        p.subdistrict ?? words.outside,
        p.area.m2,
        p.area.mu,
        p.confidence,
        stateWords(p.state, words),
        p.to_bare ? words.yes : words.no,
        p.lon,
        p.lat,
      ]),
    ),
  };
}

function monthsSheet({ comparisons, lang }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.months,
    columns: [
      text(words.comparison, 12),
      text(words.date, 10),
      text(words.comparedWith, 10),
      ...seenColumns(words),
      ...CHANGE_CLASSES.flatMap((c) => [counted(`${c[lang]} (${words.unitCount})`), m2(c[lang])]),
      counted(`${words.total} (${words.unitCount})`),
      m2(words.total),
    ],
    rows: comparisons.flatMap((c) =>
      (c.months ?? []).map((m) => [
        words.against[c.against],
        m.month,
        m.before,
        ...seen(m.observed),
        ...CHANGE_CLASSES.flatMap(({ name }) => {
          const sum = m.classes?.[name] ?? null;
          return [sum?.count ?? null, sum?.area.m2 ?? null];
        }),
        m.patches?.count ?? null,
        m.patches?.area.m2 ?? null,
      ]),
    ),
  };
}
