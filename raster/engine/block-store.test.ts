import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3Server, s3Server } from '../net/testing/s3-server.js';
import { type BlockStore, folderStore } from './block-store.js';
import { s3Store } from './s3-store.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-blocks-'));
let server: S3Server;
beforeAll(async () => {
  server = await s3Server();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const [ONE, OTHER] = ['a'.repeat(24), 'b'.repeat(24)];
const bytes = (text: string) => new TextEncoder().encode(text);

describe.each<[string, () => BlockStore]>([
  ['a folder', () => folderStore(join(folder, 'work'))],
  ['an object store', () => s3Store('s3://blocks/work', { env: server.env, firstDelayMs: 1 })],
])('a block store in %s', (_name, open) => {
  it('keeps parts of jobs until they are cleared', async () => {
    const store = open();
    expect(await store.jobs()).toEqual([]);
    for (const key of [ONE, OTHER]) {
      await store.begin(key);
      await store.put(key, 'job', bytes(`job ${key}`));
    }
    await store.begin(ONE);
    expect([await store.get(ONE, '7.block'), await store.has(ONE, '7.block')]).toEqual([null, false]);
    await Promise.all(['one', 'two'].map((text) => store.put(ONE, '7.block', bytes(text))));
    expect(['one', 'two']).toContain(
      new TextDecoder().decode((await store.get(ONE, '7.block')) ?? undefined),
    );
    expect(await store.has(ONE, '7.block')).toBe(true);
    expect((await store.parts(ONE)).sort()).toEqual(['7.block', 'job']);
    const jobs = await store.jobs();
    expect(jobs.map(({ key, bytes: size }) => [key, size])).toEqual([
      [ONE, 31],
      [OTHER, 28],
    ]);
    expect(Math.abs(jobs[0].changedMs - Date.now())).toBeLessThan(60_000);
    await store.clear(ONE);
    await store.clear(ONE);
    expect([await store.get(ONE, 'job'), await store.has(ONE, 'job')]).toEqual([null, false]);
    expect((await store.jobs()).map(({ key }) => key)).toEqual([OTHER]);
    await store.clear(OTHER);
  });

  it('leaves nothing of a part that comes after its job was cleared', async () => {
    const store = open();
    await store.begin(ONE);
    await store.put(ONE, '0.block', bytes('in time'));
    await store.clear(ONE);
    await expect(store.put(ONE, '1.block', bytes('late'))).rejects.toThrow(/ENOENT|its run has ended/);
    expect(await store.jobs()).toEqual([]);
    expect(server.objects.size).toBe(0);
  });
});
