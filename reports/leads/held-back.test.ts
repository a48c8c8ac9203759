import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FilterConfig } from '../../vector/filter/config.js';
import type { DraftPatch } from '../../vector/number.js';
import type { Db } from '../../vector/store/db.js';
import { fitMonth } from '../../vector/store/filter-fit.js';
import { countHeld, judgePatches } from '../../vector/store/filter-patches.js';
import { listFilters, setFilterUse } from '../../vector/store/filters.js';
import { listLeads } from '../../vector/store/leads.js';
import { NO_LOOKS, type RunLooks } from '../../vector/store/looks.js';
import { listPatches } from '../../vector/store/patches.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt, GRID } from '../../vector/store/sample.js';
import { type TestDatabase, testPlaces } from '../../vector/store/testing.js';
import { type LeadSettings, refreshLeads } from './refresh.js';
import { RULES } from './testing.js';
import { updateLeads } from './update.js';

const SETTINGS: LeadSettings = { leads: RULES, timeZone: 'Asia/Shanghai' };
const FILTER = FilterConfig.parse({});
const AT = new Date('2026-09-28T02:00:00Z');
const BY = { who: '王五', at: AT };

/** A month's patches: compact ones that are real, thin ones that are not; all of them the detector is rather sure of. */
function monthOf(row: number, real: number, thin: number): DraftPatch[] {
  const y = 400 * row;
  const at = (k: number, width: number, height: number, confidence: number) =>
    draftAt(90 * k, y, width, {
      rings: [
        [
          [500_000 + 90 * k, 2_490_000 + y],
          [500_000 + 90 * k + width, 2_490_000 + y],
          [500_000 + 90 * k + width, 2_490_000 + y + height],
          [500_000 + 90 * k, 2_490_000 + y + height],
          [500_000 + 90 * k, 2_490_000 + y],
        ],
      ],
      areaM2: width * height,
      compactness: (Math.PI * width * height) / (width + height) ** 2,
      confidence,
    });
  return [
    ...Array.from({ length: real }, (_, k) => at(k, 20 + (k % 4), 18 + (k % 3), 0.91)),
    ...Array.from({ length: thin }, (_, k) => at(real + k, 40 + (k % 5), 3, 0.91)),
  ];
}

