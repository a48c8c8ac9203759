import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isAddress } from '../raster/tiff/address.js';
import type { Db } from '../vector/store/db.js';
import { DIED, failRun, listRuns, type RunRecord } from '../vector/store/runs.js';
import { freeDeliveries } from '../vector/store/webhooks.js';
import { filesBelow } from './backup/manifest.js';
import { blockStores } from './block-stores.js';
import type { Config } from './config.js';
import { strandedJobs } from './distributed/upkeep.js';
import { runFolder } from './state-history.js';

/** Something that can be taken away, or put right. */
export interface Finding {
  readonly kind:
    | 'rasters'
    | 'journal'
    | 'half_file'
    | 'dead_run'
    | 'lost_rasters'
    | 'lease'
    | 'queue'
    | 'unknown_folder';
  /** One line for people. */
  readonly text: string;
  readonly bytes: number;
  /** Null where only a person can. */
  readonly cure: (() => Promise<void>) | null;
}

/** Where runs leave things. */
type Places = Pick<Config, 'stateDir' | 'blockStore'>;

const DAY_MS = 86_400_000;
/** Half files of a process that is at work are younger. */
const HALF_FILE_MS = DAY_MS;

/**
 * Rasters that no published run needs: of runs that were replaced or failed, last touched more than `days` ago, and journals of
 * runs that never went on. Rasters of published runs stay: reports, tiles and later months read them.
 */
export async function prunable(db: Db, places: Places, now: Date, days: number): Promise<Finding[]> {
  const { stateDir } = places;
  const old = (ms: number) => now.getTime() - ms > days * DAY_MS;
  const status = new Map((await listRuns(db)).map((run) => [String(run.id), run.status]));
  const found: Finding[] = [];
  for (const folder of await foldersIn(join(stateDir, 'runs'))) {
    const of = status.get(folder.name);
    if ((of !== 'replaced' && of !== 'failed') || !old(folder.changedMs)) continue;
    found.push({
      kind: 'rasters',
      text: `rasters of run ${folder.name}, which ${of === 'failed' ? 'failed' : 'was replaced'}`,
      bytes: folder.bytes,
      cure: () => rm(folder.path, { recursive: true, force: true }),
    });
  }
  for (const store of blockStores(places)) {
    const name = isAddress(store.name) ? store.name : relative(stateDir, store.name);
    for (const { key, bytes, changedMs } of await store.jobs()) {
      if (!old(changedMs)) continue;
      found.push({
        kind: 'journal',
        text: `blocks of an interrupted run that never went on (${name}/${key})`,
        bytes,
        cure: () => store.clear(key),
      });
    }
  }
  return found;
}

/** What dead processes left behind, and what does not fit together. */
export async function orphans(db: Db, places: Places, now: Date): Promise<Finding[]> {
  const { stateDir } = places;
  const runs = await listRuns(db);
  const found: Finding[] = [];
  for (const run of runs.filter(({ status }) => status === 'running'))
    found.push(...(await deadRun(db, stateDir, run)));
  const known = new Map(runs.map((run) => [String(run.id), run]));
  const folders = await foldersIn(join(stateDir, 'runs'));
  for (const { name, path, bytes } of folders) {
    if (known.has(name)) continue;
    // of another database, perhaps: a person has to say
    found.push({
      kind: 'unknown_folder',
      text: `${path}: no run of this database has this number`,
      bytes,
      cure: null,
    });
  }
  for (const run of runs.filter(({ status }) => status === 'published')) {
    if (folders.some(({ name }) => name === String(run.id))) continue;
    found.push({
      kind: 'lost_rasters',
      text: `run ${run.id} (${run.month} ${run.against}) has no rasters; tuban run --month ${run.month} makes them again`,
      bytes: 0,
      cure: null,
    });
  }
  for (const path of await filesBelow(stateDir)) {
    if (!path.endsWith('.new') || path.startsWith('database/')) continue;
    const info = await stat(join(stateDir, path)).catch(() => null);
    if (info === null || now.getTime() - info.mtimeMs < HALF_FILE_MS) continue;
    const cure = () => rm(join(stateDir, path), { force: true });
    found.push({ kind: 'half_file', text: `${path}: was never finished`, bytes: info.size, cure });
  }
  for (const { key, blocks, clear } of await strandedJobs(db, blockStores(places)))
    found.push({
      kind: 'queue',
      text:
        key === null
          ? `${blocks} jobs in the queue name no run`
          : `${blocks} blocks are queued for a run that has ended (job ${key})`,
      bytes: 0,
      cure: clear,
    });
  const leases = await freeDeliveries(db, now, false);
  if (leases > 0) {
    const cure = async () => void (await freeDeliveries(db, now, true));
    found.push({
      kind: 'lease',
      text: `${leases} webhook deliveries are held by dispatchers that died`,
      bytes: 0,
      cure,
    });
  }
  return found;
}

/** Nothing where somebody has the month: the run is alive. */
async function deadRun(db: Db, stateDir: string, run: RunRecord): Promise<Finding[]> {
  const name = `run ${run.month}`;
  const held = await db.hold(name);
  if (held === null) return [];
  await held.release();
  const cure = async () => {
    const again = await db.hold(name);
    if (again === null) return;
    try {
      await failRun(db, run, DIED);
      await rm(runFolder(stateDir, run.id), { recursive: true, force: true });
    } finally {
      await again.release();
    }
  };
  const text = `run ${run.id} (${run.month} ${run.against}) stands as running since ${run.startedAt}, its process is dead`;
  return [{ kind: 'dead_run', text, bytes: 0, cure }];
}

interface Folder {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When a file in it was last written. */
  readonly changedMs: number;
}

async function foldersIn(parent: string): Promise<Folder[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const folders: Folder[] = [];
  for (const entry of entries.filter((one) => one.isDirectory())) {
    const path = join(parent, entry.name);
    let { mtimeMs: changedMs } = await stat(path);
    let bytes = 0;
    for (const file of await filesBelow(path)) {
      const info = await stat(join(path, file)).catch(() => null);
      bytes += info?.size ?? 0;
      changedMs = Math.max(changedMs, info?.mtimeMs ?? 0);
    }
    folders.push({ name: entry.name, path, bytes, changedMs });
  }
  return folders.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
