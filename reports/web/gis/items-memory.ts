import type { Db } from '../../../vector/store/db.js';
import { type Extent, findEntries, isNear, type PatchEntry } from '../../../vector/store/patch-index.js';
import type { Condition } from './cql2/condition.js';
import { type Judge, judgeOf } from './cql2/judge.js';
import { type FoundKeys, type ItemsAsk, keysAmong } from './items-sql.js';
import { type Ground, type Reach, reachOf } from './spatial.js';

/** More patches than this are not put into a question: the database finds them by its own index. */
const MOST_ASKED = 2000;

/**
 * The page's keys from the patches in memory. Where extents alone do not tell whether an outline meets a geometry, the database
 * is asked about those patches.
 * @returns null where the database has to find them: memory lacks what is asked for, or leaves too many undecided
 */
export async function keysInMemory(db: Db, ask: ItemsAsk): Promise<FoundKeys | null> {
  const { collection, conditions, scope, limit, offset } = ask;
  if (collection.inMemory === undefined) return null;
  const reaches = new Map<Ground, Reach | null>();
  const judge = judgeOf({ kind: 'and', parts: conditions }, (ground) => meetsGround(ask, ground, reaches));
  if (judge === null) return null;
  const near = conditions.map((one) => narrowing(one, reaches)).reduce(both, {});
  const found: PatchEntry[] = [];
  const open: PatchEntry[] = [];
  for (const entry of await findEntries(db, { ...near, scope })) {
    const holds = judge(entry);
    if (holds !== false) found.push(entry);
    if (holds === null) open.push(entry);
  }
  const undecided = reaches.size > 0 ? open : [];
  if (undecided.length > MOST_ASKED) return null;
  const yes = await keysAmong(
    db,
    ask,
    undecided.map(({ number }) => number),
  );
  const dropped = new Set(open.filter(({ number }) => !yes.has(number)));
  const matching = dropped.size === 0 ? found : found.filter((entry) => !dropped.has(entry));
  const page = matching.slice(offset, offset + limit);
  return {
    keys: page.map(({ number, month, against }) => ({ key: number, month, against })),
    matched: matching.length,
  };
}

/** True and false where extents tell, else null. */
function meetsGround(
  { collection, box }: ItemsAsk,
  ground: Ground,
  reaches: Map<Ground, Reach | null>,
): Judge | null {
  // without a district nothing bounds the ground that is projected
  if (box === null) return null;
  const reach = reachOf({ crs: collection.crs, box }, ground);
  reaches.set(ground, reach);
  if (reach === null) return () => false;
  const { extent, inside } = reach;
  return ({ boxes, place }) => {
    if (!isNear(boxes, place, extent)) return false;
    return inside !== null && isInside(boxes, place, inside) ? true : null;
  };
}

function isInside(boxes: Float64Array, place: number, [x0, y0, x1, y1]: Extent): boolean {
  const k = 4 * place;
  return boxes[k] >= x0 && boxes[k + 1] >= y0 && boxes[k + 2] <= x1 && boxes[k + 3] <= y1;
}

/** What whatever meets a condition has, so that the other months, subdistricts and places need not be looked at. */
interface Narrowing {
  readonly from?: string;
  readonly to?: string;
  readonly subdistricts?: readonly string[];
  readonly extent?: Extent;
}

function narrowing(condition: Condition<Ground>, reaches: ReadonlyMap<Ground, Reach | null>): Narrowing {
  switch (condition.kind) {
    case 'and':
      return condition.parts.map((part) => narrowing(part, reaches)).reduce(both, {});
    case 'meets': {
      const reach = reaches.get(condition.ground);
      return reach ? { extent: reach.extent } : {};
    }
    case 'in':
      return condition.of.name === 'subdistrict_code' ? { subdistricts: condition.values.map(String) } : {};
    case 'compare': {
      const { op, left, right } = condition;
      if (!('queryable' in left) || !('value' in right)) return {};
      const value = String(right.value);
      if (left.queryable.name === 'subdistrict_code') return op === '=' ? { subdistricts: [value] } : {};
      if (left.queryable.name !== 'month') return {};
      if (op === '=') return { from: value, to: value };
      if (op === '>' || op === '>=') return { from: value };
      return op === '<>' ? {} : { to: value };
    }
    default:
      return {};
  }
}

/** What meets both. */
function both(a: Narrowing, b: Narrowing): Narrowing {
  const [from, to] = [later(a.from, b.from), earlier(a.to, b.to)];
  // either one narrows enough: what is left is judged anyway
  return { from, to, subdistricts: a.subdistricts ?? b.subdistricts, extent: a.extent ?? b.extent };
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}
