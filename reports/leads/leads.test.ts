import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { messageOf } from '../../raster/errors.js';
import type { DraftPatch } from '../../vector/number.js';
import type { PolygonRings } from '../../vector/patch.js';
import { importAddresses } from '../../vector/store/addresses.js';
import { importCameras } from '../../vector/store/cameras.js';
import type { Db } from '../../vector/store/db.js';
import { listLeadEvents } from '../../vector/store/lead-events.js';
import { listLeads } from '../../vector/store/leads.js';
import { NO_LOOKS, type RunLooks } from '../../vector/store/looks.js';
import { importPermits, listPermits } from '../../vector/store/permits.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt, GRID } from '../../vector/store/sample.js';
import { type TestDatabase, testPlaces } from '../../vector/store/testing.js';
import { importZones, listZones } from '../../vector/store/zones.js';
import { type LeadSettings, refreshLeads } from './refresh.js';
import { lonLatAt, lonLatSquare, RULES, rulesWith } from './testing.js';
import { updateLeads } from './update.js';

const places = testPlaces('lead tests on a server are');

const SETTINGS: LeadSettings = { leads: RULES, timeZone: 'Asia/Shanghai' };
const AT = new Date('2026-09-28T02:00:00Z');
const BY = { who: '王五', at: AT };

