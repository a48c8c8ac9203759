import type { z } from 'zod';
import { CHANGE_CLASSES, type ChangeClassName, M2_PER_MU } from '../../kernels/classes.js';
import type { TeamFigures } from '../../vector/store/lead-figures.js';
import type { ReportDocument } from './document-schema.js';
import type { Comparison, LeadSpan, MonthStates, ReportInput, TrendPoint } from './input.js';
import { methodLines } from './method.js';
import { rankPlaces } from './ranking.js';
import { summaryLines } from './summary.js';
import { type ComparisonSums, sumComparison, sumMonth } from './sums.js';
import {
  type AreaKey,
  byClass,
  byState,
  type ClassRow,
  type ClassSum,
  FLOWS,
  LOW_OBSERVED,
  type Observed,
  observedShare,
  type Place,
  type StateRow,
} from './tally.js';
import { isDrawn, trendArea, trendClass } from './trend.js';
import { placeName, type Words, wordsOf } from './words.js';

type Doc = z.infer<typeof ReportDocument>;
type DocComparison = Doc['comparisons'][number];
type DocPlace = DocComparison['places'][number];

/** The report's numbers as plain data (schema in document-schema.ts), from the same sums as the page. Pure. */
export function reportDocument(input: ReportInput): Doc {
  const words = wordsOf(input.lang);
  const sums = input.comparisons.map((c) => sumComparison(c, input.subdistricts));
  const first = sums.length === 0 ? (input.firstMonth ?? null) : null;
  return {
    schema: 'tuban-report/1',
    lang: input.lang,
    district: input.district,
    month: input.month,
    since: input.since ?? null,
    generated_at: input.generatedAt,
    time_zone: input.timeZone ?? 'Asia/Shanghai',
    synthetic: input.synthetic,
    disclaimer: words.disclaimer,
    method: methodLines(input, words),
    summary: summaryLines(input, sums, words),
    low_observed: LOW_OBSERVED,
    comparisons: sums.map((s) => comparisonOf(s, words)),
    first_month: first && firstMonthOf(first, input, words),
    trend: (input.trend ?? []).map(trendOf),
    leads: input.leads ? { own: leadSpan(input.leads.own), year: leadSpan(input.leads.year) } : null,
  };
}

function comparisonOf(sums: ComparisonSums, words: Words): DocComparison {
  const c = sums.comparison;
  const rows = [...sums.places, sums.whole];
  return {
    against: c.against,
    before: c.before,
    after: c.after,
    sensors: { before: [...c.sensors.before], after: [...c.sensors.after] },
    crs: c.grid.crs.name,
    resolution_m: c.grid.resolution * c.grid.crs.metresPerUnit,
    minimum_area_m2: c.minimumAreaM2 ?? null,
    not_computed: [...c.notComputed],
    notes: [...c.notes],
    places: rows.map((row, i) => placeOf(row, sums.states[i], sums, words)),
    class_states: CHANGE_CLASSES.map(({ name }) => ({
      class: name,
      suspected: sum(sums.lives[name].suspected),
      confirmed: sum(sums.lives[name].confirmed),
      dismissed: sum(sums.lives[name].dismissed),
    })),
    ranking: rankPlaces(sums).map(({ rank, row, m2PerKm2 }) => ({
      rank,
      place: place(row.place, words),
      observed: observed(row.observed),
      patches: sum(row.total),
      new_buildings: c.notComputed.includes('building_new') ? null : sum(row.classes.building_new),
      m2_per_km2: m2PerKm2,
    })),
    patches: sums.ranked.map((p, i) => ({
      rank: i + 1,
      number: p.number,
      class: p.class,
      subdistrict_code: p.subdistrictCode,
      subdistrict: p.subdistrict,
      area: area(p.areaM2),
      confidence: p.confidence,
      state: p.state,
      to_bare: p.toBare,
      before: p.before,
      after: p.after,
      lon: p.centroid[0],
      lat: p.centroid[1],
    })),
    months: c.months ? spanMonths(sums, c.months) : null,
  };
}

