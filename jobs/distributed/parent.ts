import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import type { BlockRunner } from '../../raster/engine/compare.js';
import type { Journal } from '../../raster/engine/journal.js';
import { messageOf, Unavailable } from '../../raster/errors.js';
import type { Block } from '../../raster/grid.js';
import type { Logger } from '../log.js';
import { QUEUE } from './names.js';
import { errorOf, type JobRow, jobId, jobStates, Unseen } from './queue.js';

/** Blocks in the queue whose results have not been taken, at most: the queue stays small however large the district. */
const WINDOW = 256;
/** How often finished blocks are asked for, ms; the first times sooner, for small jobs. */
const LOOK_MS = [50, 100, 200, 400];
/** No worker for so long is told, ms. */
const SILENCE_MS = 30_000;
/** A shared folder or a store may show a file later than its writer has told of it, ms. */
const VISIBLE_MS = 60_000;
/** The server may be away for so long before the run gives up, ms: the blocks stay where they are. */
const AWAY_MS = 300_000;

export interface ParentDeps {
  readonly boss: PgBoss;
  readonly log: Logger;
  readonly tell: (line: string) => void;
  readonly now: () => number;
}

/** Has the blocks of jobs done by whatever workers there are (worker.ts), one comparison after the other. */
export function distributed(deps: ParentDeps): BlockRunner {
  return async (job, blocks, { journal, signal, take }) => {
    if (journal === undefined) throw new Error('blocks for other machines need a journal');
    if (blocks.length === 0) return null;
    const key = await journal.share(job);
    await new Waiting(deps, key, journal, blocks).run(take, signal);
    return null;
  };
}

interface Outstanding {
  readonly block: Block;
  /** When its job was first seen completed without a file to be seen; null before. */
  missingSince: number | null;
  /** Whether it is to be queued again. */
  lost: boolean;
}

type Take = Parameters<BlockRunner>[2]['take'];

/** The blocks of one job that have been queued, and those that are to be. */
class Waiting {
  readonly #queued = new Map<string, Outstanding>();
  /** Jobs whose results are taken: they go from the table many at a time. */
  readonly #done = new Set<string>();
  /** By index of the block: earlier ones of the run's order come first. */
  readonly #priorities: ReadonlyMap<number, number>;
  #next = 0;
  #heardAt: number;
  /** Since when the server has been away. */
  #lostAt: number | null = null;
  #told = false;
  #toldUnseen = false;

  constructor(
    private readonly deps: ParentDeps,
    private readonly key: string,
    private readonly journal: Journal,
    private readonly blocks: readonly Block[],
  ) {
    this.#heardAt = deps.now() - SILENCE_MS + 3000;
    this.#priorities = new Map(blocks.map(({ index }, place) => [index, blocks.length - place]));
  }

