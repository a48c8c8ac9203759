import type { IncomingMessage } from 'node:http';
import { HttpProblem, problemOfTransport } from '../net/http-problem.js';

/** What a server sent for a range. */
export interface RangeAnswer {
  /** The asked bytes, fewer only at the end of the file; the whole file where `whole`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly whole: boolean;
  /** Size of the whole file. */
  readonly total: number;
  /** ETag, else Last-Modified, else null. */
  readonly version: string | null;
}

/** A file that comes whole, from a server that knows no ranges, stays in memory: so it must be small. */
export const MAX_WHOLE_BYTES = 16 * 1024 * 1024;

/** What a body may cost. */
export interface BodyLimits {
  /** Largest body of a server that ignores ranges, bytes. */
  readonly maxWhole: number;
  /** In every span of so many ms … */
  readonly windowMs: number;
  /** … so many bytes a second must come. */
  readonly slowest: number;
}

/** Reads the answer to a request for bytes `first` to `last`. @throws HttpProblem where it is none, or comes short. */
export async function answerOf(
  response: IncomingMessage,
  first: number,
  last: number,
  limits: BodyLimits,
): Promise<RangeAnswer> {
  const { headers, statusCode } = response;
  const version = headers.etag ?? headers['last-modified'] ?? null;
  try {
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && statusCode !== 416) {
      throw new HttpProblem(
        'input',
        `comes compressed (${encoding}), so that no part of it can be read; download the file, or turn compression of it off on the server`,
      );
    }
    if (statusCode === 206) return await part(response, [first, last], version, limits);
    if (statusCode === 416) {
      const total = outside(response);
      if (first < total) {
        throw new HttpProblem('transport', `answered 416 to bytes ${first} to ${last} of ${total}`);
      }
      return { bytes: new Uint8Array(0), whole: false, total, version };
    }
    const bytes = await whole(response, limits);
    return { bytes, whole: true, total: bytes.length, version };
  } catch (error) {
    // the rest of the body is not wanted, and its connection is of no use
    response.destroy();
    throw error;
  }
}

async function part(
  response: IncomingMessage,
  [first, last]: readonly [number, number],
  version: string | null,
  limits: BodyLimits,
): Promise<RangeAnswer> {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers['content-range'] ?? '');
  if (!match) {
    throw new HttpProblem(
      'input',
      'answers range requests without telling the file’s size (Content-Range); download the file',
    );
  }
  const [from, to, total] = match.slice(1).map(Number);
  if (from !== first || to > last || to < from || to >= total) {
    throw new HttpProblem('transport', `sent bytes ${from} to ${to} instead of ${first} to ${last}`);
  }
  const expected = Math.min(last, total - 1) - first + 1;
  const bytes = await body(response, expected, expected, limits);
  if (bytes.length < expected) {
    throw new HttpProblem('transport', `sent ${bytes.length} of ${expected} bytes`);
  }
  return { bytes, whole: false, total, version };
}

/** Size that a 416 tells: 0 for an empty file. */
function outside({ headers }: IncomingMessage): number {
  const match = /^bytes \*\/(\d+)$/.exec(headers['content-range'] ?? '');
  return match ? Number(match[1]) : 0;
}

async function whole(response: IncomingMessage, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const most = limits.maxWhole;
  const length = response.headers['content-length'];
  const told = length === undefined ? null : Number(length);
  const refusal = () =>
    new HttpProblem(
      'input',
      `its server sends only the whole file (${told === null ? 'more than ' : ''}${Math.ceil((told ?? most) / 2 ** 20)} MiB), not parts of it; download it, or put it on a server that knows range requests`,
    );
  if (told !== null && told > most) throw refusal();
  const bytes = await body(response, told ?? 64 * 1024, most, limits);
  if (told !== null && bytes.length < told) {
    throw new HttpProblem('transport', `sent ${bytes.length} of ${told} bytes`);
  }
  if (told === null && bytes.length >= most) throw refusal();
  return bytes;
}

/** The body, up to `most` bytes, in a buffer of its own. What the connection makes go wrong may pass. */
async function body(
  response: IncomingMessage,
  expected: number,
  most: number,
  { windowMs, slowest }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(Math.min(expected, most));
  let length = 0;
  let [lengthThen, then] = [0, performance.now()];
  const watch = setInterval(() => {
    const tooSlow = length - lengthThen < (slowest * windowMs) / 1000;
    // where we ourselves had no time to read, what has come still waits
    const attentive = performance.now() - then < 1.5 * windowMs;
    [lengthThen, then] = [length, performance.now()];
    if (tooSlow && attentive) {
      const seconds = windowMs / 1000;
      response.destroy(
        new HttpProblem('transport', `sent less than ${slowest} bytes a second for ${seconds} s`),
      );
    }
  }, windowMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const taken = chunk.subarray(0, most - length);
      if (length + taken.length > bytes.length) {
        const larger = new Uint8Array(Math.min(most, 2 * (length + taken.length)));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(taken, length);
      length += taken.length;
      if (taken.length < chunk.length) break;
    }
  } catch (error) {
    throw problemOfTransport(error instanceof Error ? error : new Error(String(error)));
  } finally {
    clearInterval(watch);
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
