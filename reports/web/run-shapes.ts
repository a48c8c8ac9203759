import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { shownAddress } from '../../raster/tiff/address.js';
import type { RunLogLine } from '../../vector/store/run-log.js';
import type { RunRecord } from '../../vector/store/runs.js';
import { CANCELLED, type RunTask } from './deps.js';
import { RUN_RASTERS, runFolder } from './gis/run-raster.js';

/** Who sees how the district is computed; officers see its patches and leads. */
export const RUN_READERS = ['administrator', 'analyst', 'planner'] as const;
export const RUNNERS = ['administrator', 'analyst'] as const;

export const TaskId = z.string().regex(/^task-\d{1,9}$/, 'expected a task, e.g. task-1');
export const RunId = z.string().regex(/^[1-9]\d{0,8}$/, 'expected a run’s number, e.g. 12');

const Progress = z.object({ stage: z.string(), done: z.number(), total: z.number() });
export const Run = z.object({
  id: z.string().describe('a stored run’s number, or a task’s (task-1) while it is waiting or running'),
  month: z.string(),
  against: z.string().describe('mom, yoy or first; of a task what it was asked for, "" for all there is'),
  before: z.string().nullable(),
  hold: z.boolean().describe('whether its result is kept back as a draft'),
  status: z.enum([
    'waiting',
    'running',
    'draft',
    'published',
    'replaced',
    'failed',
    'cancelled',
    'interrupted',
    'discarded',
  ]),
  run: z.number().nullable().describe('of a task the stored run it is at'),
  started_at: z.string(),
  published_at: z.string().nullable(),
  backend: z.string().nullable(),
  failure: z.string().nullable(),
  summary: z
    .looseObject({})
    .nullable()
    .describe('usable_fraction, scenes (shift, normalization), classes, notes, timings_ms'),
  assets: z.array(z.string()).describe('rasters that are kept of it, by name'),
  progress: Progress.nullable(),
});

export const LogLine = z.object({
  at: z.string(),
  level: z.enum(['info', 'warn', 'error']),
  event: z.string().describe('Noun:Verb, e.g. Scene:Aligned'),
  data: z.record(z.string(), z.unknown()),
});

export const isOpen = (task: RunTask) => task.status === 'waiting' || task.status === 'running';

export function ofTask(task: RunTask): z.input<typeof Run> {
  const { id, month, stage, done, total, failure, askedAt, status, hold, run } = task;
  return {
    id,
    month,
    against: task.against?.join(',') ?? '',
    before: null,
    hold,
    status: status === 'done' ? 'published' : status,
    run,
    started_at: askedAt,
    published_at: null,
    backend: null,
    failure: failure === null ? null : withoutFolders(failure),
    summary: null,
    assets: [],
    progress: { stage, done, total },
  };
}

/** @param run that no task of this process is at */
export async function ofRecord(run: RunRecord, stateDir: string): Promise<z.input<typeof Run>> {
  const { id, month, against, beforeMonth, status, held, startedAt, publishedAt, backend, failure } = run;
  const cancelled = status === 'failed' && failure === CANCELLED;
  return {
    id: String(id),
    month,
    against,
    before: beforeMonth,
    hold: held,
    // a server that was killed could not say so; another process on the same PostgreSQL may still be at it
    status: cancelled ? 'cancelled' : status === 'running' ? 'interrupted' : status,
    run: id,
    started_at: startedAt,
    published_at: publishedAt,
    backend,
    failure: failure === null || cancelled ? null : withoutFolders(failure),
    summary: shownSummary(run.summary),
    assets: await assetsOf(stateDir, id),
    progress: null,
  };
}

async function assetsOf(stateDir: string, run: number): Promise<string[]> {
  const files: readonly string[] = await readdir(runFolder(stateDir, run)).catch(() => []);
  return RUN_RASTERS.filter((name) => files.includes(name));
}

const Summary = z.looseObject({
  folder: z.unknown(),
  scenes: z.array(z.looseObject({ scene: z.string() })).optional(),
  notes: z.array(z.string()).optional(),
});

/** A run's figures without the machine's paths; null where there are none that can be read. */
export function shownSummary(summary: unknown): Record<string, unknown> | null {
  const read = Summary.safeParse(summary);
  if (!read.success) return null;
  const { folder: _, scenes, notes, ...rest } = read.data;
  return {
    ...rest,
    scenes: (scenes ?? []).map((one) => ({ ...one, scene: basename(shownAddress(one.scene)) })),
    notes: (notes ?? []).map(withoutFolders),
  };
}

export function shownLine({ at, level, event, data }: RunLogLine): z.input<typeof LogLine> {
  const shown = Object.entries(data).map(([name, value]) => [
    name,
    typeof value === 'string' ? withoutFolders(value) : value,
  ]);
  return { at, level, event, data: Object.fromEntries(shown) };
}

/** A text with the names of files instead of their paths; addresses of other servers stay. */
export function withoutFolders(text: string): string {
  return text.replace(/(^|[\s"'“(（：:])(?:[A-Za-z]:)?[/\\](?:[^\s/\\"'”():,;]+[/\\])+/g, '$1');
}
