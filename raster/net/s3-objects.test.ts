import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BadInput, Unavailable } from '../errors.js';
import { guardOf } from './guard.js';
import { type S3Objects, type S3Options, s3Objects } from './s3-objects.js';
import { type S3Server, SECRET, s3Server, sendError } from './testing/s3-server.js';

let store: S3Server;
beforeAll(async () => {
  store = await s3Server();
});
afterEach(() => {
  store.fault = null;
  store.objects.clear();
  store.log.length = 0;
  store.pageSize = 1000;
});
afterAll(() => store.close());

const bytes = (text: string) => new TextEncoder().encode(text);
const opened = (options: S3Options = {}, written = 's3://blocks/runs/八月 (a+b)'): S3Objects =>
  s3Objects(written, { env: store.env, firstDelayMs: 1, ...options });
/** What is thrown, which must tell no secret. */
const thrown = async (act: Promise<unknown>): Promise<Error> => {
  const error = await act.then(
    () => new Error('nothing was thrown'),
    (reason: Error) => reason,
  );
  expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/wJalr|AWS4-HMAC|writer/);
  return error;
};

describe('objects of a store', () => {
  it('are put, read, listed over pages and removed, below their prefix, signed, over kept connections', async () => {
    const objects = opened();
    const before = store.connections();
    expect(await objects.get('a/1')).toBeNull();
    expect(await objects.has('a/1')).toBe(false);
    store.pageSize = 2;
    for (const name of ['a/1', 'a/2 & <3>', 'a/+%20', 'ab']) await objects.put(name, bytes(`of ${name}`));
    store.objects.set('elsewhere/a/9', bytes('of another'));
    await objects.put('a/empty', new Uint8Array(0));
    expect([...store.objects.keys()]).toContain('runs/八月 (a+b)/a/2 & <3>');
    expect(new TextDecoder().decode((await objects.get('a/2 & <3>')) ?? undefined)).toBe('of a/2 & <3>');
    expect((await objects.get('a/empty'))?.length).toBe(0);
    const listed = await objects.list('a/');
    expect(listed.map(({ key, bytes: size }) => [key, size]).sort()).toEqual([
      ['a/+%20', 9],
      ['a/1', 6],
      ['a/2 & <3>', 12],
      ['a/empty', 0],
    ]);
    expect(Math.abs(listed[0].changedMs - Date.now())).toBeLessThan(60_000);
    await objects.remove('a/1');
    await objects.remove('a/1');
    expect(await objects.has('a/1')).toBe(false);
    expect(store.connections() - before).toBeLessThan(4);
  });

  it('of 20 MB come back as they went', async () => {
    const large = new Uint8Array(20_000_000).map((_, i) => i * 31);
    await opened().put('large', large);
    expect(Buffer.compare((await opened().get('large')) ?? Buffer.alloc(0), large)).toBe(0);
  });

  it.each([
    [
      '503 Slow Down',
      () => (_: unknown, response: Parameters<typeof sendError>[0]) => sendError(response, 503, 'SlowDown'),
    ],
    [
      '500',
      () => (_: unknown, response: Parameters<typeof sendError>[0]) =>
        sendError(response, 500, 'InternalError'),
    ],
    [
      'two writers at once',
      () => (_: unknown, response: Parameters<typeof sendError>[0]) =>
        sendError(response, 409, 'OperationAborted'),
    ],
    [
      'a body that came too slowly',
      () => (_: unknown, response: Parameters<typeof sendError>[0]) =>
        sendError(response, 400, 'RequestTimeout'),
    ],
    ['a cut connection', () => (_: unknown, response: Parameters<typeof sendError>[0]) => response.destroy()],
    [
      'half an answer',
      () => (_: unknown, response: Parameters<typeof sendError>[0]) => {
        response.writeHead(200, { 'content-length': 1000 }).write('half', () => response.destroy());
      },
    ],
    ['silence', () => () => {}],
  ])('are had in spite of %s, asked again', async (_name, make) => {
    const objects = opened({ idleTimeoutMs: 200 });
    const misdeed = make();
    let faults = 0;
    store.fault = (asked, response) => {
      if (faults++ % 3 === 2) return false;
      misdeed(asked, response);
      return true;
    };
    await objects.put('a', bytes('whole'));
    expect(store.objects.get('runs/八月 (a+b)/a')).toEqual(Buffer.from('whole'));
    expect(await objects.get('a')).toEqual(bytes('whole'));
    expect(await objects.list('')).toHaveLength(1);
    await objects.remove('a');
    expect(store.objects.size).toBe(0);
    expect(faults).toBe(12);
  });
});

