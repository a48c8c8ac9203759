import { rm } from 'node:fs/promises';
import { BadInput } from '../../raster/errors.js';
import type { Patch } from '../../vector/patch.js';
import { listAreas, type SubdistrictArea } from '../../vector/store/areas.js';
import type { Db } from '../../vector/store/db.js';
import { fitMonth } from '../../vector/store/filter-fit.js';
import { listPatches } from '../../vector/store/patches.js';
import { lockPublishing, publishRun } from '../../vector/store/publish.js';
import { discardRun, dropHeld, heldResult } from '../../vector/store/run-drafts.js';
import { addToRunLog } from '../../vector/store/run-log.js';
import { findRun, publishedRun, type RunRecord } from '../../vector/store/runs.js';
import { tidyTables } from '../../vector/store/tidy.js';
import { type RefreshCount, refreshLeads } from '../leads/refresh.js';
import type { Deps } from './deps.js';
import { runFolder } from './gis/run-raster.js';
import { Problem } from './problem.js';

/** One run's side of a comparison. */
export interface Side {
  readonly run: RunRecord;
  readonly patches: readonly Patch[];
  readonly areas: readonly SubdistrictArea[];
}

/** A draft beside what readers see now. */
export interface HeldComparison {
  readonly draft: Side;
  /** Null where nothing is published for the month yet. */
  readonly published: Side | null;
  /** What publishing would do to leads. */
  readonly leads: RefreshCount;
}

type Needs = Pick<Deps, 'db' | 'config' | 'now'>;

/** @throws Problem 404 where there is no such run, 409 where it is no draft (any more). */
async function draftOf(db: Db, id: number): Promise<RunRecord> {
  const run = await findRun(db, id);
  if (run === null) throw new Problem(404, `There is no run ${id}`);
  if (run.status !== 'draft')
    throw new Problem(409, `Run ${id} is ${run.status}; only a draft can be judged`);
  return run;
}

/** Publishes what was kept, by the way every run is published. */
async function publishDraft(tx: Db, { config, now }: Needs, run: RunRecord) {
  const result = await heldResult(tx, run.id);
  if (result === null) throw new BadInput(`Run ${run.id} has lost its kept result; run the month again`);
  const { drafts, areas, looks } = result;
  await fitMonth(tx, config.filter, run.month, now());
  const patches = await publishRun(tx, run, drafts, areas, null, looks);
  const leads = await refreshLeads(tx, config, 'touched', now());
  return { patches, areas, leads };
}

/** Ends a transaction that was only to be looked at. */
class Undone extends Error {}

/**
 * What publishing a draft would change. It is published and undone again: the numbers, states and leads shown are those
 * that publishing gives, not a second reckoning of them.
 */
export async function compareDraft(needs: Needs, id: number): Promise<HeldComparison> {
  const { db } = needs;
  const run = await draftOf(db, id);
  let seen: HeldComparison | null = null;
  try {
    await db.transaction(async (tx) => {
      await lockPublishing(tx, run);
      const published = await sideOf(tx, run);
      const { leads, ...draft } = await publishDraft(tx, needs, run);
      seen = { draft: { run, ...draft }, published, leads };
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  if (seen === null) throw new Error(`run ${id} was not compared`);
  return seen;
}

/** What readers see of the month now. */
async function sideOf(tx: Db, { month, against }: RunRecord): Promise<Side | null> {
  const run = await publishedRun(tx, { month, against });
  if (run === null) return null;
  const scope = { month, against };
  return { run, patches: await listPatches(tx, scope), areas: await listAreas(tx, scope) };
}

/**
 * Publishes a draft in the place of the run that it was compared with.
 * @param insteadOf number of the run published when somebody looked; null: none was
 * @throws Problem 409 where another run has been published since.
 */
export async function publishHeld(
  needs: Needs,
  id: number,
  { insteadOf, by }: { readonly insteadOf: number | null; readonly by: string },
): Promise<{ readonly patches: number; readonly leads: RefreshCount }> {
  const { db } = needs;
  const done = await db.transaction(async (tx) => {
    const asked = await draftOf(tx, id);
    await lockPublishing(tx, asked);
    // who waited for the lock may find it published or discarded
    const run = await draftOf(tx, id);
    const now = await publishedRun(tx, run);
    if ((now?.id ?? null) !== insteadOf) {
      const what = now === null ? 'none is published any more' : `run ${now.id} has been published since`;
      throw new Problem(
        409,
        `Run ${id} was compared with another one: ${what}. Look at the comparison again`,
      );
    }
    const { patches, leads } = await publishDraft(tx, needs, run);
    await dropHeld(tx, id);
    const data = { patches: patches.length, leads_made: leads.made, leads_changed: leads.changed, by };
    await addToRunLog(tx, id, { level: 'info', event: 'Run:Published', data });
    return { patches: patches.length, leads };
  });
  await tidyTables(db);
  return done;
}

/** Ends a draft that nobody wants, with its rasters. */
export async function discardHeld({ db, config }: Needs, id: number, by: string): Promise<void> {
  await draftOf(db, id);
  if (!(await discardRun(db, id))) throw new Problem(409, `Run ${id} is no draft any more`);
  await addToRunLog(db, id, { level: 'info', event: 'Run:Discarded', data: { by } });
  await rm(runFolder(config.stateDir, id), { recursive: true, force: true });
}
