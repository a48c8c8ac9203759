import type { BlockCache, Decode } from './blocks.js';
import { SHARED_BYTES } from './limits.js';
import { allocate, viewAs } from './samples.js';
import type { SampleArray, SampleType } from './types.js';

/**
 * Decoded blocks of one file, shared by threads that read neighbouring windows of it: each is decoded once, by whoever
 * comes first. Plain data, to be handed to worker threads.
 */
export interface SharedBlocks {
  readonly sampleType: SampleType;
  /** Samples of a slot. */
  readonly length: number;
  readonly slots: number;
  /** Head words, then `SLOT_WORDS` a slot. */
  readonly control: SharedArrayBuffer;
  /** What holds the slots, and the byte that the first begins at. */
  readonly memory: WebAssembly.Memory;
  readonly at: number;
}

const PAGE = 65_536;

/** A memory that threads share, taken part by part before they start. Of WebAssembly, so that its loops reach all of it. */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory;
  /** Where so many bytes more begin, on a page of their own; null where the memory cannot hold them (4 GiB are the most). */
  take(bytes: number): number | null;
}

function takenFrom(memory: WebAssembly.Memory): SharedMemory {
  // the first page stays free: a pointer of 0 is a mistake
  let next = PAGE;
  return {
    memory,
    take(bytes) {
      const at = next;
      const end = at + Math.ceil(bytes / PAGE) * PAGE;
      const missing = end - memory.buffer.byteLength;
      try {
        if (missing > 0) memory.grow(missing / PAGE);
      } catch {
        return null;
      }
      next = end;
      return at;
    },
  };
}

// head: a lock and a clock that only grows
const LOCK = 0;
const CLOCK = 1;
const HEAD_WORDS = 2;
// a slot: which block, how far it is, by how many threads it is being looked at, when it was last wanted
const KEY = 0;
const STATE = 1;
const USERS = 2;
const STAMP = 3;
const SLOT_WORDS = 4;

const EMPTY = 0;
const FILLING = 1;
const READY = 2;
/** Ready, and the file has no such block. */
const ABSENT = 3;

export function createSharedBlocks(
  sampleType: SampleType,
  length: number,
  slots: number,
  { memory, take }: SharedMemory = sharedMemory(),
): SharedBlocks {
  const bytes = allocate(sampleType, 1).BYTES_PER_ELEMENT * length * slots;
  const at = take(bytes);
  // many scenes of huge tiles: what no longer fits lies apart, and is copied to where it is looked at
  if (at === null) return createSharedBlocks(sampleType, length, slots, sharedMemory());
  const control = new SharedArrayBuffer(4 * (HEAD_WORDS + slots * SLOT_WORDS));
  return { sampleType, length, slots, control, memory, at };
}

/** Memories that no thread sees any more, the last given back last. */
const idle: WebAssembly.Memory[] = [];
/** Two scenes' blocks and the rooms of a few threads, of which no more is real than was used. */
const MOST_IDLE_BYTES = 8 * SHARED_BYTES;

/** One that was given back, or a new one. */
export function sharedMemory(): SharedMemory {
  return takenFrom(idle.pop() ?? new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true }));
}

/**
 * To be called when all threads that had the memory have ended: it is used again. V8 does not count what is shared, and a
 * process with job after job would let a gigabyte of it lie about until it looks.
 */
export function reuseSharedMemory({ memory }: SharedMemory): void {
  idle.push(memory);
  while (idle.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) > MOST_IDLE_BYTES) idle.shift();
}

/**
 * How long a block that another thread decodes is waited for, ms: far longer than decoding takes, or an address that has to be
 * asked again. A thread that ended meanwhile never says so.
 */
const PATIENCE = 60_000;

/** This thread's way to the shared blocks. */
export function sharedBlocks(
  { sampleType, length, slots, control, memory, at: start }: SharedBlocks,
  patience = PATIENCE,
): BlockCache {
  const words = new Int32Array(control);
  const bytes = allocate(sampleType, 1).BYTES_PER_ELEMENT * length;
  const planes = Array.from({ length: slots }, (_, slot) =>
    viewAs(sampleType, new Uint8Array(memory.buffer, start + slot * bytes, bytes)),
  );
  const at = (slot: number, word: number) => HEAD_WORDS + slot * SLOT_WORDS + word;

  /** Runs `work` alone. It must be short: others spin. */
  function locked<T>(work: () => T): T {
    while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0);
    try {
      return work();
    } finally {
      Atomics.store(words, LOCK, 0);
    }
  }

  const touch = (slot: number) => {
    words[at(slot, USERS)]++;
    words[at(slot, STAMP)] = ++words[CLOCK];
  };

  /** The slot of a block, or the one longest unwanted made ready for it, or none where all are in use. */
  function claim(key: number): { slot: number; state: number } {
    let oldest = -1;
    for (let slot = 0; slot < slots; slot++) {
      const state = words[at(slot, STATE)];
      if (state !== EMPTY && words[at(slot, KEY)] === key) {
        if (state !== FILLING) touch(slot);
        return { slot, state };
      }
      if (words[at(slot, USERS)] > 0 || state === FILLING) continue;
      if (oldest < 0 || words[at(slot, STAMP)] < words[at(oldest, STAMP)]) oldest = slot;
    }
    if (oldest < 0) return { slot: -1, state: EMPTY };
    words[at(oldest, KEY)] = key;
    Atomics.store(words, at(oldest, STATE), FILLING);
    touch(oldest);
    return { slot: oldest, state: EMPTY };
  }

  const release = (slot: number) =>
    locked(() => {
      words[at(slot, USERS)]--;
    });

  function settle(slot: number, state: number): void {
    Atomics.store(words, at(slot, STATE), state);
    Atomics.notify(words, at(slot, STATE));
  }

  async function fill(slot: number, decode: Decode): Promise<number> {
    try {
      const state = (await decode(() => planes[slot])) ? READY : ABSENT;
      settle(slot, state);
      return state;
    } catch (error) {
      release(slot);
      settle(slot, EMPTY);
      throw error;
    }
  }

  return {
    async use(key, wanted, decode, take, wait) {
      // kept for nobody: an overview in larger blocks than the image itself, or no slot free
      const aside = async () => {
        let own: SampleArray | null = null;
        const there = await decode(() => (own ??= allocate(sampleType, wanted)));
        take(there ? own : null);
        return true;
      };
      if (wanted > length) return aside();
      for (;;) {
        const { slot, state } = locked(() => claim(key));
        if (slot < 0) return aside();
        if (state === FILLING) {
          if (!wait) return false;
          const settled = Atomics.waitAsync(words, at(slot, STATE), FILLING, patience);
          // whoever decodes it may be gone: its slot is lost, the block is not
          if (settled.async && (await settled.value) === 'timed-out') return aside();
          continue;
        }
        const found = state === EMPTY ? await fill(slot, decode) : state;
        try {
          take(found === READY ? planes[slot] : null);
        } finally {
          release(slot);
        }
        return true;
      }
    },
    // unlocked: where the answer is out of date a block is fetched twice, or alone, and nothing else
    has(key) {
      for (let slot = 0; slot < slots; slot++) {
        if (words[at(slot, KEY)] === key && words[at(slot, STATE)] !== EMPTY) return true;
      }
      return false;
    },
    // the slots belong to all threads, and go with the last of them
    clear() {},
  };
}
