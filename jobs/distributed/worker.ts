import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { PgBoss } from 'pg-boss';
import type { BlockStore } from '../../raster/engine/block-store.js';
import { isShared, openSharedJob, type SharedJob } from '../../raster/engine/shared-job.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import type { Logger } from '../log.js';
import type { WorkerFigures } from './figures.js';
import { QUEUE } from './names.js';
import { openPlaces, type Places, type Taken } from './places.js';
import { HEARTBEAT_S, Payload, type Unseen } from './queue.js';

/** Between two looks at an empty queue, ms; longer the longer it is empty. */
const [LEAST_REST_MS, MOST_REST_MS] = [50, 1000];
/** A worker whose files differ takes nothing for so long, ms: others may do better, and it would only use up the tries. */
const SULK_MS = 30_000;
/** A job that no block has come of for so long gives its threads back, ms. */
const KEEP_MS = 60_000;

export interface WorkerOptions {
  readonly boss: PgBoss;
  /** Where runs share their jobs. */
  readonly store: BlockStore;
  readonly threads: number;
  readonly figures: WorkerFigures;
  readonly log: Logger;
  readonly tell: (line: string) => void;
  /** Ends when there has been nothing to do for so many seconds; null: never. */
  readonly idleExitS: number | null;
  /** Ends it: what is in hand is finished, nothing more is taken. */
  readonly signal?: AbortSignal;
}

/** Takes blocks from the queue and does them, until it is told to end. At least once each: a block done twice has the same result. */
export async function work(options: WorkerOptions): Promise<void> {
  const { boss, log, figures, signal } = options;
  const jobs = openJobs(options);
  const places = openPlaces(boss);
  const inHand = new Map<string, { readonly job: Taken; readonly done: Promise<void> }>();
  const beats = setInterval(() => void beat(), (1000 * HEARTBEAT_S) / 4);
  const beat = async () => {
    if (inHand.size > 0)
      await boss
        .touch(
          QUEUE,
          [...inHand.values()].map(({ job }) => job),
        )
        .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'Queue:Lost'));
  };
  let freeAt = performance.now();
  let rest = LEAST_REST_MS;
  let sulksUntil = 0;
  try {
    while (signal?.aborted !== true) {
      // one at work and one at hand a thread
      const room = 2 * options.threads - inHand.size;
      const asks = room > 0 && performance.now() >= sulksUntil;
      const taken = asks ? await fetchJobs(places, room, log) : [];
      // whether the queue is empty is not known then
      if (taken === null) freeAt = performance.now();
      for (const job of taken ?? []) {
        const done = one(options, jobs, job).then((sulks) => {
          inHand.delete(job.id);
          figures.inHand(inHand.size);
          freeAt = performance.now();
          if (sulks) sulksUntil = performance.now() + SULK_MS;
        });
        inHand.set(job.id, { job, done });
        figures.inHand(inHand.size);
      }
      if (taken !== null && taken.length > 0) {
        rest = LEAST_REST_MS;
        continue;
      }
      if (inHand.size === 0) {
        const idle = performance.now() - freeAt;
        if (taken !== null && options.idleExitS !== null && idle >= 1000 * options.idleExitS) return;
        if (idle > KEEP_MS) await jobs.close();
      } else freeAt = performance.now();
      rest = Math.min(MOST_REST_MS, 2 * rest);
      // as soon as there is room again, or after a while
      const ended = room > 0 ? [] : [...inHand.values()].map(({ done }) => done);
      await firstOf(ended, rest, signal);
    }
  } finally {
    await Promise.allSettled([...inHand.values()].map(({ done }) => done));
    clearInterval(beats);
    await jobs.close();
  }
}

/** Waits for the first of them, so many ms at most. */
async function firstOf(ended: readonly Promise<void>[], ms: number, signal: AbortSignal | undefined) {
  const over = new AbortController();
  const ends = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
  await Promise.race([wait(ms, undefined, { signal: ends }).catch(() => {}), ...ended]);
  over.abort();
}

/** Null where the server is away: it is asked again. */
async function fetchJobs(places: Places, room: number, log: Logger): Promise<Taken[] | null> {
  try {
    return await places.fetch(room);
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'Queue:Lost');
    return null;
  }
}

