import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, Unavailable } from '../../raster/errors.js';
import { groupFiles } from '../group-files.js';

/** A file as it lies in the folder. */
export interface InboxFile {
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** What was seen of a file, and since when it is so, ms. */
export interface Sighting {
  readonly mark: string;
  readonly sinceMs: number;
}

/** Files of one scene, all of them complete. */
export interface InboxScene {
  readonly files: readonly string[];
  /** Another one: the files were delivered anew. */
  readonly stamp: string;
}

const TIFF_NAME = /\.tiff?$/i;

/** The GeoTIFFs in a folder and its subfolders; hidden ones are what copying programs work on. @throws Unavailable */
export async function scanInbox(folder: string): Promise<InboxFile[]> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new Unavailable(
      `Inbox ${folder}: cannot be read (${messageOf(error)}); make the folder, or correct schedule.inbox in tuban.json`,
    );
  }
  const files: InboxFile[] = [];
  for (const entry of entries) {
    const path = resolve(join(entry.parentPath, entry.name));
    if (!entry.isFile() || !TIFF_NAME.test(entry.name) || /[\\/]\./.test(path.slice(resolve(folder).length)))
      continue;
    // a file may go between the two looks
    const found = await stat(path).catch(() => null);
    if (found !== null) files.push({ path, bytes: found.size, changedMs: Math.round(found.mtimeMs) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What is known of each file after this look. Files that have gone are forgotten. */
export function sightings(
  files: readonly InboxFile[],
  before: ReadonlyMap<string, Sighting>,
  nowMs: number,
): Map<string, Sighting> {
  return new Map(
    files.map(({ path, bytes, changedMs }) => {
      const mark = `${bytes} ${changedMs}`;
      const known = before.get(path);
      // a clock that was put back makes no file younger than it is now
      const sinceMs = known?.mark === mark ? Math.min(known.sinceMs, nowMs) : nowMs;
      return [path, { mark, sinceMs }];
    }),
  );
}

/**
 * Scenes whose files are all complete: unchanged between looks for `settleMs`, or last written so long ago. Of a product with
 * a file a band one growing file holds back the scene.
 */
export function completeScenes(
  files: readonly InboxFile[],
  seen: ReadonlyMap<string, Sighting>,
  nowMs: number,
  settleMs: number,
): InboxScene[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const complete = (path: string) => {
    const file = byPath.get(path);
    const sighting = seen.get(path);
    if (file === undefined || sighting === undefined || file.bytes === 0) return false;
    return nowMs - sighting.sinceMs >= settleMs || nowMs - file.changedMs >= settleMs;
  };
  return groupFiles([...byPath.keys()], undefined).flatMap((group) => {
    if (!group.every(complete)) return [];
    const marks = group.map((path) => seen.get(path)?.mark ?? '');
    return [
      { files: group, stamp: createHash('sha256').update(marks.join('\n')).digest('hex').slice(0, 16) },
    ];
  });
}

/**
 * Scenes the catalogue does not know yet, or knows from an earlier delivery of their files.
 * @param known stamp by file; null: of a scene that was added by hand, which is taken as it was added
 */
export function newScenes(
  scenes: readonly InboxScene[],
  known: ReadonlyMap<string, string | null>,
): InboxScene[] {
  return scenes.filter(({ files, stamp }) => {
    const stamps = files.map((file) => known.get(file));
    return !stamps.includes(null) && stamps.some((one) => one !== stamp);
  });
}
