import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BadInput, Unavailable } from '../../raster/errors.js';
import type { Db } from '../../vector/store/db.js';
import { dumpDatabase } from '../../vector/store/dump.js';
import { BESIDE_RUNS, filesBelow, MANIFEST, MANIFEST_HASH, type Manifest, tableFile } from './manifest.js';

/** Taken by whatever takes rasters away or counts on their staying. */
export const ARTEFACTS = 'artefacts';

export interface BackupRequest {
  readonly stateDir: string;
  /** A new folder. */
  readonly out: string;
  readonly version: string;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

export interface BackupResult {
  readonly manifest: Manifest;
  /** One line each: what the database refers to and is not there. */
  readonly missing: readonly string[];
}

type Entry = Manifest['files'][number];

/**
 * Copies database, rasters of the published runs, photos and learned models into a new folder, which appears whole or not at all. The tables are
 * of one moment, and runs may go on meanwhile: a published run's rasters are never written again.
 * @throws BadInput where the folder holds something; Unavailable where a backup or clean-up is under way.
 */
export async function backup(db: Db, request: BackupRequest): Promise<BackupResult> {
  const { out, stateDir } = request;
  const held = await db.hold(ARTEFACTS);
  if (held === null) throw new Unavailable('Another backup or clean-up is under way; wait until it ends');
  const beside = `${out}.new`;
  try {
    if ((await readdir(out).catch(() => [])).length > 0)
      throw new BadInput(
        `${out}: holds files already; give a new folder for each backup, e.g. one named after the day`,
      );
    await rm(beside, { recursive: true, force: true });
    const files: Entry[] = [];
    let runs: number[] = [];
    const header = await dumpDatabase(db, {
      async table(name, rows) {
        const lines = Readable.from(asLines(rows));
        files.push(await writeHashed(beside, tableFile(name), lines, createGzip({ level: 6 })));
        request.signal?.throwIfAborted();
      },
      async also(tx) {
        const found = await tx.query<{ id: number }>(
          `SELECT id FROM tuban.run WHERE status = 'published' ORDER BY id`,
        );
        runs = found.map(({ id }) => id);
      },
    });
    const wanted = [...runs.map((id) => `runs/${id}`), ...BESIDE_RUNS];
    const missing: string[] = [];
    for (const folder of wanted) {
      const inside = (await filesBelow(join(stateDir, folder))).filter(
        (path) => !path.split('/').some((part) => part.endsWith('.new')),
      );
      if (inside.length === 0 && folder.startsWith('runs/'))
        missing.push(`run ${folder.slice(5)} has no rasters`);
      for (const path of inside) {
        request.signal?.throwIfAborted();
        const inner = `${folder}/${path}`;
        files.push(await writeHashed(beside, `state/${inner}`, createReadStream(join(stateDir, inner))));
      }
    }
    const manifest: Manifest = {
      format: 1,
      tuban: request.version,
      createdAt: request.now.toISOString(),
      database: db.kind,
      migrations: [...header.migrations],
      tables: [...header.tables],
      sequences: [...header.sequences],
      files,
    };
    const text = `${JSON.stringify(manifest, null, 1)}\n`;
    await writeHashed(beside, MANIFEST, Readable.from([text]));
    const hash = createHash('sha256').update(text).digest('hex');
    await writeHashed(beside, MANIFEST_HASH, Readable.from([`${hash}\n`]));
    await rm(out, { recursive: true, force: true });
    await rename(beside, out);
    return { manifest, missing };
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  } finally {
    await held.release();
  }
}

async function* asLines(rows: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** Writes a file below `folder`, forced to the disk, and says its size and hash. */
export async function writeHashed(
  folder: string,
  path: string,
  source: Readable,
  through?: Transform,
): Promise<Entry> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(target, 'wx');
  try {
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += Buffer.byteLength(chunk);
        // goes on where the last one ended
        await handle.writeFile(chunk);
      }
    };
    await (through === undefined ? pipeline(source, write) : pipeline(source, through, write));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { path, bytes, sha256: hash.digest('hex') };
}