/** Does one block and tells the queue. @returns true where this machine cannot do blocks of that run at all */
async function one(
  { boss, log, figures, tell, store }: WorkerOptions,
  jobs: Jobs,
  job: Taken,
): Promise<boolean> {
  const started = performance.now();
  const attempt = { id: job.id, retryCount: job.retryCount };
  const lost = (error: unknown) => log.warn({ job: job.id, error: messageOf(error) }, 'Queue:NotTold');
  let opened = false;
  try {
    const payload = parsed(job.data);
    const found = await jobs.use(payload.key, async (shared) => {
      opened = true;
      if (shared === null) return false;
      const block = shared.blocks[payload.index];
      if (block === undefined)
        throw new BadInput(
          `block ${payload.index}: the job ${payload.key} has ${shared.blocks.length} blocks`,
        );
      // done by a worker that could not say so any more
      if (!(await shared.has(block))) figures.worked((await shared.run(block)) / 1000);
      return true;
    });
    if (!found) {
      // its run has ended, or is on a machine with another store: whoever waits for it knows which
      log.info(payload, 'Block:Unseen');
      const unseen: Unseen = { unseen: `${hostname()}: ${store.name}/${payload.key}` };
      await boss.complete(QUEUE, attempt, unseen).catch(lost);
      return true;
    }
    // a queue that is away hears of it later: the block is found done when it is handed out again
    await boss.complete(QUEUE, attempt).catch(lost);
    figures.ended('done', (performance.now() - started) / 1000);
    log.debug({ ...payload, ms: Math.round(performance.now() - started) }, 'Block:Done');
    return false;
  } catch (error) {
    const key = Payload.safeParse(job.data).data?.key;
    // what a run that has ended leaves in the hands of workers is no failure
    // nobody knows of a store that does not answer, and what is wrong is told
    if (key !== undefined && !(await isShared(store, key).catch(() => true))) {
      await boss.complete(QUEUE, attempt).catch(lost);
      return false;
    }
    figures.ended('failed', (performance.now() - started) / 1000);
    tell(`block failed: ${messageOf(error)}`);
    log.error(
      { job: job.id, data: job.data, error: known(error) ? messageOf(error) : error },
      'Block:Failed',
    );
    const name = error instanceof Error ? error.name : 'Error';
    await boss.fail(QUEUE, attempt, { name, message: messageOf(error) }).catch(lost);
    return key !== undefined && !opened;
  }
}

const known = (error: unknown) => error instanceof BadInput || error instanceof Unavailable;

/** @throws BadInput naming the field */
function parsed(data: unknown): Payload {
  const given = Payload.safeParse(data);
  if (given.success) return given.data;
  const [issue] = given.error.issues;
  throw new BadInput(
    `a job of the queue ${QUEUE} cannot be used: ${issue.path.join('.') || 'data'}: ${issue.message}`,
  );
}

interface Jobs {
  /** Does something with the job of a key, which stays open as long; null where there is none in the store. */
  use<T>(key: string, act: (job: SharedJob | null) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A job with its threads. */
interface Open {
  readonly opened: Promise<SharedJob | null>;
  /** Blocks in hand. */
  users: number;
  usedAt: number;
}

/**
 * Runs may come by turns: each job in hand has threads of its own. One that has none in hand keeps them until another is wanted
 * or it has rested for long; one that has failed is opened anew, as its threads may have died.
 */
function openJobs({ store, threads }: WorkerOptions): Jobs {
  const open = new Map<string, Open>();
  const ending = new Set<Promise<void>>();
  const end = ({ opened }: Open) => {
    const gone = opened
      .then((job) => job?.close())
      .catch(() => {})
      .then(() => void ending.delete(gone));
    ending.add(gone);
  };
  /** The last block in hand ends what is given up with blocks in hand. */
  const giveUp = (key: string, job: Open) => {
    if (open.get(key) !== job) return;
    open.delete(key);
    if (job.users === 0) end(job);
  };
  const giveUpResting = (longest: number) => {
    for (const [key, job] of open)
      if (job.users === 0 && performance.now() - job.usedAt >= longest) giveUp(key, job);
  };
  const openedJob = (key: string): Open => {
    const there = open.get(key);
    giveUpResting(there === undefined ? 0 : KEEP_MS);
    const job = there ?? { opened: openSharedJob(store, key, threads), users: 0, usedAt: 0 };
    job.users++;
    open.set(key, job);
    return job;
  };
  return {
    async use(key, act) {
      const job = openedJob(key);
      try {
        const shared = await job.opened;
        if (shared === null) giveUp(key, job);
        return await act(shared);
      } catch (error) {
        giveUp(key, job);
        throw error;
      } finally {
        job.users--;
        job.usedAt = performance.now();
        if (job.users === 0 && open.get(key) !== job) end(job);
      }
    },
    async close() {
      giveUpResting(0);
      await Promise.all(ending);
    },
  };
}
