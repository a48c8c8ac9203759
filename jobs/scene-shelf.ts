import type { OpenedScene } from '../raster/engine/prepare.js';
import type { OpenMonth } from '../reports/leads/evidence.js';
import type { Db } from '../vector/store/db.js';
import { listScenes } from '../vector/store/scenes.js';
import { type Archive, openArchive } from './catalogue.js';

/** Pictures that are being read from scenes that were replaced get so long to end. */
const GRACE_MS = 60_000;

/**
 * Scenes of months for a server: opened when first asked for and kept open, anew where the catalogue has changed since then,
 * for a server's life is longer than a scene's.
 */
export function openSceneShelf(db: Db): { readonly openMonth: OpenMonth; close(): Promise<void> } {
  const months = new Map<
    string,
    { readonly key: string; readonly archive: Archive; readonly scenes: Promise<OpenedScene[]> }
  >();
  const old = new Set<{ readonly archive: Archive; readonly timer: NodeJS.Timeout }>();
  const retire = (archive: Archive) => {
    const entry = {
      archive,
      timer: setTimeout(() => {
        old.delete(entry);
        void archive.close();
      }, GRACE_MS),
    };
    entry.timer.unref();
    old.add(entry);
  };
  return {
    async openMonth(month) {
      const records = await listScenes(db, { month });
      const key = records.map(({ id, addedAt }) => `${id} ${addedAt}`).join('\n');
      const known = months.get(month);
      if (known?.key === key) return known.scenes;
      if (known !== undefined) retire(known.archive);
      const archive = openArchive(db);
      const scenes = archive.scenes([month]);
      months.set(month, { key, archive, scenes });
      // a file that was not there may be there the next time
      scenes.catch(() => {
        if (months.get(month)?.scenes === scenes) months.delete(month);
      });
      return scenes;
    },
    async close() {
      for (const { archive, timer } of old) {
        clearTimeout(timer);
        await archive.close();
      }
      await Promise.all([...months.values()].map(({ archive }) => archive.close()));
    },
  };
}
