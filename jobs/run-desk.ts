import { BadInput, messageOf, Unavailable } from '../raster/errors.js';
import { CANCELLED, type RunDesk, type RunNote, type RunTask, type RunWanted } from '../reports/web/deps.js';
import type { RunLogLine } from '../vector/store/run-log.js';

/** Carries out one run; rejects where it fails or is aborted. */
export type RunWork = (
  wanted: RunWanted,
  hooks: {
    readonly signal: AbortSignal;
    readonly onProgress: (label: string, done: number, total: number) => void;
    readonly onNote: (run: number, line: RunLogLine) => void;
  },
) => Promise<unknown>;

/** Ended tasks that are still told of. */
const MOST_ENDED = 20;
/** Waiting ones: more are a mistake. */
const MOST_WAITING = 24;
/** Progress is told so often at most. */
const TELL_MS = 200;

interface Job {
  task: RunTask;
  readonly abort: AbortController;
}

/** Runs asked for by the page, one after the other: each takes all cores, and months build on one another. */
export function openRunDesk(
  work: RunWork,
  now: () => Date,
): RunDesk & { /** Aborts what runs and takes no more. */ close(): Promise<void> } {
  const jobs: Job[] = [];
  const listeners = new Set<Parameters<RunDesk['watch']>[0]>();
  let count = 0;
  let running: Promise<void> | null = null;
  let closed = false;

  const change = (job: Job, part: Partial<RunTask>) => {
    job.task = { ...job.task, ...part };
    for (const listener of listeners) listener.task(job.task);
  };
  const tell = (job: Job, run: number, line: RunLogLine) => {
    if (job.task.run !== run) change(job, { run });
    const note: RunNote = { task: job.task.id, run, ...line };
    for (const listener of listeners) listener.note(note);
  };

  async function carryOut(job: Job): Promise<void> {
    let told = 0;
    change(job, { status: 'running' });
    try {
      await work(job.task, {
        signal: job.abort.signal,
        onProgress: (stage, done, total) => {
          const at = performance.now();
          if (stage === job.task.stage && done < total && at - told < TELL_MS) return;
          told = at;
          change(job, { stage, done, total });
        },
        onNote: (run, line) => tell(job, run, line),
      });
      change(job, { status: 'done' });
    } catch (error) {
      change(
        job,
        job.abort.signal.aborted
          ? { status: 'cancelled', failure: null }
          : { status: 'failed', failure: messageOf(error).split('\n')[0] },
      );
    }
    const ended = jobs.filter(({ task }) => task.status !== 'waiting' && task.status !== 'running');
    for (const old of ended.slice(0, -MOST_ENDED)) jobs.splice(jobs.indexOf(old), 1);
  }

  async function goOn(): Promise<void> {
    for (;;) {
      const next = jobs.find(({ task }) => task.status === 'waiting');
      if (next === undefined || closed) return;
      await carryOut(next);
    }
  }

  return {
    start({ month, against, hold }) {
      if (closed) throw new Unavailable('The server is being closed and takes no more runs');
      const open = jobs.filter(({ task }) => task.status === 'waiting' || task.status === 'running');
      const same = open.find(({ task }) => task.month === month);
      if (same !== undefined) {
        throw new BadInput(
          `Month ${month} is ${same.task.status} already (${same.task.id}); cancel that first`,
        );
      }
      if (open.length >= MOST_WAITING)
        throw new BadInput(`${open.length} runs are waiting already; let some end first`);
      const task: RunTask = {
        id: `task-${++count}`,
        month,
        against,
        hold,
        status: 'waiting',
        run: null,
        stage: '',
        done: 0,
        total: 0,
        failure: null,
        askedAt: now().toISOString(),
      };
      const job = { task, abort: new AbortController() };
      jobs.push(job);
      change(job, {});
      running ??= goOn().finally(() => {
        running = null;
      });
      return job.task;
    },
    cancel(id) {
      const job = jobs.find(({ task }) => task.id === id);
      if (job === undefined || (job.task.status !== 'waiting' && job.task.status !== 'running')) return false;
      job.abort.abort(new Unavailable(CANCELLED));
      if (job.task.status === 'waiting') change(job, { status: 'cancelled' });
      return true;
    },
    tasks: () => jobs.map(({ task }) => task),
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closed = true;
      for (const { abort } of jobs)
        abort.abort(new Unavailable('the server is closed; the same run goes on where it stopped'));
      await running;
    },
  };
}
