import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BadInput, messageOf, Unavailable } from '../errors.js';
import { guardedFetch } from './fetch.js';
import { type Guard, guardOf } from './guard.js';
import { HttpProblem, problemOfTransport } from './http-problem.js';
import { patiently } from './patience.js';
import { isBucket, type S3Asked, s3Bucket } from './s3.js';
import { type Listed, listingOf } from './s3-listing.js';
import { problemOfStore, storeCode } from './s3-problem.js';

/** Objects below one prefix of a bucket, by the rest of their keys. All methods throw as `s3Objects` says. */
export interface S3Objects {
  /** `s3://bucket/prefix`, as messages have it. */
  readonly name: string;
  /** Null where there is none. */
  get(key: string): Promise<Uint8Array | null>;
  has(key: string): Promise<boolean>;
  /** The store checks the bytes by their hash; the object appears whole or not at all. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Nothing happens where there is none. */
  remove(key: string): Promise<void>;
  /** All whose key begins so. */
  list(begin: string): Promise<Listed[]>;
}

export interface S3Options {
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Times a request is made before it is given up: some half a minute. */
  readonly attempts?: number;
  /** Wait before the second attempt; it doubles each time, ms. */
  readonly firstDelayMs?: number;
  /** A connection on which nothing comes or goes for so long is given up, ms. */
  readonly idleTimeoutMs?: number;
  /** Where requests may go; one of the configured endpoint where absent. */
  readonly guard?: Guard;
}

/** Larger than a job with a learned model. */
const MOST_BYTES = 1 << 30;
/** One that trickles on is given up, ms. */
const LONGEST_MS = 600_000;
/** Connections at a time; further requests wait for one of them. */
const CONNECTIONS = 8;

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/**
 * Objects of an S3-compatible store below `s3://bucket/prefix`, reached and signed as s3.ts says. Connections are kept; what
 * may pass (5xx, timeouts, a cut connection) is tried again.
 * @throws BadInput naming the object where the store refuses, Unavailable where it does not answer.
 */
export function s3Objects(written: string, options: S3Options = {}): S3Objects {
  const { bucket, prefix } = placeOf(written);
  const store = s3Bucket(bucket, options.env);
  const {
    attempts = 8,
    firstDelayMs = 250,
    idleTimeoutMs = 30_000,
    guard = guardOf(store.endpoint),
  } = options;
  const keep = { keepAlive: true, maxSockets: CONNECTIONS, scheduling: 'lifo' } as const;
  const agent = /^https:/i.test(store.endpoint) ? new HttpsAgent(keep) : new HttpAgent(keep);
  const name = ['s3:/', bucket, ...prefix].join('/');
  const keyOf = (key: string) => [...prefix, key].join('/');

  async function once(asked: S3Asked, fine: readonly number[]): Promise<Answer> {
    const { url, headers } = store.request(asked);
    const signal = AbortSignal.timeout(LONGEST_MS);
    const limits = { signal, idleTimeoutMs, most: MOST_BYTES };
    const { method, body } = asked;
    const response = await guardedFetch(url.href, guard, { method, headers, body, agent, ...limits }).catch(
      (error: Error) => {
        throw unknownHost(url, error) ?? problemOfTransport(error);
      },
    );
    const { status } = response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const code = status < 300 ? null : storeCode(bytes);
    // of an object that is not there; a bucket that is not there is another matter
    if (fine.includes(status) && code !== 'NoSuchBucket') return { status, bytes };
    throw problemOfStore(status, code, response.headers.get('retry-after'));
  }

  async function ask(asked: S3Asked, fine: readonly number[]): Promise<Answer> {
    try {
      const cure = 'start again when the store answers, or correct AWS_ENDPOINT_URL';
      return await patiently(() => once(asked, fine), { attempts, firstDelayMs, cure });
    } catch (error) {
      throw named(asked.key === '' ? name : `s3://${bucket}/${asked.key}`, error);
    }
  }

  return {
    name,
    async get(key) {
      const { status, bytes } = await ask({ method: 'GET', key: keyOf(key) }, [200, 404]);
      return status === 404 ? null : bytes;
    },
    has: async (key) => (await ask({ method: 'HEAD', key: keyOf(key) }, [200, 404])).status === 200,
    put: async (key, body) => void (await ask({ method: 'PUT', key: keyOf(key), body }, [200, 201, 204])),
    remove: async (key) => void (await ask({ method: 'DELETE', key: keyOf(key) }, [200, 204, 404])),
    async list(begin) {
      const found: Listed[] = [];
      const base = keyOf('');
      for (let token: string | null = ''; token !== null; ) {
        const more: Record<string, string> = token === '' ? {} : { 'continuation-token': token };
        const query = { 'list-type': '2', 'encoding-type': 'url', prefix: keyOf(begin), ...more };
        const { bytes } = await ask({ method: 'GET', key: '', query }, [200]);
        const page = listingOf(bytes, name);
        for (const one of page.objects)
          if (one.key.startsWith(base)) found.push({ ...one, key: one.key.slice(base.length) });
        // a store that goes round in circles
        token = page.next === token ? null : page.next;
      }
      return found;
    },
  };
}

/** @throws BadInput where it is no place of objects */
function placeOf(written: string): { readonly bucket: string; readonly prefix: readonly string[] } {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(written) ?? [];
  const prefix = rest.split('/').filter((part) => part !== '');
  // a URL takes dots for steps
  if (!isBucket(bucket) || prefix.some((part) => /^\.+$/.test(part)))
    throw new BadInput(`${written}: is no place in a store; expected s3://bucket/prefix`);
  return { bucket, prefix };
}

/** A bucket in front of a host's name makes a name that the host may not have. */
function unknownHost(url: URL, error: Error): HttpProblem | null {
  if (!('code' in error) || error.code !== 'ENOTFOUND') return null;
  const cure =
    'correct AWS_ENDPOINT_URL, or set AWS_VIRTUAL_HOSTING=FALSE where the bucket is part of the paths';
  return new HttpProblem('input', `its host ${url.hostname} is not known; ${cure}`, { cause: error });
}

function named(name: string, error: unknown): unknown {
  const message = `${name}: ${messageOf(error)}`;
  if (error instanceof BadInput) return new BadInput(message, { cause: error });
  return error instanceof Unavailable ? new Unavailable(message, { cause: error }) : error;
}
