import { CHANGE_CLASSES } from '../../kernels/classes.js';
import type { ReportDocument } from './document-schema.js';
import { counted, km2, m2, mu, type Sheet, seen, seenColumns, text } from './sheet.js';
import { AREA_KEYS } from './tally.js';
import { areaName, type Words } from './words.js';

/** The sheets of single months: a district's first one, and the trend. */

export function firstMonthSheet({ first_month: first, lang }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.firstMonth,
    columns: [
      text(words.date, 10),
      text(words.subdistrict, 18),
      text(words.code, 12),
      text(words.landState, 12),
      m2(words.area),
      mu(words.area, words),
      km2(words.area),
      ...seenColumns(words),
    ],
    rows: (first?.places ?? []).flatMap(({ place, observed, states }) =>
      AREA_KEYS.map((key) => {
        const area = states?.[key] ?? null;
        const areas = [area?.m2 ?? null, area?.mu ?? null, area?.km2 ?? null];
        return [
          first?.date ?? null,
          place.name,
          place.code,
          areaName(key, lang),
          ...areas,
          ...seen(observed),
        ];
      }),
    ),
  };
}

export function trendStatesSheet({ trend, lang }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.trendStates,
    columns: [
      text(words.date, 10),
      ...seenColumns(words),
      ...AREA_KEYS.flatMap((key) => [m2(areaName(key, lang)), mu(areaName(key, lang), words)]),
    ],
    rows: trend.map((point) => [
      point.month,
      ...seen(point.observed),
      ...AREA_KEYS.flatMap((key) => {
        const area = point.states?.[key] ?? null;
        return [area?.m2 ?? null, area?.mu ?? null];
      }),
    ]),
  };
}

export function trendPatchesSheet({ trend, lang }: ReportDocument, words: Words): Sheet {
  return {
    name: words.sheets.trendPatches,
    columns: [
      text(words.date, 10),
      ...seenColumns(words),
      ...CHANGE_CLASSES.flatMap((c) => [counted(`${c[lang]} (${words.unitCount})`), m2(c[lang])]),
    ],
    rows: trend.map((point) => [
      point.month,
      ...seen(point.observed),
      ...CHANGE_CLASSES.flatMap(({ name }) => {
        const sum = point.classes?.[name] ?? null;
        return [sum?.count ?? null, sum?.area.m2 ?? null];
      }),
    ]),
  };
}
