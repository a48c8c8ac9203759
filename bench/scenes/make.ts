import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { writePlainTiff } from './tiff.js';
import { BANDS, type BenchDate, WORLD_VERSION, worldTile } from './world.js';

/** Two dates of the same ground on disk. */
export interface ScenePair {
  readonly side: number;
  readonly before: string;
  readonly after: string;
}

/** Metres a px, and the upper left corner in EPSG:32650: near 114.1° E 22.6° N, over Luohu. */
const RESOLUTION = 2;
const ORIGIN = [200_000, 2_500_000] as const;
/** Px by which AFTER's lattice lies to the right of BEFORE's. */
const AFTER_OFFSET = 0.35;

interface Task {
  readonly bench: 'scene';
  readonly seed: number;
  readonly side: number;
  readonly date: BenchDate;
  readonly path: string;
}

/**
 * Makes a pair of `side`² px, 4-band uint16 scenes, or finds the one made before: kept in `folder` under the version of
 * the ground, the seed and the side. Both dates are made at once, each in a thread; the same arguments give the same bytes.
 */
export async function scenePair(folder: string, seed: number, side: number): Promise<ScenePair> {
  const home = join(folder, `scenes-v${WORLD_VERSION}-seed${seed}`, String(side));
  const pair = { side, before: join(home, 'before.tif'), after: join(home, 'after.tif') };
  await mkdir(home, { recursive: true });
  const missing = (['before', 'after'] as const).filter((date) => !existsSync(pair[date]));
  await Promise.all(missing.map((date) => inThread({ bench: 'scene', seed, side, date, path: pair[date] })));
  return pair;
}

async function inThread(task: Task): Promise<void> {
  // the name appears when the file is whole: an interrupted bench leaves nothing that looks like a scene
  const unfinished = { ...task, path: `${task.path}.unfinished` };
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: unfinished });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`making ${task.path} ended with ${code}`)),
    );
  });
  await rename(unfinished.path, task.path);
}

async function make({ seed, side, date, path }: Task): Promise<void> {
  const offset = date === 'after' ? AFTER_OFFSET : 0;
  const spec = {
    width: side,
    height: side,
    bands: BANDS,
    epsg: 32650,
    transform: [RESOLUTION, 0, ORIGIN[0] + RESOLUTION * offset, 0, -RESOLUTION, ORIGIN[1]],
  } as const;
  await writePlainTiff(path, spec, (column, row) => worldTile(seed, date, column, row, offset));
}

function isTask(data: unknown): data is Task {
  return typeof data === 'object' && data !== null && 'bench' in data && data.bench === 'scene';
}

if (!isMainThread && parentPort && isTask(workerData)) await make(workerData);
