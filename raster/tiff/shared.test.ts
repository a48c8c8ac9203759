import { describe, expect, it } from 'vitest';
import { createSharedBlocks, reuseSharedMemory, sharedBlocks, sharedMemory } from './shared.js';
import type { SampleArray } from './types.js';

/** Two threads' ways to the same blocks; `decoded` keeps which were decoded. */
function pair(slots: number, length = 4) {
  const blocks = createSharedBlocks('uint16', length, slots);
  const decoded: number[] = [];
  const decode = (key: number, ready?: Promise<void>) => async (room: () => SampleArray) => {
    decoded.push(key);
    await ready;
    room().fill(1000 + key);
    return true;
  };
  const look = async (cache: ReturnType<typeof sharedBlocks>, key: number, ready?: Promise<void>) => {
    let seen: number[] | null = null;
    await cache.use(
      key,
      length,
      decode(key, ready),
      (samples) => {
        seen = samples && [...samples];
      },
      true,
    );
    return seen as number[] | null;
  };
  return { one: sharedBlocks(blocks), two: sharedBlocks(blocks), decoded, look };
}

describe('shared blocks', () => {
  it('are decoded once, by whoever comes first', async () => {
    const { one, two, decoded, look } = pair(4);
    expect(await look(one, 7)).toEqual([1007, 1007, 1007, 1007]);
    expect(await look(two, 7)).toEqual([1007, 1007, 1007, 1007]);
    expect(await look(one, 7)).toEqual([1007, 1007, 1007, 1007]);
    expect(decoded).toEqual([7]);
  });

  it('are waited for while another thread decodes them, or not, as asked', async () => {
    const { one, two, decoded, look } = pair(4);
    let release = () => {};
    const ready = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = look(one, 3, ready);
    const took: unknown[] = [];
    expect(
      await two.use(
        3,
        4,
        async () => true,
        (s) => took.push(s),
        false,
      ),
    ).toBe(false);
    expect(took).toEqual([]);
    const second = look(two, 3);
    release();
    expect(await first).toEqual(await second);
    expect(decoded).toEqual([3]);
  });

  it('make room by dropping the one longest unwanted', async () => {
    const { one, two, decoded, look } = pair(2);
    await look(one, 1);
    await look(two, 2);
    await look(one, 1);
    await look(two, 3);
    await look(one, 1);
    expect(decoded).toEqual([1, 2, 3]);
    await look(one, 2);
    expect(decoded).toEqual([1, 2, 3, 2]);
  });

  it('never give away what is being looked at or decoded: the newcomer decodes for itself', async () => {
    const { one, two, decoded, look } = pair(1);
    let release = () => {};
    const ready = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = look(one, 1, ready);
    expect(await look(two, 2)).toEqual([1002, 1002, 1002, 1002]);
    release();
    expect(await first).toEqual([1001, 1001, 1001, 1001]);
    expect(decoded).toEqual([1, 2]);
  });

  it('keep nothing of a block that could not be decoded, and let the next one try', async () => {
    const { one, two, decoded, look } = pair(2);
    const broken = one.use(
      5,
      4,
      async () => {
        throw new Error('damaged');
      },
      () => {},
      true,
    );
    const waiting = look(two, 5);
    await expect(broken).rejects.toThrow('damaged');
    expect(await waiting).toEqual([1005, 1005, 1005, 1005]);
    expect(decoded).toEqual([5]);
  });

  it('are decoded anew where the thread that was at it never says that it is done', async () => {
    const blocks = createSharedBlocks('uint16', 4, 2);
    const never = new Promise<boolean>(() => {});
    void sharedBlocks(blocks).use(
      5,
      4,
      () => never,
      () => {},
      true,
    );
    const seen: (number[] | null)[] = [];
    const took = await sharedBlocks(blocks, 20).use(
      5,
      4,
      async (room) => {
        room().fill(1005);
        return true;
      },
      (samples) => seen.push(samples && [...samples]),
      true,
    );
    expect([took, seen]).toEqual([true, [[1005, 1005, 1005, 1005]]]);
  });

  it('remember that the file leaves a block out', async () => {
    const { one, two } = pair(2);
    let asked = 0;
    const absent = async () => {
      asked++;
      return false;
    };
    const seen: (SampleArray | null)[] = [];
    await one.use(1, 4, absent, (s) => seen.push(s), true);
    await two.use(1, 4, absent, (s) => seen.push(s), true);
    expect(seen).toEqual([null, null]);
    expect(asked).toBe(1);
  });

  it('take a block larger than a slot without keeping it', async () => {
    const { one, decoded } = pair(2);
    let length = 0;
    await one.use(
      9,
      100,
      async (room) => {
        decoded.push(room().length);
        return true;
      },
      (s) => {
        length = s?.length ?? 0;
      },
      true,
    );
    expect([length, decoded]).toEqual([100, [100]]);
  });

  it('are given the memory of those that are done with, and nothing that was in it', async () => {
    const memory = sharedMemory();
    const first = createSharedBlocks('uint16', 5000, 3, memory);
    const fill = async (room: () => SampleArray) => room().fill(7) !== null;
    await sharedBlocks(first).use(1, 5000, fill, () => {}, true);
    reuseSharedMemory(memory);
    const second = createSharedBlocks('float32', 2500, 2);
    expect(second.memory).toBe(first.memory);
    expect(second.at).toBe(first.at);
    expect(sharedBlocks(second).has(1)).toBe(false);
    // once alone
    expect(createSharedBlocks('float32', 2500, 2).memory).not.toBe(first.memory);
  });

  it('lie beside each other in one memory', async () => {
    const memory = sharedMemory();
    const [one, two] = [
      createSharedBlocks('uint16', 70_000, 3, memory),
      createSharedBlocks('uint8', 9, 2, memory),
    ];
    expect(two.at).toBeGreaterThanOrEqual(one.at + 3 * 2 * 70_000);
    const fill = (value: number) => async (room: () => SampleArray) => room().fill(value) !== null;
    const seen: (SampleArray | null)[] = [];
    const take = (samples: SampleArray | null) => seen.push(samples?.slice() ?? null);
    for (const key of [1, 2, 3]) await sharedBlocks(one).use(key, 70_000, fill(key), take, true);
    await sharedBlocks(two).use(1, 9, fill(200), take, true);
    await sharedBlocks(one).use(3, 70_000, fill(0), take, true);
    expect(seen.map((samples) => [samples?.length, samples?.[0], samples?.at(-1)])).toEqual([
      [70_000, 1, 1],
      [70_000, 2, 2],
      [70_000, 3, 3],
      [9, 200, 200],
      [70_000, 3, 3],
    ]);
  });
});
