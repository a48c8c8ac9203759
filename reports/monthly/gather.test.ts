import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANGE_CLASSES, M2_PER_MU, STATES } from '../../kernels/classes.js';
import { BadInput } from '../../raster/errors.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { openTestDatabase, type TestDatabase } from '../../vector/store/testing.js';
import { decimal } from '../shared/numbers.js';
import { reportDocument } from './document.js';
import { ReportDocument } from './document-schema.js';
import { textOf } from './fixtures.js';
import { type GatherRequest, gatherReport } from './gather.js';
import { renderReport } from './report.js';
import { addMadeLeads, MADE_SUBDISTRICTS, pairAreas, publishMadeYear } from './testing/made-year.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  await replaceSubdistricts(test.db, MADE_SUBDISTRICTS);
  await publishMadeYear(test.db);
  await addMadeLeads(test.db);
});
afterAll(() => test?.dispose());

const REQUEST: GatherRequest = {
  month: '2026-08',
  against: null,
  since: null,
  lang: 'zh',
  district: '罗湖区',
  generatedAt: '2026-09-03T02:00:00Z',
  timeZone: 'Asia/Shanghai',
  synthetic: true,
  openMonth: async () => [],
  compareStates: async (before, after) => pairAreas(before, after),
};

const gather = (over: Partial<GatherRequest> = {}) => gatherReport(test.db, { ...REQUEST, ...over });
const documentOf = async (over: Partial<GatherRequest> = {}) =>
  ReportDocument.parse(JSON.parse(JSON.stringify(reportDocument(await gather(over)))));

/** A row of sums, asked of the tables themselves. */
async function sum(sql: string, params: readonly unknown[]): Promise<Record<string, number>> {
  const [row] = await test.db.query<Record<string, number | null>>(sql, params);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? 0]));
}

const STANDING = `retired_at IS NULL AND state <> 'dismissed'`;

