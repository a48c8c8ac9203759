import type { DraftPatch } from '../number.js';
import type { SubdistrictArea } from './areas.js';
import type { Db } from './db.js';
import type { RunLooks } from './looks.js';
import type { RunRecord } from './runs.js';

/** What a run found and nobody has published yet: what `publishRun` takes. */
export interface HeldResult {
  readonly drafts: readonly DraftPatch[];
  readonly areas: readonly SubdistrictArea[];
  readonly looks: RunLooks;
}

/** Patches in one row. */
const PART = 2000;

/** Keeps a finished run back: readers see what they saw, and its result can be published as it is. */
export async function holdRun(db: Db, run: RunRecord, result: HeldResult, summary: unknown): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('INSERT INTO tuban.run_draft (run_id, areas, looks) VALUES ($1, $2::jsonb, $3::jsonb)', [
      run.id,
      JSON.stringify(result.areas),
      JSON.stringify(result.looks),
    ]);
    for (let from = 0; from < result.drafts.length; from += PART) {
      await tx.query('INSERT INTO tuban.run_draft_part (run_id, part, patches) VALUES ($1, $2, $3::jsonb)', [
        run.id,
        from / PART,
        JSON.stringify(result.drafts.slice(from, from + PART)),
      ]);
    }
    await tx.query(`UPDATE tuban.run SET status = 'draft', summary = $2::jsonb WHERE id = $1`, [
      run.id,
      JSON.stringify(summary),
    ]);
  });
}

/** The result of a draft; null where the run is none. */
export async function heldResult(db: Db, run: number): Promise<HeldResult | null> {
  const [rest] = await db.query<{ areas: SubdistrictArea[]; looks: RunLooks }>(
    'SELECT areas, looks FROM tuban.run_draft WHERE run_id = $1',
    [run],
  );
  if (rest === undefined) return null;
  const parts = await db.query<{ patches: DraftPatch[] }>(
    'SELECT patches FROM tuban.run_draft_part WHERE run_id = $1 ORDER BY part',
    [run],
  );
  return { ...rest, drafts: parts.flatMap(({ patches }) => patches) };
}

/** Forgets the kept result: it has been published, or nobody wants it. */
export async function dropHeld(db: Db, run: number): Promise<void> {
  await db.query('DELETE FROM tuban.run_draft WHERE run_id = $1', [run]);
}

/** Ends a draft unpublished. False where the run is none any more. */
export async function discardRun(db: Db, run: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const ended = await tx.query(
      `UPDATE tuban.run SET status = 'discarded' WHERE id = $1 AND status = 'draft' RETURNING id`,
      [run],
    );
    if (ended.length > 0) await dropHeld(tx, run);
    return ended.length > 0;
  });
}