/** Patches by the month they were first seen in. */
function spanMonths(
  sums: ComparisonSums,
  months: NonNullable<Comparison['months']>,
): NonNullable<DocComparison['months']> {
  return months.map(({ month, before, observed: seen }) => {
    const own = sums.ranked.filter((p) => p.after === month);
    const of = (patches: typeof own) => ({
      count: patches.length,
      area: area(patches.reduce((total, p) => total + p.areaM2, 0)),
    });
    const known = before !== null && observedShare(seen) !== 0;
    return {
      month,
      before,
      observed: observed(seen),
      classes: known
        ? byClass((name) =>
            sums.comparison.notComputed.includes(name) ? null : of(own.filter((p) => p.class === name)),
          )
        : null,
      patches: known ? of(own) : null,
    };
  });
}

function placeOf(row: ClassRow, states: StateRow, sums: ComparisonSums, words: Words): DocPlace {
  const { notComputed } = sums.comparison;
  const blind = observedShare(row.observed) === 0 && row.total.count === 0;
  const change = (key: AreaKey) => {
    if (!states.areas || !sums.computed.includes(key)) return null;
    const [before, after] = states.areas[key];
    const flow = FLOWS[key];
    const known = (name: ChangeClassName | undefined) =>
      name === undefined || notComputed.includes(name) ? null : area(row.classes[name].areaM2);
    return {
      before: area(before),
      after: area(after),
      net: area(after - before),
      percent: before > 0 ? (100 * (after - before)) / before : null,
      gain: known(flow?.gain),
      loss: known(flow?.loss),
    };
  };
  return {
    place: place(row.place, words, sums.places.length === 1),
    observed: observed(row.observed),
    states: states.areas && byState(change),
    classes: blind ? null : byClass((name) => (notComputed.includes(name) ? null : sum(row.classes[name]))),
    patches: blind ? null : sum(row.total),
  };
}

function firstMonthOf(month: MonthStates, input: ReportInput, words: Words): NonNullable<Doc['first_month']> {
  const sums = sumMonth(month, input.subdistricts);
  return {
    date: month.date,
    sensors: [...month.sensors],
    notes: [...month.notes],
    places: sums.states.map((row) => ({
      place: place(row.place, words),
      observed: observed(row.observed),
      states:
        row.areas &&
        byState((key) => (row.areas && sums.computed.includes(key) ? area(row.areas[key][0]) : null)),
    })),
  };
}

function trendOf(point: TrendPoint): Doc['trend'][number] {
  const seen = point.states !== null && observedShare(point.observed) !== 0;
  const areaOrNull = (m2: number | null) => (m2 === null ? null : area(m2));
  const sumOrNull = (one: ClassSum | null) => (one === null ? null : sum(one));
  return {
    month: point.month,
    observed: observed(point.observed),
    drawn: isDrawn(point),
    states: seen ? byState((key) => areaOrNull(trendArea(point, key))) : null,
    classes: seen && point.classes ? byClass((name) => sumOrNull(trendClass(point, name))) : null,
  };
}

function leadSpan({ from, to, figures }: LeadSpan): NonNullable<Doc['leads']>['own'] {
  return {
    from,
    to,
    total: figures.total,
    dispositions: figures.dispositions.map((d) => ({ ...d })),
    statuses: figures.statuses.map((s) => ({ ...s })),
    teams: figures.teams.map(team),
    all: team(figures.all),
  };
}

function team(t: TeamFigures): NonNullable<Doc['leads']>['own']['all'] {
  const decided = t.confirmed + t.rejected + t.notFound;
  return {
    team: t.team,
    sent: t.sent,
    visited: t.visited,
    in_time: t.inTime,
    late: t.late,
    overdue: t.overdue,
    confirmed: t.confirmed,
    rejected: t.rejected,
    not_found: t.notFound,
    confirmed_share: decided > 0 ? t.confirmed / decided : null,
    rejected_share: decided > 0 ? t.rejected / decided : null,
    median_days: t.medianDays,
  };
}

/** @param alone there are no subdistricts, so that the outside is all there is */
function place(p: Place, words: Words, alone = false): DocPlace['place'] {
  return { kind: p.kind, code: p.code, name: placeName(p, words, alone) };
}

function area(m2: number): { m2: number; mu: number; km2: number } {
  return { m2, mu: m2 / M2_PER_MU, km2: m2 / 1e6 };
}

function sum(s: ClassSum) {
  return { count: s.count, area: area(s.areaM2) };
}

function observed(o: Observed): DocPlace['observed'] {
  const share = observedShare(o);
  if (o === null || share === null) return null;
  return { usable_m2: o.usableM2, total_m2: o.totalM2, share, not_observed_share: 1 - share };
}
