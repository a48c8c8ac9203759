import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput, Unavailable } from '../raster/errors.js';
import { below, pick, seeded } from '../raster/tiff/testing/random.js';
import { updateLeads } from '../reports/leads/update.js';
import { type Db, openDatabase } from '../vector/store/db.js';
import { listLeadEvents } from '../vector/store/lead-events.js';
import { listLeads } from '../vector/store/leads.js';
import { listRuns } from '../vector/store/runs.js';
import { openTestServer, type TestDatabase, testServerUrl } from '../vector/store/testing.js';
import { type Config, loadConfig } from './config.js';
import { runMonth } from './monthly.js';
import { runFolder } from './state-history.js';
import { AUGUST_SETTINGS, augustResult, prepareAugust, writeAugust } from './testing/august.js';
import { type Cut, type CuttingProxy, cuttingProxy } from './testing/cutting-proxy.js';
import { storeLeads } from './testing/leads.js';
import { readRaster } from './testing/outputs.js';

/** Connections cut in runs, and at verdicts; 50 of each by `npm run drill`, of another series with TUBAN_DRILL_SEED=N. */
const [RUN_CUTS, VERDICT_CUTS] = process.env.TUBAN_DRILL ? [50, 50] : [3, 9];
const SEED = Number(process.env.TUBAN_DRILL_SEED ?? 20_261_121);

const server = testServerUrl();
if (server === null) console.warn('lost connections are skipped: TUBAN_TEST_DATABASE_URL is not set');

describe.skipIf(server === null)(
  'a connection to the database that is cut',
  { timeout: 60_000 + 30_000 * RUN_CUTS },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'tuban-cuts-'));
    let made: TestDatabase & { readonly url: string };
    let proxy: CuttingProxy;
    let config: Config;
    beforeAll(async () => {
      await writeAugust(folder);
      made = await openTestServer(server ?? '');
      await prepareAugust(made.db, folder);
      proxy = await cuttingProxy(made.url);
      config = { ...loadConfig(folder, {}), ...AUGUST_SETTINGS, stateDir: join(folder, 'state') };
    });
    afterAll(async () => {
      await proxy?.close();
      await made?.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    const run = (db: Db) => runMonth(db, config, { month: '2026-08', against: ['mom'] });

    /** Does `work` on a database of its own behind the proxy. @returns what went wrong, null where nothing did */
    async function cutting(cut: Cut | null, work: (db: Db) => Promise<unknown>): Promise<unknown> {
      proxy.arm(cut);
      try {
        const db = await openDatabase({ url: proxy.url, dataDir: '', holder: 'test' });
        await work(db).finally(() => db.close().catch(() => {}));
        return null;
      } catch (error) {
        return error;
      } finally {
        proxy.arm(null);
      }
    }

    /** Where the i-th cut comes, of work that sends so much: a third of them each before, at and after a COMMIT. */
    function cutOf(
      i: number,
      random: () => number,
      whole: { readonly bytes: number; readonly commits: number },
    ): Cut {
      const nth = 1 + below(random, whole.commits);
      const after = 1 + below(random, whole.bytes);
      return pick(
        () => (i % 3) / 3,
        [
          { at: 'after commit', nth },
          { at: 'before commit', nth },
          { at: 'bytes', after },
        ],
      );
    }

    it('leaves the month whole or as it was, and the same run again ends with the same patches', async () => {
      const random = seeded(SEED);
      expect(await cutting(null, run)).toBeNull();
      const undisturbed = await augustResult(made.db);
      expect(undisturbed).toHaveLength(3);
      expect(await cutting(null, run)).toBeNull();
      const counts = { cuts: 0, failed: 0, publishedAllTheSame: 0 };
      let whole = { bytes: 0, commits: 0 };
      for (let i = -1; i < RUN_CUTS; i++) {
        const before = (await listRuns(made.db, { month: '2026-08', status: 'published' }))[0].id;
        let cuts = 0;
        const failure = await cutting(i < 0 ? null : cutOf(i, random, whole), async (db) => {
          await run(db).finally(() => {
            cuts = proxy.cuts;
            if (i < 0) whole = { ...proxy.seen };
          });
        });
        counts.cuts += cuts;
        if (failure !== null) {
          counts.failed++;
          expect(failure).toBeInstanceOf(Unavailable);
        }
        // what readers see is whole, with its rasters, whatever the command has been told
        expect(await augustResult(made.db)).toEqual(undisturbed);
        const published = await listRuns(made.db, { month: '2026-08', status: 'published' });
        expect(published).toHaveLength(1);
        if (failure !== null && published[0].id !== before) counts.publishedAllTheSame++;
        await readRaster(join(runFolder(config.stateDir, published[0].id), 'change.tif'));
        if (failure === null) continue;
        expect(await cutting(null, run)).toBeNull();
        expect(await augustResult(made.db)).toEqual(undisturbed);
        expect(await listRuns(made.db, { month: '2026-08', status: 'running' })).toEqual([]);
      }
      expect(counts.cuts).toBeGreaterThan(0);
      console.info(`connections cut in runs (seed ${SEED}):`, JSON.stringify(counts));
    });

    it('loses no verdict and doubles none', async () => {
      const random = seeded(SEED + 1);
      const [number] = await storeLeads(made.db, 1);
      const by = () => ({ who: '测试', at: new Date() });
      const verdict = (db: Db) =>
        updateLeads(db, config, [number], { assign: '一队', visited: true, verdict: 'confirmed' }, by());
      const verdicts = async () =>
        (await listLeadEvents(made.db, [number])).filter(({ kind }) => kind === 'verdict').length;
      const counts = { cuts: 0, failed: 0, thereAllTheSame: 0 };
      let whole = { bytes: 0, commits: 0 };
      for (let i = -1; i < VERDICT_CUTS; i++) {
        const before = await verdicts();
        const failure = await cutting(i < 0 ? null : cutOf(i, random, whole), async (db) => {
          await verdict(db).finally(() => {
            counts.cuts += proxy.cuts;
            if (i < 0) whole = { ...proxy.seen };
          });
        });
        if (failure !== null) {
          counts.failed++;
          expect(failure).toBeInstanceOf(Unavailable);
          // one that was taken after all is not taken twice: asked again, it is refused
          const again = await cutting(null, verdict);
          if (again !== null) {
            expect(again).toBeInstanceOf(BadInput);
            counts.thereAllTheSame++;
          }
        }
        expect(await verdicts()).toBe(before + 1);
        expect((await listLeads(made.db, { numbers: [number] }))[0].verdict).toBe('confirmed');
        await updateLeads(made.db, config, [number], { reopen: true }, by());
      }
      expect(counts.thereAllTheSame).toBeGreaterThan(0);
      console.info(`connections cut at verdicts (seed ${SEED}):`, JSON.stringify(counts));
    });
  },
);
