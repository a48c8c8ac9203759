import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { z } from 'zod';
import { QUEUE, QUEUE_SCHEMA } from './names.js';

export type Taken = JobWithMetadata<unknown>;

/** A block's job that waits or is at work: whose run, where in the order (a block that comes later has less), which of both. */
const Row = z.object({ key: z.string(), priority: z.int(), waits: z.boolean() });
export type PlaceRow = z.infer<typeof Row>;

/** Takes jobs for one worker. */
export interface Places {
  /** At most `room` jobs that nobody has; none where none waits. */
  fetch(room: number): Promise<Taken[]>;
}

/**
 * Blocks come in the order of a run, in which neighbours read the same tiles of the scenes. A worker therefore goes on next to what it
 * took last; where that is gone it begins in the midst of the longest stretch that waits, so that several workers are at work in
 * different parts and do not all decode the same tiles.
 */
export function openPlaces(boss: PgBoss): Places {
  let next: number | null = null;
  const fetch = async (batchSize: number, among: { minPriority?: number; maxPriority?: number } = {}) => {
    const jobs = await boss.fetch<unknown>(QUEUE, { batchSize, includeMetadata: true, ...among });
    if (jobs.length > 0) next = Math.min(...jobs.map(({ priority }) => priority)) - 1;
    return jobs;
  };
  return {
    async fetch(room) {
      if (next !== null) {
        const beside = await fetch(room, { minPriority: next - room + 1, maxPriority: next });
        if (beside.length > 0) return beside;
        next = null;
      }
      const start = startOf(await rows(boss));
      if (start === null) return [];
      const there = await fetch(room, { maxPriority: start });
      // somebody else was quicker
      return there.length > 0 ? there : fetch(room);
    },
  };
}

async function rows(boss: PgBoss): Promise<PlaceRow[]> {
  const { rows } = await boss.getDb().executeSql(
    `SELECT coalesce(data->>'key', '') AS key, priority, state <> 'active' AS waits
       FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state IN ('created', 'retry', 'active')`,
    [QUEUE],
  );
  return z.array(Row).parse(rows);
}

/** The place to begin at: of the longest stretch that waits the middle where somebody works just before it, else its head. Null where none waits. */
export function startOf(jobs: readonly PlaceRow[]): number | null {
  const inOrder = [...jobs].sort((a, b) =>
    a.key < b.key ? -1 : a.key > b.key ? 1 : b.priority - a.priority,
  );
  let longest = { head: 0, length: 0, worked: false };
  let last: PlaceRow | null = null;
  let stretch = longest;
  for (const job of inOrder) {
    const follows = last !== null && last.key === job.key && last.priority - job.priority <= 1;
    if (job.waits) {
      stretch =
        follows && last?.waits
          ? { ...stretch, length: stretch.length + 1 }
          : { head: job.priority, length: 1, worked: follows };
      if (stretch.length > longest.length) longest = stretch;
    }
    last = job;
  }
  const { head, length, worked } = longest;
  if (length === 0) return null;
  return worked ? head - Math.floor(length / 2) : head;
}
