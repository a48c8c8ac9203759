import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { messageOf } from '../errors.js';
import { type Guard, guardOf } from '../net/guard.js';
import { HttpProblem, problemOfStatus, problemOfTransport } from '../net/http-problem.js';
import { patiently } from '../net/patience.js';
import { isS3, s3Object } from '../net/s3.js';
import { httpAddress, shownAddress } from './address.js';
import { answerOf, MAX_WHOLE_BYTES, type RangeAnswer } from './http-answer.js';

export interface HttpOptions {
  /** Times a request is made before it is given up. */
  readonly attempts?: number;
  /** Wait before the second attempt; it doubles each time, ms. */
  readonly firstDelayMs?: number;
  /** An answer that does not begin within so long, or on which nothing or next to nothing comes for so long, is given up, ms. */
  readonly idleTimeoutMs?: number;
  /** Slower than this a body is not waited for, bytes a second. */
  readonly slowest?: number;
  /** Largest body of a server that ignores ranges. */
  readonly maxWholeBytes?: number;
  /** Where requests may go; one of the written address where absent. */
  readonly guard?: Guard;
}

export interface HttpClient {
  /**
   * Bytes `first` to `last`, both included, or the whole where the server sends it and it is small.
   * @throws BadInput where the server refuses, Unavailable where it does not answer however often it is asked. Messages
   * do not name the address: who knows it puts it before them.
   */
  get(first: number, last: number): Promise<RangeAnswer>;
  /** Ends what is under way. Connections are kept for others. */
  close(): void;
}

const IDLE_MS = 30_000;
/** Six connections share a line: one of 24 kB/s still serves. */
const SLOWEST = 4096;
/** An unwanted body that is longer or comes slower costs more than a new connection. */
const [MOST_UNWANTED, UNWANTED_MS] = [64 * 1024, 2000];
const MOST_REDIRECTS = 5;
/** Connections to one host at a time; further requests wait for one of them. */
const CONNECTIONS = 6;

// one pair a thread: band files of one product share their connections, and idle ones do not hold the process
const keep = { keepAlive: true, maxSockets: CONNECTIONS, scheduling: 'lifo' } as const;
const agents = { 'http:': new HttpAgent(keep), 'https:': new HttpsAgent(keep) } as const;

/**
 * Asks for ranges of one address: follows redirects, keeps connections, retries what may pass.
 * @param written as a person or a document gives it, http(s):// or s3://
 * @throws BadInput where it is none that can be read
 */
export function httpClient(written: string, options: HttpOptions = {}): HttpClient {
  const object = isS3(written) ? s3Object(written) : null;
  const { attempts = 5, firstDelayMs = 250, guard = guardOf(object?.endpoint ?? written) } = options;
  const address = object?.url ?? httpAddress(written);
  const ending = new AbortController();
  // every request under way listens, and many may be
  setMaxListeners(0, ending.signal);
  // where redirects led the last time: they are not walked again for every range
  let target = address;

  async function follow(first: number, last: number): Promise<RangeAnswer> {
    let url = target;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const range = `bytes=${first}-${last}`;
      // what it is signed with is for the store alone
      const signed = url === address ? object?.headers(range) : undefined;
      const response = await send(url, { range, ...signed }, ending.signal, guard, options);
      const location = redirectOf(response);
      if (location === null) {
        const answer = await answerOf(response, first, last, {
          maxWhole: options.maxWholeBytes ?? MAX_WHOLE_BYTES,
          windowMs: options.idleTimeoutMs ?? IDLE_MS,
          slowest: options.slowest ?? SLOWEST,
        });
        target = url;
        return answer;
      }
      discard(response);
      url = redirected(url, location);
    }
    throw new HttpProblem('input', `redirects more than ${MOST_REDIRECTS} times; give the final address`);
  }

  async function attempt(first: number, last: number): Promise<RangeAnswer> {
    try {
      return await follow(first, last);
    } catch (error) {
      // a signed address that redirects gave may have expired: a new one is had where we began
      const refused = error instanceof HttpProblem && error.kind === 'input' && error.status !== null;
      if (!refused || target === address) throw error;
      target = address;
      return follow(first, last);
    }
  }

  return {
    get: (first, last) =>
      patiently(() => attempt(first, last), {
        attempts,
        firstDelayMs,
        signal: ending.signal,
        cure: 'try again later, or download the file and give its path',
      }),
    close: () => ending.abort(new Error('closed while it was read')),
  };
}

/** One request, up to its head. */
function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  guard: Guard,
  { idleTimeoutMs = IDLE_MS }: HttpOptions,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    try {
      guard.check(url);
    } catch (error) {
      throw problemOfTransport(error instanceof Error ? error : new Error(String(error)));
    }
    const request = (secure ? httpsRequest : httpRequest)(url, {
      agent: agents[secure ? 'https:' : 'http:'],
      timeout: idleTimeoutMs,
      signal,
      lookup: guard.lookup,
      headers: {
        ...headers,
        // a compressed body has other offsets than the file
        'accept-encoding': 'identity',
        accept: 'image/tiff, application/geo+json, application/json, */*',
        'user-agent': 'tuban',
      },
    });
    const giveUp = (what: string) =>
      request.destroy(new HttpProblem('transport', `${what} for ${idleTimeoutMs / 1000} s`));
    request.on('timeout', () => giveUp('sent nothing'));
    // a head that drips, or 1xx answers without end, are no silence; requests that wait for a connection are not meant
    let head: NodeJS.Timeout | undefined;
    request.once('socket', () => {
      head = setTimeout(() => giveUp('did not come to an answer'), 2 * idleTimeoutMs);
    });
    request.once('close', () => clearTimeout(head));
    request.on('error', (error) => reject(signal.aborted ? signal.reason : problemOfTransport(error)));
    request.on('response', (response) => {
      clearTimeout(head);
      const problem = problemOfStatus(response);
      if (problem === null) resolve(response);
      else {
        discard(response);
        reject(problem);
      }
    });
    request.end();
  });
}

/** Reads a body that nobody wants to its end, so that its connection can be used again; one without end is cut. */
function discard(response: IncomingMessage): void {
  let length = 0;
  const timer = setTimeout(() => response.destroy(), UNWANTED_MS).unref();
  response.on('error', () => {});
  response.on('close', () => clearTimeout(timer));
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MOST_UNWANTED) response.destroy();
  });
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage): string | null {
  if (statusCode < 300 || statusCode > 399) return null;
  return headers.location ?? '';
}

function redirected(from: URL, location: string): URL {
  try {
    return httpAddress(new URL(location, from).href);
  } catch (error) {
    const where = shownAddress(location) || 'nowhere';
    throw new HttpProblem('input', `redirects to ${where}, which cannot be read (${messageOf(error)})`);
  }
}
