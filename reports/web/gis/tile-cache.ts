import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { turns } from '../../shared/turns.js';
import { writeWhole } from '../../shared/whole-file.js';

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
    await writeWhole(path, tile).catch(() => undefined);
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

async function removeOthers(folder: string, stamp: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const others = names.filter((name) => name !== stamp);
  await Promise.allSettled(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** A short name for anything a tile depends on. */
export function stampOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
