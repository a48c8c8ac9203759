import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { shownAddress } from '../../raster/tiff/address.js';
import type { Subdistrict } from '../../vector/patch.js';
import type { Db } from '../../vector/store/db.js';
import { listScenes, removeScene, type SceneRecord } from '../../vector/store/scenes.js';
import { listSubdistricts } from '../../vector/store/subdistricts.js';
import { type FoundScene, registerScene, stampOfScene } from '../catalogue.js';
import { outsideDistrict } from '../coverage.js';
import type { ScheduleConfig } from './config.js';
import { completeScenes, newScenes, type Sighting, scanInbox, sightings } from './inbox.js';
import { stacItems } from './stac-list.js';

/** What looks before this one have shown; it lives as long as the scheduler. */
export interface Memory {
  seen: Map<string, Sighting>;
  /** Files that cannot be used, by name, with their stamp: they are not opened at every look. */
  readonly refused: Map<string, string>;
}

export const newMemory = (): Memory => ({ seen: new Map(), refused: new Map() });

export interface Collected {
  readonly added: readonly SceneRecord[];
  /** One line each: what was found and cannot be used, or a place that does not answer. */
  readonly problems: readonly string[];
}

interface Candidate {
  readonly files: readonly string[];
  readonly stamp?: string;
}

/** Registers the new scenes of inbox and catalogues. What cannot be used holds back nothing else. */
export async function collectScenes(
  db: Db,
  schedule: ScheduleConfig,
  memory: Memory,
  now: Date,
  signal?: AbortSignal,
): Promise<Collected> {
  const problems: string[] = [];
  const attempt = async <T>(work: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BadInput || error instanceof Unavailable)) throw error;
      problems.push(error.message);
      return [];
    }
  };
  const stored = await listScenes(db);
  const candidates: Candidate[] = await attempt(() => fromInbox(schedule, memory, stored, now));
  for (const address of schedule.stac) {
    const known = new Set(stored.flatMap(({ files }) => files));
    const items = await attempt(() => stacItems(address, signal));
    candidates.push(...items.filter((item) => !known.has(item)).map((item) => ({ files: [item] })));
  }
  const subdistricts = candidates.length > 0 ? await listSubdistricts(db) : [];
  const added: SceneRecord[] = [];
  for (const candidate of candidates) {
    const key = candidate.files.join('\n');
    if (memory.refused.get(key) === (candidate.stamp ?? '')) continue;
    try {
      added.push(await register(db, candidate, stored, subdistricts, now));
    } catch (error) {
      if (!(error instanceof BadInput || error instanceof Unavailable)) throw error;
      problems.push(messageOf(error));
      // what did not answer may answer the next time
      if (error instanceof BadInput) memory.refused.set(key, candidate.stamp ?? '');
    }
  }
  return { added, problems };
}

async function fromInbox(
  { inbox, settleSeconds }: ScheduleConfig,
  memory: Memory,
  stored: readonly SceneRecord[],
  now: Date,
): Promise<Candidate[]> {
  if (inbox === undefined) return [];
  const files = await scanInbox(inbox);
  memory.seen = sightings(files, memory.seen, now.getTime());
  const known = new Map(
    stored.flatMap((scene) => scene.files.map((file) => [file, stampOfScene(scene)] as const)),
  );
  return newScenes(completeScenes(files, memory.seen, now.getTime(), 1000 * settleSeconds), known);
}

async function register(
  db: Db,
  { files, stamp }: Candidate,
  stored: readonly SceneRecord[],
  subdistricts: readonly Subdistrict[],
  now: Date,
): Promise<SceneRecord> {
  const name = shownAddress(files[0]);
  const monthOf = ({ acquired, footprint }: FoundScene) => {
    if (acquired === null) {
      throw new BadInput(
        `${name}: neither its metadata nor its name tell its date; add it by hand: tuban scenes add ${name} --month YYYY-MM`,
      );
    }
    // a day's grace: acquisition days are in UTC, and clocks differ
    if (Date.parse(acquired) > now.getTime() + 86_400_000) {
      throw new BadInput(
        `${name}: its date ${acquired} is in the future; correct the date, or add it by hand`,
      );
    }
    if (subdistricts.length > 0 && outsideDistrict(footprint, subdistricts)) {
      throw new BadInput(`${name}: does not touch the imported subdistricts; check its CRS`);
    }
    return acquired.slice(0, 7);
  };
  return db.transaction(async (tx) => {
    const scene = await registerScene(tx, { files }, monthOf, stamp);
    // a product whose further band files came later is one scene
    for (const old of stored) {
      if (old.id !== scene.id && old.files.some((file) => files.includes(file)))
        await removeScene(tx, old.id);
    }
    return scene;
  });
}
