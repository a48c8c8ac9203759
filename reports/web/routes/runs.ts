import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { shownAddress } from '../../../raster/tiff/address.js';
import { calendarMonths } from '../../../vector/month.js';
import { listRuns, type RunRecord } from '../../../vector/store/runs.js';
import { listScenes } from '../../../vector/store/scenes.js';
import { audit } from '../audit.js';
import type { Deps, RunTask } from '../deps.js';
import { Against, addRoute, Month } from '../route.js';

/** Who sees how the district is computed; officers see its patches and leads. */
const READERS = ['administrator', 'analyst', 'planner'] as const;
const RUNNERS = ['administrator', 'analyst'] as const;

const Progress = z.object({ stage: z.string(), done: z.number(), total: z.number() });
const Run = z.object({
  id: z.string().describe('a stored run’s number, or a task’s (task-1) while it is waiting or running'),
  month: z.string(),
  against: z.string().describe('mom, yoy or first; of a task what it was asked for, "" for all there is'),
  before: z.string().nullable(),
  status: z.enum(['waiting', 'running', 'published', 'replaced', 'failed', 'cancelled', 'interrupted']),
  started_at: z.string(),
  published_at: z.string().nullable(),
  backend: z.string().nullable(),
  failure: z.string().nullable(),
  summary: z
    .unknown()
    .describe('usable_fraction, scenes (alignment, normalization), classes, notes, timings_ms'),
  progress: Progress.nullable(),
});

function ofTask(task: RunTask): z.input<typeof Run> {
  const { id, month, stage, done, total, failure, askedAt, status } = task;
  return {
    id,
    month,
    against: task.against?.join(',') ?? '',
    before: null,
    status: status === 'done' ? 'published' : status,
    started_at: askedAt,
    published_at: null,
    backend: null,
    failure,
    summary: null,
    progress: { stage, done, total },
  };
}

function ofRecord(run: RunRecord, busy: boolean): z.input<typeof Run> {
  const { id, month, against, beforeMonth, status, startedAt, publishedAt, backend, failure, summary } = run;
  return {
    id: String(id),
    month,
    against,
    before: beforeMonth,
    // a server that was killed could not say so; another process on the same PostgreSQL may still be at it
    status: status === 'running' && !busy ? 'interrupted' : status,
    started_at: startedAt,
    published_at: publishedAt,
    backend,
    failure,
    summary: summary ?? null,
    progress: null,
  };
}

const isOpen = (task: RunTask) => task.status === 'waiting' || task.status === 'running';

export function runRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, runs } = deps;

  addRoute(app, {
    method: 'GET',
    url: '/api/runs',
    access: READERS,
    summary: 'Runs, the newest first; before them those that wait or run',
    answer: z.object({ items: z.array(Run), next: z.null() }),
    handle: async () => {
      const tasks = runs.tasks();
      const busy = (run: RunRecord) =>
        tasks.some((task) => task.status === 'running' && task.month === run.month);
      const stored = (await listRuns(db)).sort((a, b) => b.id - a.id);
      const shown = stored.filter((run) => !(run.status === 'running' && busy(run)));
      return {
        items: [
          ...tasks
            .filter((task) => isOpen(task) || task.status === 'failed' || task.status === 'cancelled')
            .reverse()
            .map(ofTask),
          ...shown.map((run) => ofRecord(run, false)),
        ],
        next: null,
      };
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs',
    access: RUNNERS,
    summary: 'Asks for a month’s run; one runs at a time',
    body: z.strictObject({ month: Month, against: z.array(Against).min(1).max(2).nullable().default(null) }),
    answer: Run,
    status: 202,
    perMinute: 30,
    handle: async ({ body, request }) => {
      const task = runs.start(body.month, body.against);
      await audit(deps, request, { action: 'run.started', target: body.month, data: { id: task.id } });
      return ofTask(task);
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs/:id/cancel',
    access: RUNNERS,
    summary: 'Cancels a task; the same run asked for again goes on where it stopped',
    params: z.strictObject({ id: z.string().regex(/^task-\d{1,9}$/, 'expected a task, e.g. task-1') }),
    answer: z.object({ cancelled: z.boolean() }),
    handle: async ({ params: { id }, request }) => {
      const cancelled = runs.cancel(id);
      if (cancelled) await audit(deps, request, { action: 'run.cancelled', target: id });
      return { cancelled };
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/scenes',
    access: READERS,
    summary: 'Scenes by month, and the months without any',
    answer: z.object({
      months: z.array(
        z.object({
          month: z.string(),
          scenes: z.array(
            z.object({
              id: z.string(),
              sensor: z.string().nullable(),
              files: z.array(z.string()),
              acquired: z.string().nullable(),
              resolution_m: z.number(),
              crs: z.string(),
              added_at: z.string(),
            }),
          ),
        }),
      ),
      missing: z.array(z.string()),
    }),
    handle: async () => {
      const scenes = await listScenes(db);
      const months = [...new Set(scenes.map(({ month }) => month))].sort();
      const all = months.length === 0 ? [] : calendarMonths(months[0], months[months.length - 1]);
      return {
        months: months.map((month) => ({
          month,
          scenes: scenes
            .filter((scene) => scene.month === month)
            .map(({ id, sensor, files, acquired, resolutionM, crs, addedAt }) => ({
              id,
              sensor,
              // addresses may carry passwords and signatures
              files: files.map(shownAddress),
              acquired,
              resolution_m: resolutionM,
              crs,
              added_at: addedAt,
            })),
        })),
        missing: all.filter((month) => !months.includes(month)),
      };
    },
  });

  addEvents(app, deps);
}

/** A stream of events is ended after a while, so that rights that were taken away end too; clients ask again by themselves. */
const [MOST_MS, BEAT_MS] = [10 * 60_000, 20_000];

function addEvents(app: FastifyInstance, { runs }: Deps): void {
  const open = new Set<() => void>();
  // a server that closes does not wait for streams that never end
  app.addHook('preClose', async () => {
    for (const end of open) end();
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/runs/events',
    access: READERS,
    summary: 'Server-sent events of tasks: {id, month, against, status, stage, done, total, failure}',
    answer: ['text/event-stream'],
    handle: async ({ request, reply }) => {
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) raw.setHeader(name, value);
      }
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 2000\n\n');
      const tell = ({ id, month, against, status, stage, done, total, failure }: RunTask) => {
        const data = { id, month, against: against?.join(',') ?? '', status, stage, done, total, failure };
        // who does not read gets no backlog: the next event tells all
        if (!raw.writableNeedDrain) raw.write(`data: ${JSON.stringify(data)}\n\n`);
      };
      for (const task of runs.tasks()) if (isOpen(task)) tell(task);
      const beat = setInterval(() => raw.write(': beat\n\n'), BEAT_MS);
      const timer = setTimeout(() => end(), MOST_MS);
      const forget = runs.watch(tell);
      const end = () => {
        clearInterval(beat);
        clearTimeout(timer);
        forget();
        open.delete(end);
        raw.end();
      };
      open.add(end);
      request.raw.on('close', end);
      return reply;
    },
  });
}
