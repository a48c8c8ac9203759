import { BadInput } from '../../raster/errors.js';
import { addMonths, calendarMonths } from '../../vector/month.js';
import { listAreas } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { leadFigures, leadMonths } from '../../vector/store/lead-figures.js';
import { listMonthFigures } from '../../vector/store/month-figures.js';
import { listRuns, publishedRun, type RunRecord } from '../../vector/store/runs.js';
import { listSubdistricts } from '../../vector/store/subdistricts.js';
import { type ComparisonSources, openingMonth, runComparison, spanComparison } from './gather-comparison.js';
import { mapPicture } from './gather-pictures.js';
import { computedStates, gridOfRun, sensorTitles, summaryOf, usableOf } from './gather-run.js';
import type { Comparison, MonthStates, ReportInput, ReportLeads, TrendPoint } from './input.js';

export interface GatherRequest extends ComparisonSources {
  readonly month: string;
  /** `mom`, `yoy` or an earlier month, YYYY-MM. Null: what is published of mom and yoy, or with `since` the period alone. */
  readonly against: readonly string[] | null;
  /** First month of a period that ends with `month`; null for a month's report. */
  readonly since: string | null;
  readonly district: string;
  readonly generatedAt: string;
  readonly timeZone: string;
  readonly synthetic: boolean;
}

/** Collects from the database and the scenes what the report prints. @throws BadInput where nothing is published for the month. */
export async function gatherReport(db: Db, request: GatherRequest): Promise<ReportInput> {
  const { month, lang, district, generatedAt, timeZone, synthetic, since } = request;
  const comparisons = await gatherComparisons(db, request);
  const first = comparisons.length === 0 ? await publishedRun(db, { month, against: 'first' }) : null;
  if (comparisons.length === 0 && first === null) {
    throw new BadInput(`Month ${month} has no published run; run it first: tuban run --month ${month}`);
  }
  const leads = await gatherLeads(db, request);
  return {
    lang,
    district,
    month,
    ...(since === null ? {} : { since }),
    generatedAt,
    timeZone,
    synthetic,
    comparisons,
    ...(first === null ? {} : { firstMonth: await monthStates(db, first, request) }),
    subdistricts: await listSubdistricts(db),
    trend: await gatherTrend(db, month),
    ...(leads === null ? {} : { leads }),
  };
}

async function gatherComparisons(db: Db, request: GatherRequest): Promise<Comparison[]> {
  const { month, since, against } = request;
  const result: Comparison[] = [];
  // a month that is named may be the one that mom or yoy has told of
  const add = (one: Comparison) => {
    if (!result.some((c) => c.before === one.before && c.against === one.against)) result.push(one);
  };
  if (since !== null) {
    if (since > month)
      throw new BadInput(`--since ${since} is after --month ${month}; expected it or earlier`);
    const before = await openingMonth(db, since, month);
    // a district's first month alone has no change to sum
    if (before < month) add(await spanComparison(db, { before, after: month, against: 'period' }, request));
  }
  for (const wanted of against ?? (since === null ? ['mom', 'yoy'] : [])) {
    if (wanted !== 'mom' && wanted !== 'yoy') {
      add(await chosenPair(db, wanted, request));
      continue;
    }
    const run = await publishedRun(db, { month, against: wanted });
    if (run !== null) add(await runComparison(db, run, wanted, request));
    else if (against !== null) {
      throw new BadInput(
        `Month ${month} has no published ${wanted} run; run it first: tuban run --month ${month} --against ${wanted}`,
      );
    }
  }
  return result;
}

/** From the run that compared the two months, if there is one; else from what the months kept. */
async function chosenPair(db: Db, before: string, request: GatherRequest): Promise<Comparison> {
  const { month } = request;
  if (before >= month) {
    throw new BadInput(`--against ${before} is not before --month ${month}; expected an earlier month`);
  }
  const runs = await listRuns(db, { month, status: 'published' });
  const own = runs.find((run) => run.beforeMonth === before);
  if (own === undefined || own.against === 'first') {
    return spanComparison(db, { before, after: month, against: 'pair' }, request);
  }
  return runComparison(db, own, own.against, request);
}

async function monthStates(db: Db, run: RunRecord, request: GatherRequest): Promise<MonthStates> {
  const grid = gridOfRun(run);
  const summary = summaryOf(run);
  const areas = await listAreas(db, { month: run.month, against: 'first' });
  return {
    date: run.month,
    sensors: sensorTitles(summary.sensors.after, request.lang),
    grid,
    areas: areas.flatMap((area) =>
      computedStates(summary.not_computed).map((state) => ({
        subdistrictCode: area.subdistrictCode,
        state,
        areaM2: area.states[state].areaM2,
      })),
    ),
    usable: usableOf(areas),
    map: (await mapPicture(await request.openMonth(run.month), grid)).picture,
    notes: summary.notes,
  };
}

/** Every month of the calendar from the first stored one on: one that is not stored is a gap, not a jump. */
async function gatherTrend(db: Db, month: string): Promise<TrendPoint[]> {
  const figures = await listMonthFigures(db, month);
  if (figures.length === 0) return [];
  return calendarMonths(figures[0].month, month).map((name): TrendPoint => {
    const own = figures.find((f) => f.month === name);
    if (own === undefined) return { month: name, observed: null, states: null, classes: null };
    const computed = computedStates(own.notComputed);
    return {
      month: name,
      observed: { usableM2: own.usableM2, totalM2: own.totalM2 },
      states: Object.fromEntries(computed.map((state) => [state, own.states[state] ?? 0])),
      classes: own.before === null ? null : own.classes.filter((c) => !own.notComputed.includes(c.class)),
    };
  });
}

/** Null where no lead was ever made up to the month. */
async function gatherLeads(db: Db, request: GatherRequest): Promise<ReportLeads | null> {
  const { month, since, generatedAt, timeZone } = request;
  const known = await leadMonths(db);
  if (known === null || known.first > month) return null;
  const span = async (from: string) => ({
    from,
    to: month,
    figures: await leadFigures(db, { from, to: month, asOf: generatedAt, timeZone }),
  });
  const yearAgo = addMonths(month, -11);
  const from = since ?? month;
  return { own: await span(from), year: await span(from < yearAgo ? from : yearAgo) };
}
