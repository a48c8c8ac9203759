import type { FileHandle } from 'node:fs/promises';

/** Where a tile lies in the spool. */
export interface Spooled {
  readonly offset: number;
  readonly size: number;
}

/** Tiles in the order they came, in a temporary file: their place in the COG is known only when all have come. */
export interface Spool {
  append(bytes: Uint8Array): Promise<Spooled>;
  /** Copies the pieces, in the order given, to `target` from byte `position` on. */
  copyTo(target: FileHandle, position: number, pieces: Iterable<Spooled>): Promise<void>;
}

/** Bytes read and written at once while copying. */
const CHUNK = 8 * 1024 * 1024;

/** The file stays the caller's to close. */
export function spoolOn(file: FileHandle): Spool {
  let end = 0;
  return {
    async append(bytes) {
      const offset = end;
      end += bytes.length;
      await writeFully(file, bytes, offset);
      return { offset, size: bytes.length };
    },
    async copyTo(target, position, pieces) {
      let at = position;
      for (const run of runsOf(pieces)) {
        const buffer = new Uint8Array(run.reduce((sum, piece) => sum + piece.size, 0));
        let filled = 0;
        for (const piece of joined(run)) {
          await readFully(file, buffer.subarray(filled, filled + piece.size), piece.offset);
          filled += piece.size;
        }
        await writeFully(target, buffer, at);
        at += buffer.length;
      }
    },
  };
}

/** Groups pieces into chunks to be written at once. */
function* runsOf(pieces: Iterable<Spooled>): Generator<Spooled[]> {
  let run: Spooled[] = [];
  let size = 0;
  for (const piece of pieces) {
    run.push(piece);
    size += piece.size;
    if (size >= CHUNK) {
      yield run;
      run = [];
      size = 0;
    }
  }
  if (run.length > 0) yield run;
}

/** Neighbours in the spool become one read. */
function* joined(run: readonly Spooled[]): Generator<Spooled> {
  let current: Spooled | null = null;
  for (const piece of run) {
    if (current && current.offset + current.size === piece.offset) {
      current = { offset: current.offset, size: current.size + piece.size };
    } else {
      if (current) yield current;
      current = piece;
    }
  }
  if (current) yield current;
}

export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) throw new Error(`the spool ends at byte ${position + done}`);
    done += bytesRead;
  }
}
