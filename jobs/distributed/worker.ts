import { setTimeout as wait } from 'node:timers/promises';
import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { isShared, openSharedJob, type SharedJob } from '../../raster/engine/shared-job.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import type { Logger } from '../log.js';
import type { WorkerFigures } from './figures.js';
import { QUEUE } from './names.js';
import { HEARTBEAT_S, Payload } from './queue.js';

/** Between two looks at an empty queue, ms; longer the longer it is empty. */
const [LEAST_REST_MS, MOST_REST_MS] = [50, 1000];
/** A worker whose files differ takes nothing for so long, ms: others may do better, and it would only use up the tries. */
const SULK_MS = 30_000;
/** A job nobody has sent a block of for so long gives its threads back, ms. */
const KEEP_MS = 60_000;

export interface WorkerOptions {
  readonly boss: PgBoss;
  /** The folder of shared jobs: `work` of the state folder that all machines see. */
  readonly folder: string;
  readonly threads: number;
  readonly figures: WorkerFigures;
  readonly log: Logger;
  readonly tell: (line: string) => void;
  /** Ends when there has been nothing to do for so many seconds; null: never. */
  readonly idleExitS: number | null;
  /** Ends it: what is in hand is finished, nothing more is taken. */
  readonly signal?: AbortSignal;
}

type Taken = JobWithMetadata<unknown>;

/** Takes blocks from the queue and does them, until it is told to end. At least once each: a block done twice has the same result. */
export async function work(options: WorkerOptions): Promise<void> {
  const { boss, log, figures, signal } = options;
  const jobs = openJobs(options);
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
      const room = jobs.room() - inHand.size;
      const taken = room > 0 && performance.now() >= sulksUntil ? await fetchJobs(boss, room, log) : [];
      for (const job of taken) {
        const done = one(options, jobs, job).then((sulks) => {
          inHand.delete(job.id);
          figures.inHand(inHand.size);
          freeAt = performance.now();
          if (sulks) sulksUntil = performance.now() + SULK_MS;
        });
        inHand.set(job.id, { job, done });
        figures.inHand(inHand.size);
      }
      if (taken.length > 0) {
        rest = LEAST_REST_MS;
        continue;
      }
      if (inHand.size === 0) {
        const idle = performance.now() - freeAt;
        if (options.idleExitS !== null && idle >= 1000 * options.idleExitS) return;
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

/** None where the server is away: it is asked again. */
async function fetchJobs(boss: PgBoss, room: number, log: Logger): Promise<Taken[]> {
  try {
    return await boss.fetch<unknown>(QUEUE, { batchSize: room, includeMetadata: true });
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'Queue:Lost');
    await wait(MOST_REST_MS);
    return [];
  }
}

/** Does one block and tells the queue. @returns true where this machine cannot do blocks of that run at all */
async function one(
  { boss, log, figures, tell, folder }: WorkerOptions,
  jobs: Jobs,
  job: Taken,
): Promise<boolean> {
  const started = performance.now();
  const attempt = { id: job.id, retryCount: job.retryCount };
  const lost = (error: unknown) => log.warn({ job: job.id, error: messageOf(error) }, 'Queue:NotTold');
  let refused = false;
  try {
    const payload = parsed(job.data);
    const shared = await jobs.of(payload.key).catch((error: unknown) => {
      refused = true;
      throw error;
    });
    if (shared === null) log.info(payload, 'Block:Stale');
    else {
      const block = shared.blocks[payload.index];
      if (block === undefined)
        throw new BadInput(
          `block ${payload.index}: the job ${payload.key} has ${shared.blocks.length} blocks`,
        );
      // done by a worker that could not say so any more
      if (!(await shared.has(block))) figures.worked((await shared.run(block)) / 1000);
    }
    // a queue that is away hears of it later: the block is found done when it is handed out again
    await boss.complete(QUEUE, attempt).catch(lost);
    figures.ended('done', (performance.now() - started) / 1000);
    log.debug({ ...payload, ms: Math.round(performance.now() - started) }, 'Block:Done');
    return false;
  } catch (error) {
    const key = Payload.safeParse(job.data).data?.key;
    // what a run that has ended leaves in the hands of workers is no failure
    if (key !== undefined && !(await isShared(folder, key))) {
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
    return refused;
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
  /** Null where the job's run has ended. */
  of(key: string): Promise<SharedJob | null>;
  room(): number;
  close(): Promise<void>;
}

/** The threads of the job that was last wanted; those of another end when its last block is done. */
function openJobs({ folder, threads }: WorkerOptions): Jobs {
  let current: { readonly key: string; readonly opened: Promise<SharedJob | null> } | null = null;
  const ending = new Set<Promise<void>>();
  const end = (opened: Promise<SharedJob | null>) => {
    const gone = opened
      .then((job) => job?.close())
      .catch(() => {})
      .then(() => void ending.delete(gone));
    ending.add(gone);
  };
  return {
    // one at work and one at hand a thread
    room: () => 2 * threads,
    of(key) {
      if (current?.key !== key) {
        if (current !== null) end(current.opened);
        const opened = openSharedJob(folder, key, threads);
        const mine = { key, opened };
        current = mine;
        opened
          .then((job) => {
            if (job === null && current === mine) current = null;
          })
          .catch(() => {
            if (current === mine) current = null;
          });
      }
      return current.opened;
    },
    async close() {
      if (current !== null) end(current.opened);
      current = null;
      await Promise.all(ending);
    },
  };
}
