import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdRun } from '../../vector/store/run-drafts.js';
import { addToRunLog } from '../../vector/store/run-log.js';
import { findRun, startRun } from '../../vector/store/runs.js';
import { areaOf, draftAt, GRID, publishAugust } from '../../vector/store/sample.js';
import { addScene } from '../../vector/store/scenes.js';
import { FOREIGN, OWN, openTestSite, type TestSite } from './testing.js';

let site: TestSite;
beforeAll(async () => {
  site = await openTestSite();
});
afterAll(() => site.dispose());

/** What the site has published. */
const AUGUST = [
  draftAt(10, 10, 30),
  draftAt(100, 10, 50, { confidence: 0.5 }),
  draftAt(600, 10, 40, { subdistrictCode: FOREIGN, subdistrict: '桂园街道' }),
];

/** A draft of August that finds the first patch of the site again, a new one, and not the two others. */
async function hold(): Promise<number> {
  const run = await startRun(site.db, {
    month: '2026-08',
    against: 'mom',
    beforeMonth: '2026-07',
    grid: GRID,
    parameters: {},
    held: true,
  });
  const folder = join(site.stateDir, 'runs', String(run.id));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'change.tif'), '');
  const look = { kind: 'later', before: '2026-07', after: '2026-09', usable: 1, holding: 1 } as const;
  await holdRun(
    site.db,
    run,
    {
      drafts: [draftAt(10, 10, 30), draftAt(300, 10, 20, { class: 'water_gain' })],
      areas: [areaOf(OWN, 250)],
      looks: { known: [], own: [{ ord: 0, look }] },
    },
    {
      folder,
      usable_fraction: 0.9,
      scenes: [{ scene: '/data/gf2/2026-08.tif', reliable: true }],
      notes: ['/data/gf2/2026-08.tif: x'],
    },
  );
  return run.id;
}

async function call(
  role: 'analyst' | 'planner' | 'officer',
  method: 'GET' | 'POST',
  url: string,
  payload?: object,
) {
  const answer = await site.app.inject({ method, url, headers: site.headers(role), payload });
  return { status: answer.statusCode, body: answer.body === '' ? null : answer.json() };
}
const visible = async () => (await call('planner', 'GET', '/api/patches?month=2026-08')).body;