  async run(take: Take, signal: AbortSignal | undefined): Promise<void> {
    let looks = 0;
    try {
      for (;;) {
        signal?.throwIfAborted();
        const rows = await this.#ask();
        if (rows !== null && this.#queued.size === 0) return;
        const taken = rows === null ? 0 : await this.#collect(rows, take, signal);
        looks = taken > 0 ? 0 : looks + 1;
        await wait(LOOK_MS[Math.min(looks, LOOK_MS.length - 1)], undefined, { signal }).catch(() => {});
      }
    } finally {
      await this.#leave();
    }
  }

  /** All that is wanted of the queue: its table tidied, blocks queued, their states. Null where it is away for a while. */
  async #ask(): Promise<JobRow[] | null> {
    try {
      if (this.#done.size >= WINDOW) await this.#tidy();
      await this.#fill();
      const rows = await jobStates(this.deps.boss, [...this.#queued.keys()]);
      this.#lostAt = null;
      return rows;
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#lostAt ??= this.deps.now();
      if (this.deps.now() - this.#lostAt > AWAY_MS)
        throw new Unavailable(
          `The queue has been away for minutes (${messageOf(error)}); run the month again when it is back`,
        );
      return null;
    }
  }

  /** Queues further blocks, in their order: earlier ones come first, and what was lost before them. */
  async #fill(): Promise<void> {
    const lost = [...this.#queued.values()].filter((one) => one.lost).map(({ block }) => block);
    if (lost.length > 0) await this.#queue(lost);
    const more = this.blocks.slice(this.#next, this.#next + WINDOW - this.#queued.size);
    // a few at a time would be a statement a block
    if (more.length === 0 || (this.#queued.size > WINDOW / 2 && more.length < WINDOW / 2)) return;
    await this.#queue(more);
    this.#next += more.length;
  }

  async #queue(blocks: readonly Block[]): Promise<void> {
    const { boss } = this.deps;
    const jobs = blocks.map((block) => {
      const payload = { key: this.key, index: block.index };
      return { id: jobId(payload), data: payload, priority: this.#priorities.get(block.index), block };
    });
    // left by an earlier run of the same: what waits or is at work stays, what has ended is done again as its file is not there
    const known = await jobStates(
      boss,
      jobs.map(({ id }) => id),
    );
    const ended = known.filter(({ state }) => hasEnded(state)).map(({ id }) => id);
    if (ended.length > 0) await boss.deleteJob(QUEUE, ended);
    await boss.insert(
      QUEUE,
      jobs.map(({ block: _, ...job }) => job),
    );
    for (const { id, block } of jobs) this.#queued.set(id, { block, missingSince: null, lost: false });
  }

  /** Takes what is done. @returns how many blocks */
  async #collect(rows: readonly JobRow[], take: Take, signal: AbortSignal | undefined): Promise<number> {
    const now = this.deps.now();
    if (rows.some(({ state }) => state === 'active' || hasEnded(state))) {
      this.#heardAt = now;
      this.#told = false;
    } else this.#silence(now);
    const there = new Map(rows.map((row) => [row.id, row]));
    let taken = 0;
    for (const [id, one] of [...this.#queued]) {
      const row = there.get(id);
      if (row !== undefined && !hasEnded(row.state)) continue;
      signal?.throwIfAborted();
      // the file is what counts: a job may have failed after it was written, or been cleared away
      const result = await this.journal.get(one.block);
      if (result !== null) {
        await take(result);
        this.#queued.delete(id);
        this.#done.add(id);
        taken++;
      } else if (row?.state === 'failed') throw errorOf(row.output);
      else this.#miss(one, row, now);
    }
    return taken;
  }

  /** A job that is completed, cancelled or gone, without a result: it is queued again when a file can no longer be late. */
  #miss(one: Outstanding, row: JobRow | undefined, now: number): void {
    const unseen = Unseen.safeParse(row?.output).data?.unseen;
    if (unseen !== undefined) this.#unseen(unseen);
    one.missingSince ??= now;
    one.lost = unseen !== undefined || now - one.missingSince >= VISIBLE_MS;
    if (one.lost) this.deps.log.warn({ key: this.key, block: one.block.index, unseen }, 'Block:Lost');
  }

  #unseen(where: string): void {
    if (this.#toldUnseen) return;
    this.#toldUnseen = true;
    this.deps.tell(`a worker does not see this run (${where}); ${this.journal.store.seenBy}`);
  }

  async #tidy(): Promise<void> {
    await this.deps.boss.deleteJob(QUEUE, [...this.#done]);
    this.#done.clear();
  }

  #silence(now: number): void {
    if (now - this.#heardAt < SILENCE_MS || this.#told) return;
    this.#told = true;
    this.deps.tell(
      `waiting for workers; start tuban worker on machines that see the scenes and ${this.journal.store.name}`,
    );
    this.deps.log.warn({ key: this.key, waiting: this.#queued.size }, 'Queue:Waiting');
  }

  /** Takes the job's blocks out of the queue: nobody waits for them any more. A worker that has one in hand finds it gone. */
  async #leave(): Promise<void> {
    for (const id of this.#queued.keys()) this.#done.add(id);
    if (this.#done.size === 0) return;
    await this.#tidy().catch((error: unknown) => {
      // tuban doctor clears them
      this.deps.log.warn({ error: messageOf(error) }, 'Queue:NotCleared');
    });
  }
}

const hasEnded = (state: string) => state === 'completed' || state === 'failed' || state === 'cancelled';

/** A connection that went away: errno and SQLSTATE classes 08 and 57P (PostgreSQL appendix A). */
function isLost(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(08|57P|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|connection timeout/i.test(messageOf(error))
  );
}