describe.each(places)('leads on the $name database', ({ open }) => {
  let opened: TestDatabase;
  let db: Db;
  beforeAll(async () => {
    opened = await open();
    db = opened.db;
  });
  afterAll(() => opened?.dispose());
  beforeEach(async () => {
    // events refuse DELETE; between tests the tables are emptied as no command can
    await db.query(
      `TRUNCATE tuban.lead, tuban.lead_event, tuban.lead_photo, tuban.patch, tuban.patch_look, tuban.run, tuban.patch_sequence,
         tuban.permit, tuban.protected_zone, tuban.address, tuban.camera CASCADE`,
    );
  });

  /** Publishes a month as the monthly run does, and makes its leads. */
  const run = async (
    month: string,
    drafts: readonly DraftPatch[],
    looks: RunLooks = NO_LOOKS,
    settings = SETTINGS,
  ) => {
    const record = await startRun(db, {
      month,
      against: 'mom',
      beforeMonth: '2026-01',
      grid: GRID,
      parameters: {},
      backend: 'cpu',
    });
    return db.transaction(async (tx) => {
      await publishRun(tx, record, drafts, [], null, looks);
      return refreshLeads(tx, settings, 'touched', AT);
    });
  };
  const sure = (x: number, side: number, change: Partial<DraftPatch> = {}) =>
    draftAt(x, 0, side, { confidence: 0.95, centroid: lonLatAt(x + side / 2, side / 2), ...change });
  const row = <V, G>(values: V, geometry: G) => ({ what: 'file, row 1', values, geometry });
  const permit = (number: string, square: PolygonRings, validTo: string | null = '2026-12-31') =>
    importPermits(db, [
      row(
        {
          number,
          authority: '罗湖局',
          level: null,
          date: null,
          validFrom: '2026-01-01',
          validTo,
          approvedM2: 400,
        },
        [square],
      ),
    ]);
  const only = async () => (await listLeads(db))[0];
  const kinds = async (number: string) => (await listLeadEvents(db, [number])).map(({ kind }) => kind);
  const confirmed = (number: string): RunLooks => ({
    known: [{ number, look: { kind: 'later', before: '2026-07', after: '2026-09', usable: 1, holding: 1 } }],
    own: [],
  });
  const dismissed = (number: string): RunLooks => ({
    known: [{ number, look: { kind: 'later', before: '2026-07', after: '2026-09', usable: 1, holding: 0 } }],
    own: [],
  });

  it('a patch inside, half inside, and beside a valid permit is filed, sent in part, sent whole', async () => {
    await permit('一号', lonLatSquare(0, 0, 20));
    await permit('二号', lonLatSquare(100, 0, 10));
    await permit('三号', lonLatSquare(240, 0, 20));
    await run('2026-08', [sure(0, 20), sure(100, 20), sure(200, 20)]);
    const leads = await listLeads(db);
    expect(leads.map(({ disposition, suspectedM2 }) => [disposition, suspectedM2])).toEqual([
      ['permitted', 0],
      ['sent', 300],
      ['sent', 400],
    ]);
    expect(leads[0].permits).toEqual([
      expect.objectContaining({
        number: '一号',
        overlapM2: 400,
        valid: true,
        validTo: '2026-12-31',
        approvedM2: 400,
      }),
    ]);
    expect(leads[1].permits[0].overlapM2).toBeCloseTo(100, 0);
    expect(leads[2].permits).toEqual([]);
  });

  it('a pixel over the permit’s border is the outline’s fuzz, three are not', async () => {
    await permit('一号', lonLatSquare(2, 2, 16));
    await permit('二号', lonLatSquare(106, 6, 8));
    await run('2026-08', [sure(0, 20), sure(100, 20)]);
    expect((await listLeads(db)).map(({ disposition }) => disposition)).toEqual(['permitted', 'sent']);
  });

  it('a permit that had expired, or begins later, permits nothing', async () => {
    await permit('旧', lonLatSquare(0, 0, 20), '2026-07-31');
    await permit('八月', lonLatSquare(100, 0, 20), '2026-08-01');
    await run('2026-08', [sure(0, 20), sure(100, 20)]);
    const [expired, lasting] = await listLeads(db);
    expect(expired).toMatchObject({ disposition: 'sent', suspectedM2: 400, permits: [{ valid: false }] });
    expect(expired.reasons[1].rule).toBe('permit-not-valid');
    expect(lasting.disposition).toBe('permitted');
  });

  it('zones, the nearest address and the cameras that see it stand on the lead', async () => {
    await importZones(db, 'water_source', [
      row({ name: '深圳水库' }, [lonLatSquare(10, 0, 200)]),
      row({ name: null }, [lonLatSquare(900, 0, 5)]),
    ]);
    await importAddresses(db, [
      row({ text: '东门中路1号' }, lonLatAt(60, 10)),
      row({ text: '东门中路2号' }, lonLatAt(10, -25)),
    ]);
    const camera = (id: string, at: Point, bearing: number, view: number, rangeM: number) =>
      row({ id, name: `球机${id}`, bearing, view, rangeM }, at);
    await importCameras(db, [
      camera('east', lonLatAt(-100, 10), 90, 20, 150),
      camera('west', lonLatAt(-100, 10), 270, 20, 150),
      camera('short', lonLatAt(-100, 10), 90, 20, 90),
      camera('near', lonLatAt(10, 40), 180, 60, 500),
      camera('around', lonLatAt(10, -300), 0, 360, 500),
      // looks past the middle, but a corner stands in its view
      camera('corner', lonLatAt(-100, 10), 90 - 10, 10, 150),
    ]);
    await run('2026-08', [sure(0, 20)]);
    const lead = await only();
    expect(lead.priority).toBe('high');
    expect(lead.zones).toEqual([
      { kind: 'water_source', name: '深圳水库', overlapM2: expect.closeTo(200, 0) },
    ]);
    expect(lead.address).toEqual({ text: '东门中路2号', distanceM: expect.closeTo(25, 0) });
    expect(lead.cameras.map(({ id, distanceM }) => [id, Math.round(distanceM)])).toEqual([
      ['near', 20],
      ['corner', 100],
      ['east', 100],
      ['around', 300],
    ]);
    expect(lead.cameras[0].bearing).toBeCloseTo(180, 0);
    expect(lead.cameras[2].bearing).toBeCloseTo(90, 0);
    expect((await listZones(db)).map(({ kind, name }) => [kind, name])).toContainEqual([
      'water_source',
      '饮用水水源保护区',
    ]);
  });

  it('a suspected patch waits, is sent when confirmed, and the run that does it again changes nothing', async () => {
    await run('2026-08', [draftAt(0, 0, 20)]);
    const { number, disposition, sentAt } = await only();
    expect([disposition, sentAt]).toEqual(['watch', null]);
    expect(await run('2026-09', [], confirmed(number))).toMatchObject({ made: 0, changed: 1 });
    expect(await only()).toMatchObject({ disposition: 'sent', sentAt: AT.toISOString(), status: 'new' });
    expect(await run('2026-09', [], confirmed(number))).toMatchObject({ changed: 0 });
    expect(await run('2026-08', [draftAt(0, 0, 20)])).toMatchObject({ made: 0, changed: 0 });
    expect(await refreshLeads(db, SETTINGS, 'all', AT)).toEqual({ made: 0, changed: 0, unchanged: 1 });
    expect(await kinds(number)).toEqual(['created', 'sent']);
  });

  it('a sent patch that is dismissed is withdrawn, unless somebody has been there', async () => {
    await run('2026-08', [sure(0, 20), sure(100, 20)]);
    const [first, second] = await listLeads(db);
    await updateLeads(db, SETTINGS, [first.number, second.number], { assign: true }, BY);
    await updateLeads(db, SETTINGS, [second.number], { visited: true }, BY);
    const looks = { own: [], known: [...dismissed(first.number).known, ...dismissed(second.number).known] };
    await run('2026-09', [], looks);
    const after = await listLeads(db);
    expect(after.map(({ disposition, status }) => [disposition, status])).toEqual([
      ['withdrawn', 'assigned'],
      ['sent', 'visited'],
    ]);
    expect((await kinds(first.number)).at(-1)).toBe('withdrawn');
    await expect(updateLeads(db, SETTINGS, [first.number], { visited: true }, BY)).rejects.toThrow(
      /withdrawn/,
    );
  });

  it('a patch that a re-run no longer finds is withdrawn, and comes back with it', async () => {
    await run('2026-08', [sure(0, 20)]);
    const { number } = await only();
    await run('2026-08', []);
    expect(await only()).toMatchObject({ disposition: 'withdrawn', reasons: [{ rule: 'not-found' }] });
    await run('2026-08', [sure(0, 20)]);
    expect(await only()).toMatchObject({ number, disposition: 'sent' });
    expect(await kinds(number)).toEqual(['created', 'sent', 'withdrawn', 'sent']);
  });

  it('verdicts survive re-runs and new permits; what is closed changes no more', async () => {
    await run('2026-08', [sure(0, 20)]);
    const { number } = await only();
    await updateLeads(
      db,
      SETTINGS,
      [number],
      { assign: true, visited: true, verdict: 'confirmed', note: '已建成两层' },
      BY,
    );
    await permit('补办', lonLatSquare(0, 0, 20));
    await run('2026-08', [sure(0, 20)]);
    const kept = await only();
    expect(kept).toMatchObject({
      status: 'confirmed',
      verdict: 'confirmed',
      disposition: 'sent',
      team: '东门街道执法队',
    });
    expect(kept.permits).toHaveLength(1);
    await updateLeads(db, SETTINGS, [number], { close: true }, BY);
    await importPermits(db, []);
    await db.query('DELETE FROM tuban.permit');
    expect(await refreshLeads(db, SETTINGS, 'all', AT)).toMatchObject({ changed: 0 });
    expect((await only()).permits).toHaveLength(1);
    const events = await listLeadEvents(db, [number]);
    expect(events.map(({ kind }) => kind)).toEqual([
      'created',
      'sent',
      'assigned',
      'visited',
      'verdict',
      'changed',
      'closed',
    ]);
    expect(events[2]).toMatchObject({
      who: '王五',
      note: '已建成两层',
      status: 'assigned',
      at: AT.toISOString(),
    });
    // the National Day holiday lies between
    expect(events[2].data).toEqual({ team: '东门街道执法队', due: '2026-10-16' });
  });

  it('new permits recall a lead that nobody has visited, and only then', async () => {
    await run('2026-08', [sure(0, 20), sure(100, 20)]);
    const [first, second] = await listLeads(db);
    await updateLeads(db, SETTINGS, [first.number, second.number], { assign: true }, BY);
    await permit('补录', lonLatSquare(0, 0, 20));
    expect(await refreshLeads(db, SETTINGS, { month: '2026-08' }, AT)).toMatchObject({
      changed: 1,
      unchanged: 1,
    });
    expect((await listLeads(db)).map(({ disposition }) => disposition)).toEqual(['permitted', 'sent']);
    // a person decides over the rules, and keeps the last word
    await updateLeads(db, SETTINGS, [first.number], { assign: '规划局' }, BY);
    expect(await refreshLeads(db, SETTINGS, 'all', AT)).toMatchObject({ changed: 0 });
    expect(await listLeads(db, { numbers: [first.number] })).toMatchObject([
      { disposition: 'sent', team: '规划局' },
    ]);
  });

  it('ground that was rejected is not sent again, ground that is worked on not twice', async () => {
    await run('2026-03', [sure(0, 20), sure(100, 20)]);
    const [rejected, running] = await listLeads(db);
    const done = {
      assign: true,
      visited: true,
      verdict: 'rejected',
      reason: 're_roofed',
      close: true,
    } as const;
    await updateLeads(db, SETTINGS, [rejected.number], done, BY);
    await run('2026-08', [sure(1, 20), sure(101, 20), sure(300, 20)]);
    const leads = await listLeads(db, { month: '2026-08' });
    expect(leads.map(({ disposition, repeatOf }) => [disposition, repeatOf])).toEqual([
      ['suppressed', rejected.number],
      ['watch', running.number],
      ['sent', null],
    ]);
  });

  it('no comparison with last year and no first month makes leads', async () => {
    for (const against of ['yoy', 'first'] as const) {
      const record = await startRun(db, {
        month: '2026-08',
        against,
        beforeMonth: against === 'first' ? null : '2025-08',
        grid: GRID,
        parameters: {},
      });
      await publishRun(db, record, [sure(0, 20)], []);
    }
    expect(await refreshLeads(db, SETTINGS, 'all', AT)).toEqual({ made: 0, changed: 0, unchanged: 0 });
  });

  it('with autoAssign what is sent goes to the team of its subdistrict', async () => {
    const settings = {
      ...SETTINGS,
      leads: rulesWith({ autoAssign: true, teams: { '440303003': '东门中队' } }),
    };
    await run('2026-08', [sure(0, 20), draftAt(100, 0, 20)], NO_LOOKS, settings);
    const [sent, watched] = await listLeads(db);
    expect(sent).toMatchObject({ status: 'assigned', team: '东门中队', due: '2026-10-16' });
    expect(watched).toMatchObject({ status: 'new', team: null });
    expect(await listLeads(db, { overdueOn: '2026-10-16' })).toEqual([]);
    expect(await listLeads(db, { overdueOn: '2026-10-17' })).toHaveLength(1);
  });

  it('an update that one lead refuses changes none', async () => {
    await run('2026-08', [sure(0, 20), sure(100, 20)]);
    const [first, second] = await listLeads(db);
    await updateLeads(db, SETTINGS, [first.number], { assign: true }, BY);
    const both = [first.number, second.number];
    await expect(updateLeads(db, SETTINGS, both, { visited: true }, BY)).rejects.toThrow(
      /is new and cannot be visited/,
    );
    expect((await listLeads(db)).map(({ status }) => status)).toEqual(['assigned', 'new']);
    await expect(updateLeads(db, SETTINGS, ['x-1'], { note: 'a' }, BY)).rejects.toThrow(/no lead x-1/);
  });

  it('events are only ever added to', async () => {
    await run('2026-08', [sure(0, 20)]);
    await expect(db.query('UPDATE tuban.lead_event SET who = $1', ['x'])).rejects.toThrow(
      /only ever added to/,
    );
    await expect(db.query('DELETE FROM tuban.lead_event')).rejects.toThrow(/only ever added to/);
  });

  describe('polygons of registers', () => {
    const [[a, b, c, d]] = lonLatSquare(0, 0, 20);
    const values = {
      authority: null,
      level: null,
      date: null,
      validFrom: null,
      validTo: null,
      approvedM2: null,
    };
    const given = (number: string, ring: readonly Point[]) => row({ ...values, number }, [[ring]]);

    it('are repaired where that gives the same ground', async () => {
      const spike: Point = [b[0] + 0.001, b[1]];
      const { warnings, ...count } = await importPermits(db, [given('刺', [a, b, spike, b, c, d])]);
      expect(count).toEqual({ added: 1, updated: 0, unchanged: 0 });
      expect(warnings).toEqual([
        expect.stringMatching(/file, row 1: its polygon was invalid .* is repaired.* 0 %/),
      ]);
      expect((await listPermits(db))[0].polygons[0][0]).toHaveLength(5);
    });

    it('are refused where it does not, and the file leaves nothing', async () => {
      const bowTie = [a, c, b, d];
      const error = await importPermits(db, [given('好', [a, b, c, d]), given('结', bowTie)]).catch(
        messageOf,
      );
      expect(error).toMatch(/its polygon is invalid \(Self-intersection.*Fix geometries/);
      expect(await listPermits(db)).toEqual([]);
    });

    it('of one number are one permit, and of contradicting rows none', async () => {
      const next = lonLatSquare(20, 0, 20)[0];
      expect(await importPermits(db, [given('连', [a, b, c, d]), given('连', next)])).toMatchObject({
        added: 1,
      });
      expect((await listPermits(db))[0].polygons).toHaveLength(1);
      const other = { ...given('连', next), values: { ...values, number: '连', authority: '别局' } };
      await expect(importPermits(db, [given('连', [a, b, c, d]), other])).rejects.toThrow(
        /permit 连 stands already/,
      );
    });

    it('imported again are updated by number', async () => {
      await importPermits(db, [given('甲', [a, b, c, d])]);
      expect(await importPermits(db, [given('甲', [a, b, c, d])])).toMatchObject({ added: 0, unchanged: 1 });
      const longer = {
        ...given('甲', [a, b, c, d]),
        values: { ...values, number: '甲', validTo: '2027-01-01' },
      };
      expect(await importPermits(db, [longer])).toMatchObject({ added: 0, updated: 1 });
      expect(await listPermits(db)).toMatchObject([{ validTo: '2027-01-01' }]);
    });
  });

  it('addresses are not doubled, and go with replace', async () => {
    const rows = [row({ text: '甲路1号' }, lonLatAt(0, 0)), row({ text: '甲路2号' }, lonLatAt(9, 0))];
    expect(await importAddresses(db, rows)).toMatchObject({ added: 2 });
    expect(await importAddresses(db, [...rows, row({ text: '甲路1号' }, lonLatAt(50, 0))])).toMatchObject({
      added: 1,
      unchanged: 2,
    });
    await importAddresses(db, rows.slice(0, 1), { replace: true });
    expect(await db.query('SELECT text FROM tuban.address')).toEqual([{ text: '甲路1号' }]);
  });
});