describe.each(testPlaces('filters of false alarms on a server are'))('false alarms on the $name database', ({
  open,
}) => {
  let opened: TestDatabase;
  let db: Db;
  beforeAll(async () => {
    opened = await open();
    db = opened.db;
  });
  afterAll(() => opened?.dispose());
  beforeEach(async () => {
    await db.query(
      `TRUNCATE tuban.lead, tuban.lead_event, tuban.lead_photo, tuban.patch, tuban.patch_look, tuban.run, tuban.patch_sequence,
           tuban.false_alarm_filter, tuban.filter_use CASCADE`,
    );
  });

  /** As the monthly run does it. */
  const run = async (
    month: string,
    drafts: readonly DraftPatch[],
    looks: RunLooks = NO_LOOKS,
    filter = FILTER,
  ) => {
    const record = await startRun(db, {
      month,
      against: 'mom',
      beforeMonth: '2026-01',
      grid: GRID,
      parameters: {},
    });
    return db.transaction(async (tx) => ({
      fitted: await fitMonth(tx, filter, month, AT),
      patches: await publishRun(tx, record, drafts, [], null, looks),
      leads: await refreshLeads(tx, SETTINGS, 'touched', AT),
    }));
  };
  /** Sends somebody everywhere: compact patches are confirmed, thin ones rejected. */
  const visitAll = async (month: string) => {
    const leads = await listLeads(db, { month, disposition: 'sent' });
    const say = (real: boolean) =>
      updateLeads(
        db,
        SETTINGS,
        leads.filter(({ patch }) => patch.compactness > 0.5 === real).map(({ number }) => number),
        {
          assign: true,
          visited: true,
          ...(real
            ? { verdict: 'confirmed' as const }
            : { verdict: 'rejected' as const, reason: 'seasonal' as const }),
        },
        BY,
      );
    await say(true);
    await say(false);
    return leads.length;
  };
  const later = (numbers: readonly string[], after: string): RunLooks => ({
    known: numbers.map((number) => ({
      number,
      look: { kind: 'later', before: '2026-01', after, usable: 1, holding: 1 },
    })),
    own: [],
  });
  const learn = async () => {
    await run('2026-05', monthOf(0, 16, 14));
    expect(await visitAll('2026-05')).toBe(30);
    await run('2026-06', monthOf(1, 16, 14));
    expect(await visitAll('2026-06')).toBe(30);
  };
  const july = () => listPatches(db, { month: '2026-07', against: 'mom' });
  const dispositions = async () =>
    (await listLeads(db, { month: '2026-07' })).map(({ patch, disposition }) => [
      patch.compactness > 0.5,
      disposition,
    ]);

  it('does nothing, and says so, while there are few verdicts', async () => {
    await run('2026-05', monthOf(0, 16, 14));
    await visitAll('2026-05');
    const { fitted } = await run('2026-06', monthOf(1, 16, 14));
    expect(fitted).toEqual({ what: 'few', verdicts: 30, wanted: 50 });
    expect(await listFilters(db)).toEqual([]);
    expect(
      (await listLeads(db, { month: '2026-06' })).every(({ disposition }) => disposition === 'sent'),
    ).toBe(true);
  });

  it('holds back what is like rejected patches: not confirmed, its lead on the watch list, with the reason', async () => {
    await learn();
    const { fitted } = await run('2026-07', monthOf(2, 4, 3));
    expect(fitted).toMatchObject({ what: 'new', filter: { month: '2026-07' } });
    expect(await countHeld(db)).toBe(3);
    expect(await dispositions()).toEqual([
      ...Array.from({ length: 4 }, () => [true, 'sent']),
      ...Array.from({ length: 3 }, () => [false, 'watch']),
    ]);
    const held = (await july()).filter(({ filtering }) => filtering?.held);
    const filter = held[0].filtering?.filter ?? 0;
    expect((await listFilters(db)).map(({ id }) => id)).toContain(filter);
    const [lead] = await listLeads(db, { numbers: [held[0].number] });
    expect(lead.reasons[0]).toMatchObject({ rule: 'false-alarm-filter' });
    expect(lead.reasons[0].zh).toMatch(/^疑似误报（过滤器 \d+）：与此前 \d+ 个核查不属实的图斑相似：/);
    expect(lead.reasons[0].en).toMatch(/like \d+ earlier ones that were rejected: /);
    // a later month that shows them all confirms only those that are not held back
    const all = (await july()).map(({ number }) => number);
    await run('2026-08', [], later(all, '2026-08'));
    expect((await july()).map(({ state, filtering }) => [filtering?.held, state])).toEqual([
      ...Array.from({ length: 4 }, () => [false, 'confirmed']),
      ...Array.from({ length: 3 }, () => [true, 'suspected']),
    ]);
  });

  it('the same month again gives the same filter, states and leads', async () => {
    await learn();
    await run('2026-07', monthOf(2, 4, 3));
    const [before, leads, filters] = [await july(), await listLeads(db), await listFilters(db)];
    const again = await run('2026-07', monthOf(2, 4, 3));
    expect(again.fitted.what).toBe('known');
    expect(again.leads).toMatchObject({ made: 0, changed: 0 });
    expect(await july()).toEqual(before);
    expect(await listLeads(db)).toEqual(leads);
    expect(await listFilters(db)).toEqual(filters);
  });

  it('turned off, it gives everything back; an older month was never judged by a later filter', async () => {
    await learn();
    await run('2026-07', monthOf(2, 4, 3));
    await run(
      '2026-08',
      [],
      later(
        (await july()).map(({ number }) => number),
        '2026-08',
      ),
    );
    expect((await july()).filter(({ state }) => state === 'confirmed')).toHaveLength(4);
    const first = await listPatches(db, { month: '2026-05', against: 'mom' });
    expect(first.every(({ filtering }) => filtering === null)).toBe(true);
    await db.transaction(async (tx) => {
      await setFilterUse(tx, { mode: 'off', filter: null, saidBy: 'command' });
      await judgePatches(tx, 'all');
      await refreshLeads(tx, SETTINGS, 'touched', AT);
    });
    expect((await july()).map(({ state, decided }) => [state, decided])).toEqual(
      Array.from({ length: 7 }, () => ['confirmed', '2026-08']),
    );
    expect((await dispositions()).every(([, disposition]) => disposition === 'sent')).toBe(true);
  });

  it('the configuration turns it off at the next run', async () => {
    await learn();
    const { fitted } = await run('2026-07', monthOf(2, 4, 3), NO_LOOKS, { ...FILTER, use: false });
    expect(fitted).toEqual({ what: 'off' });
    expect(await countHeld(db)).toBe(0);
    expect((await dispositions()).every(([, disposition]) => disposition === 'sent')).toBe(true);
  });

  it('whom a person sends there anyway is no longer held back', async () => {
    await learn();
    await run('2026-07', monthOf(2, 4, 3));
    const [held] = (await july()).filter(({ filtering }) => filtering?.held);
    await updateLeads(db, SETTINGS, [held.number], { assign: true }, BY);
    await run(
      '2026-08',
      [],
      later(
        (await july()).map(({ number }) => number),
        '2026-08',
      ),
    );
    expect((await july()).find(({ number }) => number === held.number)).toMatchObject({
      state: 'confirmed',
      filtering: { held: false },
    });
    expect(await countHeld(db)).toBe(2);
  });
});
