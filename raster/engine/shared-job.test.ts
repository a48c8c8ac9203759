import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterAll, describe, expect, it } from 'vitest';
import { learnedDetector } from '../../kernels/learned/detector.js';
import { differenceModel, modelOf } from '../../kernels/learned/testing.js';
import { writeCog } from '../cog/writer.js';
import { openScene } from '../scene.js';
import { madeGrid } from '../testing.js';
import { folderStore } from './block-store.js';
import { type BlockRunner, type CompareRequest, compare } from './compare.js';
import { openJournal } from './journal.js';
import { isShared, openSharedJob } from './shared-job.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-shared-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIDE = 300;
const BANDS = ['red', 'green', 'blue'] as const;
const grid = madeGrid(SIDE, SIDE, { epsg: 4547, resolution: 0.5 });

/** Grey ground; in the second date a bright square. */
async function write(name: string, square: boolean): Promise<string> {
  const path = join(folder, name);
  const plane = new Uint16Array(SIDE * SIDE).fill(60);
  for (let y = 100; square && y < 180; y++) plane.fill(200, y * SIDE + 100, y * SIDE + 180);
  const spec = { grid, bands: 3, sampleType: 'uint16', nodata: 0, overviews: 'average', level: 1 } as const;
  await writeCog(path, { ...spec, descriptions: [...BANDS] }, [plane, plane, plane]);
  return path;
}

const detector = learnedDetector(modelOf(differenceModel([1, 1], -1)));

describe('a job shared through a folder', () => {
  it('has its blocks done by another process as by this one, a learned model along, and is refused where anything differs', async () => {
    const paths = [await write('before.tif', false), await write('after.tif', true)];
    const [before, after] = await Promise.all(
      paths.map(async (path) => ({ spec: { files: [path] }, scene: await openScene({ files: [path] }) })),
    );
    const request: CompareRequest = {
      ...{ grid, before: [before], after: [after], reference: before, detector, backend: 'webasm' },
      ...{ classes: ['building_new'], align: false, normalize: false, zones: [], clip: false },
      ...{ outputs: {}, workers: 1, judge: (runs) => runs },
    };
    const alone = await compare(request);
    expect(alone.runs.count).toBeGreaterThan(0);
    const work = join(folder, 'work');
    const store = folderStore(work);
    let shared = '';
    const run: BlockRunner = async (job, blocks, { journal, take }) => {
      shared = (await journal?.share(job)) ?? '';
      const opened = await openSharedJob(store, shared, 1);
      if (opened === null || journal === undefined) throw new Error('not shared');
      try {
        for (const block of blocks) {
          expect(await opened.has(block)).toBe(false);
          // a spoilt one is none
          writeFileSync(join(work, shared, `${block.index}.block`), serialize({ block }));
          expect(await opened.has(block)).toBe(false);
          await opened.run(opened.blocks[block.index]);
          expect(await opened.has(block)).toBe(true);
          const result = await journal.get(block);
          if (result !== null) await take(result);
        }
      } finally {
        await opened.close();
      }
      return null;
    };
    const over = await compare({ ...request, run, journal: openJournal(store) });
    expect(over.runs).toEqual(alone.runs);
    expect(over.transitions).toEqual(alone.transitions);

    expect(await isShared(store, shared)).toBe(true);
    await expect(openSharedJob(store, `../work/${shared}`, 1)).rejects.toThrow(/no key of a job/);
    expect(await openSharedJob(store, 'f'.repeat(24), 1)).toBeNull();
    utimesSync(paths[1], new Date(0), new Date(0));
    await expect(openSharedJob(store, shared, 1)).rejects.toThrow(/after\.tif: differs/);
    rmSync(paths[1]);
    await expect(openSharedJob(store, shared, 1)).rejects.toThrow(/after\.tif: cannot be opened/);
    // another job under this one's name
    const job = join(work, shared, 'job');
    const changed = readFileSync(job);
    changed[changed.lastIndexOf('building_new')] ^= 1;
    writeFileSync(job, changed);
    await expect(openSharedJob(store, shared, 1)).rejects.toThrow(/is not the job of its key/);
    writeFileSync(job, 'text');
    await expect(openSharedJob(store, shared, 1)).rejects.toThrow(/is no job/);
    for (const { scene } of [before, after]) await scene.close();
  }, 60_000);
});