describe('a store that does not do what it is asked', () => {
  it('for long is Unavailable, with the object and the cure', async () => {
    store.fault = (_asked, response) => {
      sendError(response, 503, 'SlowDown');
      return true;
    };
    const error = await thrown(opened({ attempts: 3 }).put('k/0.block', bytes('x')));
    expect(error).toBeInstanceOf(Unavailable);
    expect(error.message).toBe(
      's3://blocks/runs/八月 (a+b)/k/0.block: answered 503 SlowDown, 3 times; start again when the store answers, or correct AWS_ENDPOINT_URL',
    );
    expect(store.log).toHaveLength(3);
  });

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'another secret',
      { AWS_SECRET_ACCESS_KEY: 'other' },
      's3://blocks/p',
      /blocks\/p\/k: answered 403 SignatureDoesNotMatch; correct AWS_ACCESS_KEY_ID/,
    ],
    [
      'another user',
      { AWS_ACCESS_KEY_ID: 'nobody' },
      's3://blocks/p',
      /403 InvalidAccessKeyId; correct AWS_ACCESS_KEY_ID/,
    ],
    [
      'no signature',
      { AWS_NO_SIGN_REQUEST: 'YES' },
      's3://blocks/p',
      /403 AccessDenied; the keys lack a right: .*s3:PutObject.*s3:ListBucket/,
    ],
    [
      'another region',
      { AWS_REGION: 'mars-1' },
      's3://blocks/p',
      /AuthorizationHeaderMalformed; the bucket lies elsewhere: correct AWS_REGION/,
    ],
    [
      'another bucket',
      {},
      's3://others/p',
      /s3:\/\/others\/p\/k: answered 404 NoSuchBucket; there is no such bucket: make it/,
    ],
    [
      'no store',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
      's3://blocks/p',
      /broke the connection \(ECONNREFUSED\), 2 times; start again when the store answers, or correct AWS_ENDPOINT_URL/,
    ],
    [
      'an unknown host',
      { AWS_ENDPOINT_URL: 'http://store.invalid', AWS_VIRTUAL_HOSTING: 'TRUE' },
      's3://blocks/p',
      /(its host blocks\.store\.invalid is not known; correct AWS_ENDPOINT_URL, or set AWS_VIRTUAL_HOSTING)|EAI_AGAIN/,
    ],
  ])('%s: named, with the cure, and never asked again where that is of no use', async (name, env, written, message) => {
    const objects = opened({ env: { ...store.env, ...env }, attempts: 2 }, written);
    for (const act of [() => objects.put('k', bytes('x')), () => objects.get('k')]) {
      const error = await thrown(act());
      expect(error).toBeInstanceOf(/no store|unknown host/.test(name) ? Error : BadInput);
      expect(error.message).toMatch(message);
    }
    expect(store.log.length).toBe(/no store|unknown host/.test(name) ? 0 : 2);
    expect((await thrown(objects.list(''))).message).toMatch(/^s3:\/\/(blocks|others)\/p: /);
  });

  it('a right that is lacking: named by its object, also where HEAD gives no reason', async () => {
    store.fault = (_asked, response) => {
      sendError(response, 403, 'AccessDenied');
      return true;
    };
    for (const act of [opened().has('k'), opened().remove('k'), opened().get('k')]) {
      const error = await thrown(act);
      expect(error).toBeInstanceOf(BadInput);
      expect(error.message).toMatch(/\/k: answered 403 \w+; the keys lack a right/);
    }
  });

  it('is not followed elsewhere with the signature', async () => {
    store.fault = (_asked, response) => {
      response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end();
      return true;
    };
    expect((await thrown(opened().get('k'))).message).toMatch(/answered 307 .*; the bucket lies elsewhere/);
    expect(store.log).toHaveLength(1);
  });

  it('inside a network, reached by a name, takes allowPrivate', async () => {
    const guard = guardOf('http://store.example', {
      resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const env = { ...store.env, AWS_ENDPOINT_URL: store.origin.replace('127.0.0.1', 'store.example') };
    const error = await thrown(opened({ env, guard }).get('k'));
    expect(error).toBeInstanceOf(BadInput);
    expect(error.message).toMatch(/leads to store\.example \(127\.0\.0\.1\).*allowPrivate/);
  });

  it('but answers with a page is told apart from a store', async () => {
    store.fault = (_asked, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>');
      return true;
    };
    expect((await thrown(opened().list(''))).message).toMatch(
      /^s3:\/\/blocks\/runs\/.*: does not list its objects as S3 does; correct AWS_ENDPOINT_URL$/,
    );
  });

  it('and lists in circles is left after a turn', async () => {
    store.fault = (_asked, response) => {
      const again = '<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>';
      response.writeHead(200).end(`<ListBucketResult>${again}</ListBucketResult>`);
      return true;
    };
    expect(await opened().list('')).toEqual([]);
    expect(store.log).toHaveLength(2);
  });
});

it.each([
  's3://',
  's3://a',
  's3://blocks/../other',
  's3://blocks/a/./b',
  's3://user@host/p',
  'http://blocks/p',
  's3://BLOCKS/p',
])('%s is refused as a place', (written) => {
  expect(() => s3Objects(written, { env: store.env })).toThrow(
    /: is no place in a store; expected s3:\/\/bucket\/prefix/,
  );
});

it('keys that are missing are named, and the secret is that of the store', () => {
  expect(() => s3Objects('s3://blocks/p', { env: {} })).toThrow(
    /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
  );
  expect(store.env.AWS_SECRET_ACCESS_KEY).toBe(SECRET);
});
