import type { ChangeClassName } from '../../kernels/classes.js';
import { decodePolygon } from '../ewkb.js';
import { type Life, type Look, lifeOf } from '../life.js';
import type { Against } from '../number.js';
import type { PolygonRings } from '../patch.js';
import type { Db } from './db.js';
import type { RunRecord } from './runs.js';

/** A patch that later months are asked about. */
export interface OpenPatch {
  readonly number: string;
  readonly class: ChangeClassName;
  /** Month it was first seen in, and the one that was compared with. */
  readonly month: string;
  readonly before: string;
  /** In the CRS of the run's grid. */
  readonly rings: PolygonRings;
}

/** What a run saw at patches of earlier runs, and at its own drafts by their place. */
export interface RunLooks {
  readonly known: readonly { readonly number: string; readonly look: Look }[];
  readonly own: readonly { readonly ord: number; readonly look: Look }[];
}

export const NO_LOOKS: RunLooks = { known: [], own: [] };

/**
 * Patches first seen in the months from `since` up to but not in `before`, of the CRS `srid`, that are undecided by what
 * was seen up to then: the same answer whether or not later months have already looked.
 */
export async function openPatches(
  db: Db,
  scope: {
    readonly since: string;
    readonly before: string;
    readonly against: Against;
    readonly srid: number;
  },
): Promise<OpenPatch[]> {
  const rows = await db.query<{
    number: string;
    class: ChangeClassName;
    month: string;
    before: string;
    geom: string;
  }>(
    `SELECT number, class, month, before, geom::text AS geom FROM tuban.patch
     WHERE month >= $2 AND month < $1 AND against = $3 AND retired_at IS NULL AND before IS NOT NULL AND ST_SRID(geom) = $4
     ORDER BY number COLLATE "C"`,
    [scope.before, scope.since, scope.against, scope.srid],
  );
  const looks = await looksOf(
    db,
    rows.map(({ number }) => number),
  );
  return rows
    .filter(({ number, class: name }) => {
      const known = (looks.get(number) ?? []).filter(({ after }) => after < scope.before);
      return lifeOf(name, known).state === 'suspected';
    })
    .map(({ geom, ...row }) => ({ ...row, rings: decodePolygon(geom) }));
}

/**
 * Replaces what earlier runs of the same month saw by what this one did, and brings the states of all patches concerned up to date.
 * @returns their numbers
 */
export async function replaceLooks(
  tx: Db,
  run: RunRecord,
  numbers: readonly string[],
  looks: RunLooks,
): Promise<string[]> {
  const former = await tx.query<{ number: string }>(
    `DELETE FROM tuban.patch_look l USING tuban.run r
     WHERE l.run_id = r.id AND r.month = $1 AND r.against = $2 RETURNING l.number`,
    [run.month, run.against],
  );
  const own = looks.own.map(({ ord, look }) => ({ number: numbers[ord], look }));
  const all = [...own, ...looks.known];
  await tx.query(
    `INSERT INTO tuban.patch_look (number, kind, before, after, usable, holding, run_id)
     SELECT number, kind, before, after, usable, holding, $7::int
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
       AS l(number, kind, before, after, usable, holding)`,
    [
      all.map(({ number }) => number),
      all.map(({ look }) => look.kind),
      all.map(({ look }) => look.before),
      all.map(({ look }) => look.after),
      all.map(({ look }) => look.usable),
      all.map(({ look }) => look.holding),
      run.id,
    ],
  );
  const concerned = [...new Set([...former.map(({ number }) => number), ...all.map(({ number }) => number)])];
  await updateStates(tx, concerned);
  return concerned;
}

async function updateStates(tx: Db, numbers: readonly string[]): Promise<void> {
  if (numbers.length === 0) return;
  const patches = await tx.query<{ number: string; class: ChangeClassName }>(
    'SELECT number, class FROM tuban.patch WHERE number = ANY ($1::text[])',
    [numbers],
  );
  const looks = await looksOf(tx, numbers);
  const lives = patches.map(({ number, class: name }): Life => lifeOf(name, looks.get(number) ?? []));
  await tx.query(
    `UPDATE tuban.patch p SET state = s.state, decided = s.decided, updated_at = now()
     FROM unnest($1::text[], $2::text[], $3::text[]) AS s(number, state, decided)
     WHERE p.number = s.number AND (p.state, p.decided) IS DISTINCT FROM (s.state, s.decided)`,
    [
      patches.map(({ number }) => number),
      lives.map(({ state }) => state),
      lives.map(({ decided }) => decided),
    ],
  );
}

/** The looks at patches by number, oldest first. */
export async function looksOf(db: Db, numbers: readonly string[]): Promise<Map<string, Look[]>> {
  const rows = await db.query<Look & { readonly number: string }>(
    `SELECT number, kind, before, after, usable, holding FROM tuban.patch_look WHERE number = ANY ($1::text[])
     ORDER BY after, before, kind`,
    [numbers],
  );
  const looks = new Map<string, Look[]>();
  for (const { number, ...look } of rows) {
    const known = looks.get(number);
    if (known) known.push(look);
    else looks.set(number, [look]);
  }
  return looks;
}
