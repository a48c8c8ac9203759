import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Tiles on disk, made when first asked for. What is in it can be deleted at any time. */
export interface TileCache {
  /**
   * @param kind folder of what is shown, e.g. `image/2026-08`
   * @param stamp of the data it is made from: those of other stamps are removed
   */
  get(kind: string, stamp: string, name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

/** Tiles rendered at once: more would only make each other, and everything else, slower. */
const AT_ONCE = 2;

export function tileCache(folder: string): TileCache {
  const making = new Map<string, Promise<Uint8Array>>();
  const seen = new Map<string, string>();
  const turn = turns(AT_ONCE);

  const fill = async (path: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> => {
    const known = await readFile(path).catch(() => null);
    if (known !== null) return known;
    const tile = await turn(make);
    // a full or read-only disk costs speed and nothing else
    await write(path, tile).catch(() => undefined);
    return tile;
  };

  return {
    async get(kind, stamp, name, make) {
      if (seen.get(kind) !== stamp) {
        seen.set(kind, stamp);
        await removeOthers(join(folder, kind), stamp);
      }
      const path = join(folder, kind, stamp, name);
      const running = making.get(path);
      if (running !== undefined) return running;
      const filling = fill(path, make).finally(() => making.delete(path));
      making.set(path, filling);
      return filling;
    },
  };
}

/** Appears whole or not at all. */
async function write(path: string, tile: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`;
  await writeFile(beside, tile);
  await rename(beside, path);
}

async function removeOthers(folder: string, stamp: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => name !== stamp);
  await Promise.allSettled(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Lets so many works run at once, the others in the order they came. */
export function turns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // the place is handed on, not given back, so that nobody slips in between
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** A short name for anything a tile depends on. */
export function stampOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
