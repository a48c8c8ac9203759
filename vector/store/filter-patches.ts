import type { ClassFilter } from '../filter/fit.js';
import { type Asked, type Filtering, judgeMonth } from '../filter/judge.js';
import type { Life } from '../life.js';
import type { Db } from './db.js';
import { type PatchFacts, patchFacts } from './filter-facts.js';
import { filterOf, filterUse, listFilters } from './filters.js';

/**
 * Lets the filters judge month-on-month patches, inside a transaction, and brings their states up to date: a patch that is taken
 * for a false alarm stays `suspected` whatever its looks say. Patches of a class and month are judged together, because no
 * more than a share of them may be held back, so those named bring the rest of their month along. Each is judged by the filter
 * of the month in which it was decided, or was first seen. Nothing is written where nothing changes.
 * @returns how many patches changed
 */
export async function judgePatches(tx: Db, numbers: readonly string[] | 'all'): Promise<number> {
  const [filters, use] = [await listFilters(tx), await filterUse(tx)];
  if (filters.length === 0) return 0;
  const acting = use.mode === 'off' ? [] : filters.flatMap(({ classes }) => classes.filter(acts));
  const groups = await groupsOf(
    tx,
    numbers,
    acting.map((one) => one.class),
  );
  if (groups.length === 0) return 0;
  const sent = await sentNumbers(tx, groups);
  const facts = new Map((await patchFacts(tx, groups)).map((patch) => [patch.number, patch]));
  const months = new Map<string, Asked[]>();
  for (const patch of facts.values()) {
    const asked: Asked = {
      patch,
      filter: filterOf(patch.life.decided ?? patch.month, filters, use),
      sent: sent.has(patch.number),
      standing: patch.life.state !== 'dismissed',
    };
    const key = `${patch.month} ${patch.class}`;
    const known = months.get(key);
    if (known) known.push(asked);
    else months.set(key, [asked]);
  }
  const answers = [...months.values()].flatMap((asked) => [...judgeMonth(asked)]);
  return store(
    tx,
    answers.flatMap(([number, filtering]) => {
      const patch = facts.get(number);
      return patch === undefined ? [] : [{ number, filtering, life: heldLife(patch, filtering) }];
    }),
  );
}

/** What looks make of a patch, held back where a filter says so. */
function heldLife({ life }: PatchFacts, filtering: Filtering | null): Life {
  return filtering?.held && life.state === 'confirmed' ? { state: 'suspected', decided: null } : life;
}

function acts({ threshold }: ClassFilter): boolean {
  return threshold !== null;
}

/** All patches of the classes and months of those named, of classes that a filter acts on, and those that one has judged before. */
async function groupsOf(
  tx: Db,
  numbers: readonly string[] | 'all',
  classes: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ number: string }>(
    `SELECT p.number FROM tuban.patch p
     JOIN (SELECT DISTINCT month, class FROM tuban.patch
           WHERE against = 'mom' AND ($1::text[] IS NULL OR number = ANY ($1))) AS g ON g.month = p.month AND g.class = p.class
     WHERE p.against = 'mom' AND p.retired_at IS NULL AND (p.class = ANY ($2::text[]) OR p.filtering IS NOT NULL)`,
    [numbers === 'all' ? null : numbers, classes],
  );
  return rows.map(({ number }) => number);
}

/** Patches whose lead was sent: what people were told of is theirs to decide. */
async function sentNumbers(tx: Db, numbers: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ number: string }>(
    `SELECT number FROM tuban.lead WHERE number = ANY ($1::text[]) AND (sent_at IS NOT NULL OR status <> 'new')`,
    [numbers],
  );
  return new Set(rows.map(({ number }) => number));
}

async function store(
  tx: Db,
  judged: readonly { readonly number: string; readonly filtering: Filtering | null; readonly life: Life }[],
): Promise<number> {
  const changed = await tx.query<{ number: string }>(
    `UPDATE tuban.patch p SET state = j.state, decided = j.decided, filtering = j.filtering::jsonb, updated_at = now()
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS j(number, state, decided, filtering)
     WHERE p.number = j.number AND (p.state, p.decided, p.filtering) IS DISTINCT FROM (j.state, j.decided, j.filtering::jsonb)
     RETURNING p.number`,
    [
      judged.map(({ number }) => number),
      judged.map(({ life }) => life.state),
      judged.map(({ life }) => life.decided),
      judged.map(({ filtering }) => (filtering === null ? null : JSON.stringify(filtering))),
    ],
  );
  return changed.length;
}

/** Patches that are held back now. */
export async function countHeld(db: Db): Promise<number> {
  const [{ count }] = await db.query<{ count: number }>(
    `SELECT count(*) AS count FROM tuban.patch WHERE (filtering ->> 'held')::boolean AND retired_at IS NULL`,
  );
  return count;
}
