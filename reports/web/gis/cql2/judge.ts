import type { PatchEntry } from '../../../../vector/store/patch-index.js';
import type { Queryable } from '../queryable.js';
import type { Condition, Operand, Value } from './condition.js';
import { likeness } from './like.js';

/** True, false, or null: not known, as SQL's NULL is, or only the database can tell. */
export type Judge = (patch: PatchEntry) => boolean | null;

/** So many conditions are looked at in every patch; a longer filter is left to the database, which does not keep others waiting. */
const MOST_CONDITIONS = 50;

/**
 * A condition judged on patches in memory, with SQL's three values: what is true or false whatever the unknown parts are is so.
 * @param meets judges a ground; null where that cannot be done here
 * @returns null for one that needs what memory does not have: a property, or an order of times
 */
export function judgeOf<Ground>(
  condition: Condition<Ground>,
  meets: (ground: Ground) => Judge | null,
): Judge | null {
  let conditions = 0;
  const judge = (one: Condition<Ground>): Judge | null => {
    if (++conditions > MOST_CONDITIONS) return null;
    switch (one.kind) {
      case 'constant':
        return () => one.holds;
      case 'and':
      case 'or': {
        const parts = one.parts.flatMap((part) => judge(part) ?? []);
        return parts.length < one.parts.length ? null : one.kind === 'and' ? every(parts) : some(parts);
      }
      case 'not': {
        const part = judge(one.part);
        return part && ((patch) => opposite(part(patch)));
      }
      case 'compare': {
        const [left, right] = [readerOf(one.left), readerOf(one.right)];
        if (left === null || right === null || one.type === 'date' || one.type === 'instant') return null;
        const holds = HOLDS[one.op];
        return (patch) => {
          const a = left(patch);
          const b = right(patch);
          return a === null || b === null ? null : holds(a, b);
        };
      }
      case 'in': {
        const values = new Set(one.values);
        return ofQueryable(one.of, (value) => values.has(value));
      }
      case 'like': {
        const like = likeness(one.pattern);
        return ofQueryable(one.of, (value) => like(String(value)));
      }
      case 'null': {
        const value = one.of.inMemory;
        return value === undefined ? null : (patch) => value(patch) === null;
      }
      case 'meets':
        return meets(one.ground);
    }
  };
  return judge(condition);
}

const HOLDS: Readonly<Record<'=' | '<>' | '<' | '>' | '<=' | '>=', (a: Value, b: Value) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => order(a, b) < 0,
  '>': (a, b) => order(a, b) > 0,
  '<=': (a, b) => order(a, b) <= 0,
  '>=': (a, b) => order(a, b) >= 0,
};

/** Below, at or above 0 as `a` stands before `b`; texts by their characters' codes, as the collation "C" has them. */
function order(a: Value, b: Value): number {
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) - Number(b);
  const length = Math.min(a.length, b.length);
  for (let k = 0; k < length; k++) {
    if (a[k] !== b[k]) return weight(a.charCodeAt(k)) - weight(b.charCodeAt(k));
  }
  return a.length - b.length;
}

/** UTF-16 writes the highest characters with units below those of some lower ones. */
function weight(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function readerOf(operand: Operand): ((patch: PatchEntry) => Value | null) | null {
  if ('value' in operand) return () => operand.value;
  return operand.queryable.inMemory ?? null;
}

function ofQueryable({ inMemory }: Queryable, holds: (value: Value) => boolean): Judge | null {
  if (inMemory === undefined) return null;
  return (patch) => {
    const value = inMemory(patch);
    return value === null ? null : holds(value);
  };
}

function opposite(holds: boolean | null): boolean | null {
  return holds === null ? null : !holds;
}

function every(parts: readonly Judge[]): Judge {
  return (patch) => {
    let all: boolean | null = true;
    for (const part of parts) {
      const holds = part(patch);
      if (holds === false) return false;
      if (holds === null) all = null;
    }
    return all;
  };
}

function some(parts: readonly Judge[]): Judge {
  return (patch) => {
    let any: boolean | null = false;
    for (const part of parts) {
      const holds = part(patch);
      if (holds === true) return true;
      if (holds === null) any = null;
    }
    return any;
  };
}