describe.each(['mom', 'yoy'] as const)('the %s figures of a month', (against) => {
  const theirs = async () => {
    const { comparisons } = await documentOf();
    const found = comparisons.find((c) => c.against === against);
    if (!found) throw new Error(`no ${against} comparison`);
    return found;
  };

  it('of patches are what SQL counts, a place and class', async () => {
    const { places } = await theirs();
    expect(places.map((p) => p.place.code)).toEqual(['440303001', '440303002', '440303003', null]);
    for (const { place, classes, patches } of places) {
      const where = `month = '2026-08' AND against = $1 AND ${STANDING} AND ($2::text IS NULL OR subdistrict_code = $2)`;
      for (const { name } of CHANGE_CLASSES) {
        const { n, m2 } = await sum(
          `SELECT count(*)::int AS n, sum(area_m2) AS m2 FROM tuban.patch WHERE ${where} AND class = $3`,
          [against, place.code, name],
        );
        if (classes !== null) {
          expect(classes[name]).toEqual({ count: n, area: { m2, mu: m2 / M2_PER_MU, km2: m2 / 1e6 } });
        } else expect(n).toBe(0);
      }
      const all = await sum(`SELECT count(*)::int AS n, sum(area_m2) AS m2 FROM tuban.patch WHERE ${where}`, [
        against,
        place.code,
      ]);
      expect({ n: patches?.count ?? 0, m2: patches?.area.m2 ?? 0 }).toEqual(all);
    }
  });

  it('of land states are what SQL sums, and no number stands without its observed share', async () => {
    for (const { place, observed, states } of (await theirs()).places) {
      const scope = [against, place.code];
      const from = `FROM tuban.run r JOIN tuban.monthly_coverage c ON c.run_id = r.id
         WHERE r.month = '2026-08' AND r.against = $1 AND r.status = 'published' AND ($2::text IS NULL OR c.subdistrict_code = $2)`;
      const seen = await sum(`SELECT sum(c.usable_m2) AS usable, sum(c.total_m2) AS total ${from}`, scope);
      expect(observed).toMatchObject({ usable_m2: seen.usable, total_m2: seen.total });
      expect(observed?.share).toBeCloseTo(seen.usable / seen.total, 12);
      expect(observed?.not_observed_share).toBeCloseTo(1 - seen.usable / seen.total, 12);
      if (seen.usable === 0) expect(states).toBeNull();
      else {
        for (const { name } of STATES) {
          const { before, after } = await sum(
            `SELECT sum(a.before_area_m2) AS before, sum(a.area_m2) AS after FROM tuban.run r
             JOIN tuban.monthly_area a ON a.run_id = r.id WHERE r.month = '2026-08' AND r.against = $1
               AND r.status = 'published' AND a.state = $3 AND ($2::text IS NULL OR a.subdistrict_code = $2)`,
            [...scope, name],
          );
          const own = states?.[name];
          expect([own?.before.m2, own?.after.m2, own?.net.m2]).toEqual([before, after, after - before]);
          expect(own?.net.km2).toBeCloseTo((after - before) / 1e6, 12);
          if (before > 0) expect(own?.percent).toBeCloseTo((100 * (after - before)) / before, 9);
          else expect(own?.percent).toBeNull();
        }
        const both = (states?.forest?.after.m2 ?? 0) + (states?.green?.after.m2 ?? 0);
        expect(states?.forest_green?.after.m2).toBe(both);
      }
    }
  });

  it('of gains and losses are the patches of their classes', async () => {
    for (const { place, states } of (await theirs()).places) {
      for (const [state, gain, loss] of [
        ['built', 'building_new', 'building_removed'],
        ['water', 'water_gain', 'water_loss'],
        ['forest', 'forest_gain', 'forest_loss'],
      ] as const) {
        const flows = await sum(
          `SELECT sum(area_m2) FILTER (WHERE class = $3) AS gain, sum(area_m2) FILTER (WHERE class = $4) AS loss
           FROM tuban.patch WHERE month = '2026-08' AND against = $1 AND ${STANDING}
             AND ($2::text IS NULL OR subdistrict_code = $2)`,
          [against, place.code, gain, loss],
        );
        const own = states?.[state];
        if (own) expect({ gain: own.gain?.m2, loss: own.loss?.m2 }).toEqual(flows);
      }
      expect(states?.green?.gain ?? null).toBeNull();
    }
  });

  it('of subdistricts sum to those of the district', async () => {
    const { places } = await theirs();
    const [total, parts] = [places[places.length - 1], places.slice(0, -1)];
    for (const { name } of STATES) {
      const added = parts.reduce((s, p) => s + (p.states?.[name]?.after.m2 ?? 0), 0);
      expect(total.states?.[name]?.after.m2).toBe(added);
    }
    expect(total.patches?.count).toBe(parts.reduce((s, p) => s + (p.patches?.count ?? 0), 0));
    expect(total.observed?.usable_m2).toBe(parts.reduce((s, p) => s + (p.observed?.usable_m2 ?? 0), 0));
  });

  it('of states of patches, ranking and the largest are what SQL says', async () => {
    const { class_states, ranking, patches } = await theirs();
    for (const life of class_states) {
      for (const state of ['suspected', 'confirmed', 'dismissed'] as const) {
        const { n, m2 } = await sum(
          `SELECT count(*)::int AS n, sum(area_m2) AS m2 FROM tuban.patch
           WHERE month = '2026-08' AND against = $1 AND retired_at IS NULL AND class = $2 AND state = $3`,
          [against, life.class, state],
        );
        expect(life[state]).toMatchObject({ count: n, area: { m2 } });
      }
    }
    const places = await test.db.query<{ code: string; m2: number; density: number }>(
      `SELECT c.subdistrict_code AS code, coalesce(p.m2, 0) AS m2, 1e6 * coalesce(p.m2, 0) / c.usable_m2 AS density
       FROM tuban.run r JOIN tuban.monthly_coverage c ON c.run_id = r.id LEFT JOIN (
         SELECT subdistrict_code, sum(area_m2) AS m2 FROM tuban.patch
         WHERE month = '2026-08' AND against = $1 AND ${STANDING} GROUP BY 1) p USING (subdistrict_code)
       WHERE r.month = '2026-08' AND r.against = $1 AND r.status = 'published' AND c.usable_m2 > 0 ORDER BY m2 DESC`,
      [against],
    );
    expect(ranking.map((r) => [r.place.code, r.patches.area.m2])).toEqual(places.map((p) => [p.code, p.m2]));
    ranking.forEach((r, i) => {
      expect(r.m2_per_km2).toBeCloseTo(places[i].density, 6);
    });
    const largest = await test.db.query<{ number: string }>(
      `SELECT number FROM tuban.patch WHERE month = '2026-08' AND against = $1 AND ${STANDING}
       ORDER BY area_m2 DESC, number COLLATE "C"`,
      [against],
    );
    expect(patches.map((p) => p.number)).toEqual(largest.map((p) => p.number));
  });
});

