import { BadInput, messageOf, Unavailable } from '../errors.js';
import { shownAddress } from './address.js';
import type { RangeAnswer } from './http-answer.js';
import { type HttpClient, type HttpOptions, httpClient } from './http-client.js';
import { assertInside, type ByteRange, type ByteSource } from './source.js';

/** Short reads (headers, directories, tile tables, small tiles) are answered from pages of this size. */
const PAGE = 64 * 1024;
/** Pages kept: 2 MiB a file. */
const MOST_PAGES = 32;
/** Ranges that lie this near are asked for as one: a request costs more than so many bytes. */
const GAP = 16 * 1024;
/** Largest range that announced ones are joined to. */
const MOST_JOINED = 8 * 1024 * 1024;
/** Announced bytes held until they are read. */
const MOST_ANNOUNCED = 32 * 1024 * 1024;

/** A source over an address, with which version of the file it reads. */
export interface HttpSource extends ByteSource {
  /** ETag, else Last-Modified, null where the server tells neither. */
  readonly version: string | null;
}

/**
 * A file behind an http or https address, read by range requests: only what is asked for comes over the line. Requests go
 * over kept connections, are repeated where the network or the server failed, and must all see the same version of the file.
 * @throws BadInput naming the address (without its query) where the server refuses, Unavailable where it does not answer.
 */
export async function httpSource(text: string, options: HttpOptions = {}): Promise<HttpSource> {
  const client = httpClient(text, options);
  try {
    const head = await client.get(0, PAGE - 1);
    return head.whole ? inMemory(head) : inRanges(client, head);
  } catch (error) {
    client.close();
    throw named(shownAddress(text), error);
  }
}

/** Size and version of the file behind an address, by one request of one byte: signed addresses often refuse HEAD. */
export async function httpStamp(
  text: string,
  options: HttpOptions = {},
): Promise<{ readonly size: number; readonly version: string | null }> {
  const client = httpClient(text, options);
  try {
    const { total, version } = await client.get(0, 0);
    return { size: total, version };
  } catch (error) {
    throw named(shownAddress(text), error);
  } finally {
    client.close();
  }
}

function named(name: string, error: unknown): unknown {
  const message = `${name}: ${messageOf(error)}`;
  if (error instanceof BadInput) return new BadInput(message, { cause: error });
  return error instanceof Unavailable ? new Unavailable(message, { cause: error }) : error;
}

function inMemory({ bytes, version }: RangeAnswer): HttpSource {
  return {
    size: bytes.length,
    version,
    async read(offset, length) {
      assertInside(offset, length, bytes.length);
      return bytes.slice(offset, offset + length);
    },
    close: async () => {},
  };
}

/** A few neighbouring ranges asked for as one, and how many bytes of it are wanted. */
export interface JoinedRange extends ByteRange {
  readonly wanted: number;
}

/** Announced bytes that are on their way or have come. */
interface Piece extends ByteRange {
  readonly bytes: Promise<Uint8Array<ArrayBuffer>>;
  /** Wanted bytes that nobody has read yet: at 0 the piece is let go. */
  unread: number;
}

function inRanges(client: HttpClient, head: RangeAnswer): HttpSource {
  const { total: size, version } = head;
  // a Map keeps insertion order: the first page is the one longest unused
  const pages = new Map<number, Promise<Uint8Array>>([[0, Promise.resolve(head.bytes)]]);
  let announced: Piece[] = [];

  async function ask(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const answer = await client.get(offset, offset + length - 1);
    if (answer.total !== size || answer.version !== version) {
      throw new BadInput(
        'changed while it was read (another size, ETag or date than at first); start again when it is complete',
      );
    }
    // a server that now sends the whole file sends the same file: size and version say so
    return answer.whole ? answer.bytes.slice(offset, offset + length) : answer.bytes;
  }

  /** Pages `first` to `last`, those that are missing asked for in one request. */
  async function readPages(first: number, last: number): Promise<Uint8Array[]> {
    const wanted = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const missing = wanted.filter((page) => !pages.has(page));
    if (missing.length > 0) {
      const from = missing[0] * PAGE;
      const to = Math.min(size, (missing[missing.length - 1] + 1) * PAGE);
      const coming = ask(from, to - from);
      for (const page of missing) {
        const bytes = coming.then((all) => all.subarray(page * PAGE - from, (page + 1) * PAGE - from));
        pages.set(page, bytes);
        bytes.catch(() => pages.delete(page));
      }
    }
    const found = wanted.map((page) => {
      const bytes = pages.get(page);
      if (bytes === undefined) throw new Error(`page ${page} was not asked for`);
      pages.delete(page);
      pages.set(page, bytes);
      return bytes;
    });
    for (const page of pages.keys()) {
      if (pages.size <= MOST_PAGES) break;
      pages.delete(page);
    }
    return Promise.all(found);
  }

  /** From what was announced, null where it holds no such range. */
  function readAnnounced(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> | null {
    const piece = announced.find((p) => p.offset <= offset && offset + length <= p.offset + p.length);
    if (!piece) return null;
    piece.unread -= length;
    if (piece.unread <= 0) announced = announced.filter((other) => other !== piece);
    const from = offset - piece.offset;
    return piece.bytes.then((bytes) => bytes.slice(from, from + length));
  }

  return {
    size,
    version,
    async read(offset, length) {
      assertInside(offset, length, size);
      if (length === 0) return new Uint8Array(0);
      const known = readAnnounced(offset, length);
      if (known) return known;
      if (length > PAGE) return ask(offset, length);
      const first = Math.floor(offset / PAGE);
      const found = await readPages(first, Math.floor((offset + length - 1) / PAGE));
      const out = new Uint8Array(length);
      for (const [i, bytes] of found.entries()) {
        const at = (first + i) * PAGE - offset;
        out.set(bytes.subarray(Math.max(0, -at), Math.min(bytes.length, length - at)), Math.max(0, at));
      }
      return out;
    },
    announce(ranges) {
      announced = joined(ranges, size).map(({ offset, length, wanted }) => {
        const bytes = ask(offset, length);
        // whoever reads it hears of it
        bytes.catch(() => {});
        return { offset, length, bytes, unread: wanted };
      });
    },
    async close() {
      announced = [];
      pages.clear();
      client.close();
    },
  };
}

/** Ranges as few requests: neighbours joined, and no more in all than may be held; those left out are read one by one. */
export function joined(ranges: readonly ByteRange[], size: number): JoinedRange[] {
  const inside = ranges.filter(({ offset, length }) => length > 0 && offset >= 0 && offset + length <= size);
  const result: { offset: number; length: number; wanted: number }[] = [];
  let total = 0;
  for (const { offset, length } of inside.sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    const grown = last ? Math.max(last.length, offset + length - last.offset) : 0;
    const joins = last !== undefined && offset <= last.offset + last.length + GAP && grown <= MOST_JOINED;
    const more = joins ? grown - last.length : length;
    if (total + more > MOST_ANNOUNCED) continue;
    total += more;
    if (joins) {
      last.length = grown;
      last.wanted += length;
    } else result.push({ offset, length, wanted: length });
  }
  return result;
}