describe('a run that is kept back', () => {
  it('changes nothing that readers see, however often it is compared', async () => {
    const before = await visible();
    const id = await hold();
    const first = await call('planner', 'GET', `/api/runs/${id}/comparison`);
    const second = await call('planner', 'GET', `/api/runs/${id}/comparison`);
    expect(first.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(await visible()).toEqual(before);
    expect((await findRun(site.db, id))?.status).toBe('draft');
  });

  it('is not published over a run that has come since', async () => {
    const id = await hold();
    const { body } = await call('analyst', 'GET', `/api/runs/${id}/comparison`);
    await publishAugust(site.db, AUGUST);
    const before = await visible();
    const refused = await call('analyst', 'POST', `/api/runs/${id}/publish`, {
      instead_of: body.published.run.id,
    });
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('has been published since');
    expect(await visible()).toEqual(before);
  });

  it('is discarded with its rasters, and then is no draft any more', async () => {
    const id = await hold();
    const folder = join(site.stateDir, 'runs', String(id));
    expect(existsSync(folder)).toBe(true);
    expect((await call('analyst', 'POST', `/api/runs/${id}/discard`)).status).toBe(204);
    expect(existsSync(folder)).toBe(false);
    expect((await call('analyst', 'POST', `/api/runs/${id}/publish`, { instead_of: null })).status).toBe(409);
    expect((await call('planner', 'GET', `/api/runs/${id}/comparison`)).status).toBe(409);
    expect((await call('planner', 'GET', '/api/runs/999/comparison')).status).toBe(404);
  });

  it('shows its figures and its log by the names of files, not their paths', async () => {
    const id = await hold();
    await addToRunLog(site.db, id, {
      level: 'error',
      event: 'Run:Failed',
      data: { error: 'cannot read /data/gf2/2026-08.tif: no such file' },
    });
    const runs = await call('planner', 'GET', '/api/runs');
    const run = runs.body.items.find((one: { id: string }) => one.id === String(id));
    expect(run).toMatchObject({ status: 'draft', hold: true, assets: ['change.tif'] });
    expect(run.summary).toMatchObject({ scenes: [{ scene: '2026-08.tif' }], notes: ['2026-08.tif: x'] });
    const log = await call('planner', 'GET', `/api/runs/${id}/log`);
    expect(log.body.items).toMatchObject([{ data: { error: 'cannot read 2026-08.tif: no such file' } }]);
    expect(JSON.stringify([run, log.body])).not.toMatch(/\/data|tuban-web-/);
  });

  it('has scenes that show their names, not where they lie', async () => {
    await addScene(site.db, {
      month: '2026-08',
      sensor: null,
      files: ['/data/gf2/2026-08.tif', 'https://user:key@images.example/a/b.tif?sig=1'],
      crs: 'EPSG:4547',
      footprint: [
        [114, 22],
        [115, 22],
        [115, 23],
        [114, 22],
      ],
      acquired: null,
      resolutionM: 2,
      bands: {},
    });
    const { body } = await call('planner', 'GET', '/api/scenes');
    expect(body.months).toMatchObject([{ month: '2026-08', scenes: [{ files: ['2026-08.tif', 'b.tif'] }] }]);
    expect(JSON.stringify(body)).not.toMatch(/\/data|user:key|sig=/);
  });

  it('is compared by what publishing it gives: numbers, states, areas, leads', async () => {
    const id = await hold();
    const { body } = await call('analyst', 'GET', `/api/runs/${id}/comparison`);
    expect(body.numbers).toEqual({ kept: 1, new: 1, gone: 2 });
    expect(body.draft.patches).toMatchObject([
      { class: 'building_new', state: 'confirmed', count: 1, area_m2: 900 },
      { class: 'water_gain', state: 'suspected', count: 1, area_m2: 400 },
    ]);
    expect(body.published.patches).toMatchObject([{ class: 'building_new', count: 3 }]);
    expect(body.draft.areas[0].states.built).toBe(250);
    expect(body.gone.map(({ number }: { number: string }) => number).sort()).toEqual(
      [site.numbers.second, site.numbers.foreign].sort(),
    );
    const published = await call('analyst', 'POST', `/api/runs/${id}/publish`, {
      instead_of: body.published.run.id,
    });
    expect(published).toMatchObject({
      status: 200,
      body: { patches: 2, leads_made: body.leads.made, leads_changed: body.leads.changed },
    });
    const seen = await visible();
    expect(seen.items.map(({ number }: { number: string }) => number)).toEqual(
      [site.numbers.own, body.new[0].number].sort(),
    );
    expect((await findRun(site.db, id))?.status).toBe('published');
  });
});

describe('a run that did not end', () => {
  it('is asked for again as it was: month, comparison, kept back or not', async () => {
    const run = await startRun(site.db, {
      month: '2026-08',
      against: 'yoy',
      beforeMonth: '2025-08',
      grid: GRID,
      parameters: {},
      held: true,
    });
    const answer = await call('analyst', 'POST', `/api/runs/${run.id}/resume`);
    expect(answer.status).toBe(202);
    expect(site.asked).toMatchObject([{ month: '2026-08', against: ['yoy'], hold: true }]);
  });

  it('is not asked for again where it has ended', async () => {
    const id = await hold();
    expect((await call('analyst', 'POST', `/api/runs/${id}/resume`)).status).toBe(409);
    expect((await call('planner', 'POST', `/api/runs/${id}/resume`)).status).toBe(403);
    expect((await call('officer', 'GET', `/api/runs/${id}/log`)).status).toBe(403);
  });
});