describe('the trend', () => {
  it('has every month of the calendar, with the numbers SQL sums and gaps that are marked', async () => {
    const { trend } = await documentOf();
    expect(trend[0].month).toBe('2025-08');
    expect(trend).toHaveLength(13);
    for (const point of trend) {
      const stored = await test.db.query<{ id: number; against: string }>(
        `SELECT id, against FROM tuban.run WHERE month = $1 AND status = 'published' AND against <> 'yoy'`,
        [point.month],
      );
      if (stored.length === 0) {
        expect(point).toMatchObject({ observed: null, states: null, classes: null, drawn: false });
        continue;
      }
      const { usable, total } = await sum(
        'SELECT sum(usable_m2) AS usable, sum(total_m2) AS total FROM tuban.monthly_coverage WHERE run_id = $1',
        [stored[0].id],
      );
      expect(point.observed).toMatchObject({ usable_m2: usable, total_m2: total });
      expect(point.drawn).toBe(usable / total >= 0.8);
      if (usable === 0) {
        expect(point.states).toBeNull();
        continue;
      }
      for (const { name } of STATES) {
        const { m2 } = await sum(
          'SELECT sum(area_m2) AS m2 FROM tuban.monthly_area WHERE run_id = $1 AND state = $2',
          [stored[0].id, name],
        );
        expect(point.states?.[name]?.m2, `${point.month} ${name}`).toBe(m2);
      }
      if (stored[0].against === 'first') {
        expect(point.classes).toBeNull();
        continue;
      }
      for (const { name } of CHANGE_CLASSES) {
        const { n, m2 } = await sum(
          `SELECT count(*)::int AS n, sum(area_m2) AS m2 FROM tuban.patch
           WHERE month = $1 AND against = 'mom' AND ${STANDING} AND class = $2`,
          [point.month, name],
        );
        expect(point.classes?.[name], `${point.month} ${name}`).toMatchObject({ count: n, area: { m2 } });
      }
    }
  });

  it('says on the page which months are gaps, and why', async () => {
    const text = textOf(renderReport(await gather()));
    expect(text).toContain('2026-03（无结果）');
    expect(text).toContain('2026-06（观测占比 0%）');
  });
});

describe('leads', () => {
  it('are counted as SQL counts them', async () => {
    const { leads } = await documentOf();
    const own = await sum(
      `SELECT count(*)::int AS total, (count(*) FILTER (WHERE disposition = 'sent'))::int AS sent,
         (count(*) FILTER (WHERE disposition = 'sent' AND visited_at IS NOT NULL))::int AS visited
       FROM tuban.lead WHERE month = '2026-08'`,
      [],
    );
    expect({ total: leads?.own.total, sent: leads?.own.all.sent, visited: leads?.own.all.visited }).toEqual(
      own,
    );
    const year = await sum('SELECT count(*)::int AS total FROM tuban.lead', []);
    expect(leads?.year.total).toBe(year.total);
    expect(leads?.year.from).toBe('2025-09');
    const teams = leads?.year.teams ?? [];
    expect(teams.reduce((n, t) => n + t.sent, 0)).toBe(leads?.year.all.sent);
    for (const t of teams) {
      const decided = t.confirmed + t.rejected + t.not_found;
      expect(t.confirmed_share).toEqual(decided > 0 ? t.confirmed / decided : null);
    }
  });
});

