import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { BadInput, messageOf } from '../errors.js';

/** Bytes of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Where a file's bytes come from: a local file, or an address read by range requests (http.ts). */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in a buffer of their own; or in `room`, where that is given and large enough.
   * @throws Error where the range does not lie inside the source.
   */
  read(offset: number, length: number, room?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Says what will be read next, each range once, in place of what was said before. A source for which a read is dear has
   * it fetched in few requests at once; others have no such method.
   */
  announce?(ranges: readonly ByteRange[]): void;
  close(): Promise<void>;
}

/** @throws BadInput where there is no such file, or it is no plain file, or it may not be read. */
export async function fileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw new BadInput(`${path}: ${whyNotOpened(error)}`, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new BadInput(`${path}: is a directory; expected a GeoTIFF file`);
    if (!stat.isFile()) throw new BadInput(`${path}: is not a plain file; expected a GeoTIFF file`);
    return sourceOf(handle, stat.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function sourceOf(handle: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(offset, length, room) {
      assertInside(offset, length, size);
      const fits = room !== undefined && room.byteLength >= length;
      // not zeroed, and not from the shared pool: every byte is written, and callers may keep or change it
      const { buffer, byteOffset } = fits ? { buffer: room, byteOffset: 0 } : Buffer.allocUnsafeSlow(length);
      const bytes = new Uint8Array(buffer, byteOffset, length);
      let done = 0;
      while (done < length) {
        const bytesRead = await readOn(handle, bytes, done, offset + done);
        if (bytesRead === 0) throw new Error(`the file became shorter while it was read`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/**
 * Bytes read into the rest of `bytes` from `done` on. A thread that computes blocks has nothing else to do meanwhile: handing the
 * read to another one and back would only cost it time.
 */
async function readOn(
  handle: FileHandle,
  bytes: Uint8Array,
  done: number,
  position: number,
): Promise<number> {
  const length = bytes.length - done;
  if (!isMainThread) return readSync(handle.fd, bytes, done, length, position);
  return (await handle.read(bytes, done, length, position)).bytesRead;
}

/** @throws Error where `length` bytes from `offset` do not lie inside `size` bytes. */
export function assertInside(offset: number, length: number, size: number): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (sound && offset + length <= size) return;
  throw new Error(
    `truncated or corrupt: it points at bytes ${offset} to ${offset + length}, but the file has ${size}`,
  );
}

function whyNotOpened(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file; check the path';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read; check its permissions';
  if (code === 'EISDIR') return 'is a directory; expected a GeoTIFF file';
  return `cannot be opened (${messageOf(error)})`;
}
