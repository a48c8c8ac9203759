import {
  constants,
  createDeflate,
  createInflate,
  deflateSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';

/**
 * zlib over buffers that are used again. `inflateSync` and `deflateSync` make a stream and an output buffer a call, which
 * at tiles of megabytes costs a third of their time and as much again in garbage collection. Node has no public way to
 * keep them; what is used instead is tried out once a thread, and where it does not answer as it should the public
 * functions do the work.
 */

/** What of a zlib stream's insides is used. */
interface Handle {
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    from: number,
    length: number,
    output: Uint8Array,
    to: number,
    room: number,
  ): void;
  onerror: (message: string) => void;
}

interface Stream {
  readonly _handle?: Handle;
  /** After a write: room left in the output, input left. */
  readonly _writeState?: Uint32Array;
}

/** Where a stream is to be written, of so many bytes or more; the stream's own buffer where null. */
type Room = (bytes: number) => Uint8Array | null;

interface Reused {
  /** Bytes written; null where the input is damaged or the room did not do. */
  run(input: Uint8Array, flush: number, bytes: number, room?: Room): Uint8Array | null;
}

function reuse(stream: unknown): Reused | null {
  const { _handle: handle, _writeState: state } = stream as Stream;
  if (typeof handle?.writeSync !== 'function' || typeof handle.reset !== 'function') return null;
  if (!(state instanceof Uint32Array) || state.length < 2) return null;
  let failed = false;
  handle.onerror = () => {
    failed = true;
  };
  let own = new Uint8Array(0);
  const ownRoom: Room = (bytes) => {
    if (own.length < bytes) own = new Uint8Array(bytes);
    return own;
  };
  return {
    run(input, flush, bytes, room = ownRoom) {
      const output = room(bytes) ?? (ownRoom(bytes) as Uint8Array);
      failed = false;
      handle.reset();
      handle.writeSync(flush, input, 0, input.length, output, 0, bytes);
      const [left, unread] = state;
      return failed || left === 0 || unread > 0 ? null : output.subarray(0, bytes - left);
    },
  };
}

/** Null unless it turns a known stream into what it is. */
function tried(made: () => Reused | null, check: (reused: Reused) => boolean): Reused | null {
  try {
    const reused = made();
    return reused && check(reused) && check(reused) ? reused : null;
  } catch {
    return null;
  }
}

const KNOWN = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) >> 5);

function same(a: Uint8Array | null): boolean {
  return a !== null && Buffer.compare(a, KNOWN) === 0;
}

let inflater: Reused | null | undefined;

/**
 * A zlib stream of about `size` bytes when inflated, at most `most`; fewer where the data ends before. The result lies in
 * `room` where that gives any, and may be written over by the next call.
 * @throws Error where the stream is damaged or longer.
 */
export function inflate(input: Uint8Array, size: number, most: number, room?: Room): Uint8Array {
  inflater ??= tried(
    () => reuse(createInflate()),
    (reused) => {
      const packed = deflateSync(KNOWN);
      const damaged = packed.map((byte, i) => (i > 20 && i < 40 ? byte ^ 255 : byte));
      return reused.run(damaged, constants.Z_SYNC_FLUSH, 1100) === null &&
        reused.run(packed, constants.Z_SYNC_FLUSH, 900) === null
        ? same(reused.run(packed, constants.Z_SYNC_FLUSH, 1100))
        : false;
    },
  );
  // a little more room than expected, so that zlib sees the end
  const found = inflater?.run(input, constants.Z_SYNC_FLUSH, size + 64, room) ?? null;
  return (
    found ??
    inflateSync(input, { chunkSize: size + 64, maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH })
  );
}

const deflaters = new Map<string, Reused | null>();

/** Bytes a stream may take beyond those it was made of. */
const HEAD = 1024;

/** `deflateSync`, in bytes of its own (which may be transferred to another thread). */
export function deflate(
  input: Uint8Array,
  options: Required<Pick<ZlibOptions, 'level' | 'strategy'>>,
): Uint8Array<ArrayBuffer> {
  const key = `${options.level}/${options.strategy}`;
  let own = deflaters.get(key);
  if (own === undefined) {
    own = tried(
      () => reuse(createDeflate(options)),
      (reused) => {
        const packed = reused.run(KNOWN, constants.Z_FINISH, 2000);
        return packed !== null && same(inflateSync(packed));
      },
    );
    deflaters.set(key, own);
  }
  const found = own?.run(input, constants.Z_FINISH, input.length + HEAD) ?? null;
  // copied: the buffer is used again
  return Uint8Array.from(found ?? deflateSync(input, options));
}