describe('two chosen months', () => {
  it('that a run compared are that run’s', async () => {
    const { comparisons } = await documentOf({ against: ['2026-07'] });
    expect(comparisons.map((c) => [c.against, c.before, c.months])).toEqual([['mom', '2026-07', null]]);
  });

  it('that none compared have the patches of the months between and the states both kept', async () => {
    const { comparisons } = await documentOf({ against: ['2026-04'] });
    const [pair] = comparisons;
    expect([pair.against, pair.before, pair.after]).toEqual(['pair', '2026-04', '2026-08']);
    const all = await sum(
      `SELECT count(*)::int AS n, sum(area_m2) AS m2 FROM tuban.patch
       WHERE month > '2026-04' AND month <= '2026-08' AND against = 'mom' AND ${STANDING}`,
      [],
    );
    const total = pair.places[pair.places.length - 1];
    expect(total.patches).toMatchObject({ count: all.n, area: { m2: all.m2 } });
    const kept = pairAreas('2026-04', '2026-08');
    expect(total.states?.built?.after.m2).toBe(kept.reduce((s, a) => s + a.states.built.areaM2, 0));
    expect(total.observed?.usable_m2).toBe(kept.reduce((s, a) => s + a.usableM2, 0));
    // June was clouded: its patches are no zero
    expect(pair.months?.map((m) => [m.month, m.patches?.count ?? null])).toEqual([
      ['2026-05', 2],
      ['2026-06', null],
      ['2026-07', 3],
      ['2026-08', all.n - 5],
    ]);
  });

  it('without state rasters have patches and no areas, and say so', async () => {
    const input = await gather({ against: ['2026-04'], compareStates: async () => null });
    const [pair] = reportDocument(input).comparisons;
    expect(pair.places.every((p) => p.states === null && p.observed === null)).toBe(true);
    expect(textOf(renderReport(input))).toContain('没有留存土地状态栅格');
  });

  it('must be stored, and the first before the second', async () => {
    await expect(gather({ against: ['2026-03'] })).rejects.toThrow(
      /Month 2026-03 has no published run .*tuban run --month 2026-03/,
    );
    await expect(gather({ against: ['2026-08'] })).rejects.toBeInstanceOf(BadInput);
    await expect(gather({ against: ['2026-09'] })).rejects.toThrow(/expected an earlier month/);
  });
});

describe('a period', () => {
  it('sums the patches of its months, and compares from the month before it', async () => {
    const document = await documentOf({ since: '2026-05' });
    expect(document.since).toBe('2026-05');
    expect(document.comparisons.map((c) => [c.against, c.before])).toEqual([['period', '2026-04']]);
    const all = await sum(
      `SELECT count(*)::int AS n FROM tuban.patch
       WHERE month BETWEEN '2026-05' AND '2026-08' AND against = 'mom' AND ${STANDING}`,
      [],
    );
    expect(document.comparisons[0].places.at(-1)?.patches?.count).toBe(all.n);
    expect(document.leads?.own.from).toBe('2026-05');
  });

  it('whose first months nobody ran begins with the first that somebody did', async () => {
    const [period] = (await documentOf({ since: '2026-01' })).comparisons;
    expect([period.before, period.months?.[0].month]).toEqual(['2025-08', '2026-04']);
  });

  it('must begin before it ends', async () => {
    await expect(gather({ since: '2026-09' })).rejects.toThrow(/--since 2026-09 is after --month 2026-08/);
  });
});

describe('the page', () => {
  it.each(['zh', 'en'] as const)('prints in %s the numbers of the document', async (lang) => {
    const input = await gather({ lang });
    const text = textOf(renderReport(input));
    for (const c of reportDocument(input).comparisons) {
      for (const place of c.places) {
        expect(text).toContain(place.place.name);
        for (const [key, state] of Object.entries(place.states ?? {})) {
          // what is left over has a line of the whole, and no table by place
          if (!state || (key === 'other' && place.place.kind !== 'total')) continue;
          expect(text).toContain(decimal(state.before.m2));
          expect(text).toContain(decimal(state.after.km2, 3));
        }
        if (place.patches && place.patches.count > 0) {
          expect(text).toContain(`${place.patches.count} ${decimal(place.patches.area.m2)}`);
        }
      }
    }
    expect(text).not.toMatch(/undefined|NaN|\[object|Infinity/);
  });
});
