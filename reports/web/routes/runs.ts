import { basename } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { shownAddress } from '../../../raster/tiff/address.js';
import { calendarMonths } from '../../../vector/month.js';
import type { Db } from '../../../vector/store/db.js';
import { listRunLog } from '../../../vector/store/run-log.js';
import { findRun, listRuns } from '../../../vector/store/runs.js';
import { listScenes } from '../../../vector/store/scenes.js';
import { audit } from '../audit.js';
import type { Deps, RunWanted } from '../deps.js';
import { Problem } from '../problem.js';
import { Against, addRoute, Month } from '../route.js';
import {
  isOpen,
  LogLine,
  ofRecord,
  ofTask,
  RUN_READERS,
  RUNNERS,
  Run,
  RunId,
  shownLine,
  TaskId,
} from '../run-shapes.js';
import { heldRunRoutes } from './held-runs.js';
import { runEvents } from './run-events.js';

export function runRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config, runs } = deps;

  addRoute(app, {
    method: 'GET',
    url: '/api/runs',
    access: RUN_READERS,
    summary: 'Runs, the newest first; before them those that wait or run',
    answer: z.object({ items: z.array(Run), next: z.null() }),
    handle: async () => {
      const tasks = runs.tasks();
      const stored = (await listRuns(db)).sort((a, b) => b.id - a.id);
      // a task that has come as far as a stored run is told of by that, unless it is still going on
      const told = tasks.filter((task) => isOpen(task) || (task.run === null && task.status !== 'done'));
      const live = new Set(tasks.filter(isOpen).map(({ run }) => run));
      return {
        items: [
          ...told.reverse().map(ofTask),
          ...(await Promise.all(
            stored
              .filter((run) => !(run.status === 'running' && live.has(run.id)))
              .map((run) => ofRecord(run, config.stateDir)),
          )),
        ],
        next: null,
      };
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs',
    access: RUNNERS,
    summary: 'Asks for a month’s run; one runs at a time. With hold its result is kept back as a draft',
    body: z.strictObject({
      month: Month,
      against: z.array(Against).min(1).max(2).nullable().default(null),
      hold: z.boolean().default(false),
    }),
    answer: Run,
    status: 202,
    perMinute: 30,
    handle: async ({ body, request }) => ask(request, body),
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs/:id/resume',
    access: RUNNERS,
    summary: 'Asks once more for a run that failed or was cancelled; it goes on where it stopped',
    params: z.strictObject({ id: z.union([TaskId, RunId]) }),
    answer: Run,
    status: 202,
    perMinute: 30,
    handle: async ({ params: { id }, request }) => {
      const task = runs.tasks().find((one) => one.id === id);
      if (task !== undefined) {
        if (task.status !== 'failed' && task.status !== 'cancelled')
          throw new Problem(409, `${id} is ${task.status}; only a run that failed or was cancelled goes on`);
        return ask(request, task);
      }
      const run = await storedRun(db, id);
      // a server that was killed leaves its runs running
      const ended = run.status === 'failed' || run.status === 'running';
      if (!ended) throw new Problem(409, `Run ${id} is ${run.status}; only a run that did not end goes on`);
      const { month, against, held: hold } = run;
      return ask(request, { month, against: against === 'first' ? null : [against], hold });
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/runs/:id/cancel',
    access: RUNNERS,
    summary: 'Cancels a task; the same run asked for again goes on where it stopped',
    params: z.strictObject({ id: TaskId }),
    answer: z.object({ cancelled: z.boolean() }),
    handle: async ({ params: { id }, request }) => {
      const cancelled = runs.cancel(id);
      if (cancelled) await audit(deps, request, { action: 'run.cancelled', target: id });
      return { cancelled };
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/runs/:id/log',
    access: RUN_READERS,
    summary: 'What a stored run did and met, and when; lines of runs that are going on come with the events',
    params: z.strictObject({ id: RunId }),
    answer: z.object({ items: z.array(LogLine) }),
    handle: async ({ params: { id } }) => {
      const run = await storedRun(db, id);
      return { items: (await listRunLog(db, run.id)).map(shownLine) };
    },
  });

  async function ask(request: FastifyRequest, { month, against, hold }: RunWanted) {
    const task = runs.start({ month, against, hold });
    await audit(deps, request, { action: 'run.started', target: month, data: { id: task.id, hold } });
    return ofTask(task);
  }

  addRoute(app, {
    method: 'GET',
    url: '/api/scenes',
    access: RUN_READERS,
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
              // addresses may carry passwords and signatures, and where files lie is the server's own business
              files: files.map((file) => basename(shownAddress(file))),
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

  heldRunRoutes(app, deps);
  runEvents(app, deps);
}

/** @throws Problem 404 where there is none of that number. */
async function storedRun(db: Db, id: string) {
  const number = Number(id);
  const run = Number.isInteger(number) ? await findRun(db, number) : null;
  if (run === null) throw new Problem(404, `There is no run ${id}`);
  return run;
}
