import { Unavailable } from '../errors.js';
import { type S3Options, s3Objects } from '../net/s3-objects.js';
import type { BlockStore, StoredJob } from './block-store.js';

/** An empty object that says a job is under way, as a folder says it by being there. */
const BEGUN = 'begun';
/** What a run lays there: anything else below the prefix is another's. */
const OWN = /^([0-9a-f]{24})\/([0-9a-z.]+)$/;
/** Objects taken away at once. */
const AT_ONCE = 8;

/**
 * Jobs as objects `prefix/key/part` of an S3-compatible store, for machines that share no folder.
 * @param written `s3://bucket/prefix`
 * @throws BadInput naming the object where the store refuses, Unavailable where it does not answer.
 */
export function s3Store(written: string, options: S3Options = {}): BlockStore {
  const objects = s3Objects(written, options);
  const at = (key: string, part: string) => `${key}/${part}`;
  const parts = async (key: string) => {
    const found = await objects.list(at(key, ''));
    return found.flatMap((one) => OWN.exec(one.key)?.[2] ?? []);
  };
  return {
    name: objects.name,
    seenBy: `its blockStore must be ${objects.name} too, and its AWS_ENDPOINT_URL that of the same store`,
    begin: (key) => objects.put(at(key, BEGUN), new Uint8Array(0)),
    get: (key, part) => objects.get(at(key, part)),
    async put(key, part, bytes) {
      await objects.put(at(key, part), bytes);
      // whoever clears takes the mark away before it looks for parts: what it does not see is taken away here
      if (await objects.has(at(key, BEGUN))) return;
      await objects.remove(at(key, part));
      throw new Unavailable(`${objects.name}/${key}: has been cleared away; its run has ended`);
    },
    has: (key, part) => objects.has(at(key, part)),
    parts: async (key) => (await parts(key)).filter((part) => part !== BEGUN),
    async clear(key) {
      await objects.remove(at(key, BEGUN));
      // the job before its blocks: who has one of them in hand then knows that its run has ended
      const left = (await parts(key)).sort().reverse();
      while (left.length > 0)
        await Promise.all(left.splice(0, AT_ONCE).map((part) => objects.remove(at(key, part))));
    },
    async jobs() {
      const found = new Map<string, StoredJob>();
      for (const { key: name, bytes, changedMs } of await objects.list('')) {
        const key = OWN.exec(name)?.[1];
        if (key === undefined) continue;
        const one = found.get(key) ?? { key, bytes: 0, changedMs: 0 };
        found.set(key, {
          key,
          bytes: one.bytes + bytes,
          changedMs: Math.max(one.changedMs, changedMs),
        });
      }
      return [...found.values()];
    },
  };
}
