import { byteCache } from './cache.js';
import { allocate } from './samples.js';
import type { SampleArray, SampleType } from './types.js';

/**
 * Decodes a block into the array that `room` gives, which is asked for once its data is there: a file that only claims a
 * block makes nobody allocate it. False where the file leaves the block out.
 */
export type Decode = (room: () => SampleArray) => Promise<boolean>;

/** Decoded blocks of one file, kept as long as there is room. */
export interface BlockCache {
  /**
   * Gives `take` the samples of a block (null for one the file leaves out), decoding them where nobody has. They may
   * be looked at only until `take` returns. With `wait` false it answers false, and has done nothing, where another
   * thread is decoding the block right now.
   */
  use(
    key: number,
    length: number,
    decode: Decode,
    take: (samples: SampleArray | null) => void,
    wait: boolean,
  ): Promise<boolean>;
  /** True where a block is there, or is being decoded. */
  has(key: number): boolean;
  clear(): void;
}

/** Blocks kept by and for this thread alone. */
export function ownBlocks(sampleType: SampleType, maxBytes: number): BlockCache {
  const cache = byteCache<SampleArray | null>(maxBytes, (samples) => samples?.byteLength ?? 0);
  return {
    async use(key, length, decode, take) {
      take(
        await cache.get(key, async () => {
          let out: SampleArray | null = null;
          const there = await decode(() => (out ??= allocate(sampleType, length)));
          return there ? out : null;
        }),
      );
      return true;
    },
    has: (key) => cache.has(key),
    clear: () => cache.clear(),
  };
}
