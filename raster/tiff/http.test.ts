import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeCog } from '../cog/writer.js';
import { BadInput, Unavailable } from '../errors.js';
import { madeGrid } from '../testing.js';
import { shownAddress } from './address.js';
import { httpSource, joined } from './http.js';
import type { HttpOptions } from './http-client.js';
import { openRasterFrom } from './open.js';
import { stampOf } from './stamp.js';
import { type FileServer, fileServer, sendPart, sendWhole } from './testing/file-server.js';
import type { RasterFile } from './types.js';

/** Retries without waiting. */
const FAST = { firstDelayMs: 1 } as const;
/** 400 kB whose every byte tells where it stands. */
const BYTES = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255);
const SIDE = 2100;

/** 12 bits that do not compress. */
function noise(i: number, band: number): number {
  let hash = Math.imul(i + 1, 0x9e37_79b1) ^ Math.imul(band + 1, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) & 4095;
}

let server: FileServer;
let dir = '';
/** The COG on disk, and its bytes. */
let cogPath = '';
let cog: Uint8Array;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-http-'));
  cogPath = join(dir, 'scene.tif');
  const planes = [0, 1].map((band) => Uint16Array.from({ length: SIDE * SIDE }, (_, i) => noise(i, band)));
  const spec = {
    grid: madeGrid(SIDE, SIDE),
    bands: 2,
    sampleType: 'uint16',
    overviews: 'average',
    level: 1,
  } as const;
  await writeCog(cogPath, spec, planes);
  cog = new Uint8Array(await readFile(cogPath));
  server = await fileServer(
    new Map([
      ['/scene.tif', cog],
      ['/bytes', BYTES],
    ]),
  );
});
afterEach(() => {
  server.reset();
  server.tags.clear();
});
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

/** Compared by hand: a matcher takes half a second for such arrays. */
function expectBytes(bytes: Uint8Array, offset: number, length: number): void {
  expect(bytes.length).toBe(length);
  expect(Buffer.compare(bytes, BYTES.subarray(offset, offset + bytes.length))).toBe(0);
}

const at = (path: string) => `${server.origin}${path}`;
const sent = () => server.log.reduce((sum, { bytes }) => sum + bytes, 0);

async function openAt(path: string): Promise<RasterFile> {
  const source = await httpSource(at(path), FAST);
  return openRasterFrom(source, at(path));
}

/** Reads `count` ranges spread over the file and checks every byte. */
async function readSpread(count: number, options: HttpOptions = FAST): Promise<void> {
  const source = await httpSource(at('/bytes'), options);
  try {
    const step = Math.floor((BYTES.length - 70_000) / count);
    for (let i = 0; i < count; i++) {
      const offset = i * step;
      expectBytes(await source.read(offset, 70_000), offset, 70_000);
    }
  } finally {
    await source.close();
  }
}

describe('an object of an S3-compatible store', () => {
  const AWS = {
    AWS_ENDPOINT_URL: '',
    AWS_VIRTUAL_HOSTING: 'FALSE',
    AWS_ACCESS_KEY_ID: 'reader',
    AWS_SECRET_ACCESS_KEY: 'SECRET',
  };
  beforeEach(() => {
    for (const [name, value] of Object.entries({ ...AWS, AWS_ENDPOINT_URL: server.origin }))
      vi.stubEnv(name, value);
    server.files.set('/tiles/2026/八月.tif', BYTES);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    server.files.delete('/tiles/2026/八月.tif');
  });

  it('is read in ranges, each signed for itself', async () => {
    const signatures: string[] = [];
    server.fault = ({ headers }) => {
      signatures.push(headers.authorization ?? '');
      return false;
    };
    const source = await httpSource('s3://tiles/2026/八月.tif', FAST);
    expectBytes(await source.read(200_000, 70_000), 200_000, 70_000);
    await source.close();
    expect(signatures).toHaveLength(2);
    for (const signature of signatures) expect(signature).toMatch(/^AWS4-HMAC-SHA256 Credential=reader\//);
    expect(new Set(signatures).size).toBe(2);
  });

  it('does not hand the signature to where it is redirected, nor its secret to a message', async () => {
    const asked: (string | undefined)[] = [];
    server.fault = ({ url, headers }, response) => {
      asked.push(headers.authorization);
      if (url === '/bytes') return false;
      response.writeHead(307, { location: '/bytes' }).end();
      return true;
    };
    const source = await httpSource('s3://tiles/2026/八月.tif', FAST);
    expect([typeof asked[0], asked[1]]).toEqual(['string', undefined]);
    await source.close();
    server.fault = null;
    const away = await httpSource('s3://tiles/away.tif', FAST).catch(String);
    expect(away).toMatch(/s3:\/\/tiles\/away\.tif: .*404/);
    expect(away).not.toMatch(/SECRET|AWS4/);
  });
});

describe('a COG behind an address', () => {
  it('gives the samples that the file on disk has', async () => {
    const file = await openAt('/scene.tif');
    const window = { x: 500, y: 1000, width: 40, height: 30 };
    const [first, second] = await file.readWindow(0, window, [0, 1]);
    const value = (x: number, y: number, band: number) => noise(y * SIDE + x, band);
    for (const [x, y] of [
      [0, 0],
      [39, 29],
      [12, 24],
    ]) {
      expect(first[y * 40 + x]).toBe(value(500 + x, 1000 + y, 0));
      expect(second[y * 40 + x]).toBe(value(500 + x, 1000 + y, 1));
    }
    await file.close();
  });

  it('costs a window of a small overview a few percent of the file', async () => {
    const file = await openAt('/scene.tif');
    const level = file.info.levels.length - 1;
    const { width, height } = file.info.levels[level];
    await file.readWindow(level, { x: 0, y: 0, width, height }, [0]);
    await file.close();
    expect(cog.length).toBeGreaterThan(10_000_000);
    expect(sent()).toBeLessThan(cog.length / 10);
  });

  it('fetches the tiles of a window a row at once', async () => {
    const file = await openAt('/scene.tif');
    server.reset();
    // three rows of three tiles
    await file.readWindow(0, { x: 400, y: 400, width: 800, height: 800 }, [0, 1]);
    expect(server.log.length).toBe(3);
    // nothing is fetched anew for tiles that are still there
    await file.readWindow(0, { x: 600, y: 600, width: 500, height: 500 }, [0, 1]);
    expect(server.log.length).toBe(3);
    await file.close();
  });

  it('opens with one request: headers come out of one page', async () => {
    const file = await openAt('/scene.tif');
    expect(server.log.length).toBe(1);
    await file.close();
  });
});

describe('httpSource', () => {
  it('answers short reads from pages, without asking again', async () => {
    const source = await httpSource(at('/bytes'), FAST);
    expectBytes(await source.read(130_990, 100), 130_990, 100);
    expect(server.log.map(({ range }) => range)).toEqual([
      [0, 65_535],
      [65_536, 196_607],
    ]);
    expectBytes(await source.read(131_000, 5000), 131_000, 5000);
    expectBytes(await source.read(10, 20), 10, 20);
    expectBytes(await source.read(399_999, 1), 399_999, 1);
    expect(server.log.length).toBe(3);
    await expect(source.read(399_999, 2)).rejects.toThrow(/truncated/);
    await source.close();
  });

  it('gives buffers that callers may change', async () => {
    const source = await httpSource(at('/bytes'), FAST);
    (await source.read(0, 100)).fill(0);
    expectBytes(await source.read(0, 100), 0, 100);
    await source.close();
  });

  it('asks for announced neighbours as one, and lets them go once read', async () => {
    const source = await httpSource(at('/bytes'), FAST);
    server.reset();
    const ranges = [
      { offset: 100_000, length: 30_000 },
      { offset: 300_000, length: 20_000 },
      { offset: 130_004, length: 30_000 },
    ];
    source.announce?.(ranges);
    for (const { offset, length } of ranges) expectBytes(await source.read(offset, length), offset, length);
    expect(server.log.map(({ range }) => range)).toEqual([
      [100_000, 160_003],
      [300_000, 319_999],
    ]);
    await source.read(100_000, 70_000);
    expect(server.log.length).toBe(3);
    await source.close();
  });

  it('uses few connections, however many requests', async () => {
    await readSpread(20);
    expect(server.log.length).toBe(21);
    expect(server.connections()).toBeLessThanOrEqual(1);
    const source = await httpSource(at('/bytes'), FAST);
    await Promise.all(Array.from({ length: 40 }, (_, i) => source.read(i * 8000, 70_000)));
    expect(server.connections()).toBeLessThanOrEqual(6);
    expect(server.busiest()).toBeLessThanOrEqual(6);
    await source.close();
  });

  it('takes a small file whole from a server that knows no ranges', async () => {
    server.fault = (_request, response, { bytes, served }) => {
      sendWhole(response, bytes, served);
      return true;
    };
    await readSpread(5);
    expect(server.log.length).toBe(1);
  });
});

describe('what passes is asked again', () => {
  it.each([
    ['connections that break', (response: ServerResponse) => response.destroy()],
    ['503', (response: ServerResponse) => response.writeHead(503, { 'retry-after': '0' }).end()],
    ['429', (response: ServerResponse) => response.writeHead(429).end('slow down')],
    [
      'a body that ends early',
      (response: ServerResponse) => {
        response.writeHead(206, {
          'content-range': 'bytes 0-65535/400000',
          'content-length': 65_536,
          etag: '"1"',
        });
        response.write(BYTES.subarray(0, 1000));
        setTimeout(() => response.destroy(), 10);
      },
    ],
    [
      'a body shorter than its range',
      (response: ServerResponse) => {
        response.writeHead(206, {
          'content-range': 'bytes 0-65535/400000',
          'content-length': 9,
          etag: '"1"',
        });
        response.end('too short');
      },
    ],
    ['silence', () => {}],
  ])('%s', async (_name, misbehave) => {
    let faults = 0;
    server.fault = (_request, response, { count }) => {
      if (count % 3 === 0) return false;
      faults++;
      misbehave(response);
      return true;
    };
    await readSpread(2, { ...FAST, idleTimeoutMs: 500 });
    expect(faults).toBe(6);
  });

  it('but not for ever, and then it is said how often', async () => {
    server.fault = (_request, response) => {
      response.writeHead(502).end();
      return true;
    };
    const failed = await httpSource(at('/bytes?sig=SECRET'), FAST).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Unavailable);
    expect((failed as Error).message).toBe(
      `${at('/bytes')}: answered 502 Bad Gateway, 5 times; try again later, or download the file and give its path`,
    );
    expect(server.log.length).toBe(5);
  });

  it('a server that is not there is Unavailable', async () => {
    const gone = await fileServer();
    await gone.close();
    const failed = await httpSource(`${gone.origin}/a.tif`, FAST).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Unavailable);
    expect((failed as Error).message).toMatch(/broke the connection \(ECONNREFUSED\), 5 times/);
  });
});

describe('what does not pass is told at once', () => {
  const refused = async (path: string) => {
    const failed = await httpSource(at(path), FAST).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(BadInput);
    const { message } = failed as Error;
    expect(message.startsWith(`${at(path.split('?')[0])}: `)).toBe(true);
    expect(message).not.toMatch(/SECRET/);
    return message;
  };
  const answering = (status: number, headers: Record<string, string> = {}) => {
    server.fault = (_request, response) => {
      response.writeHead(status, headers).end();
      return true;
    };
  };

  it.each([
    [401, /401 Unauthorized; it wants a login/],
    [403, /403 Forbidden; its signature may have expired/],
    [404, /404 Not Found; there is no such file/],
    [410, /410 Gone/],
    [400, /400 Bad Request; check the address/],
  ])('%d', async (status, message) => {
    answering(status);
    expect(await refused('/bytes?sig=SECRET')).toMatch(message);
    expect(server.log.length).toBe(1);
  });

  it('a large file from a server that knows no ranges, without reading it', async () => {
    server.fault = (_request, response, { served }) => {
      response.writeHead(200, { 'content-length': 3 * 2 ** 30 });
      const chunk = new Uint8Array(65_536);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) served.bytes += chunk.length;
        response.once('drain', more);
      };
      more();
      return true;
    };
    expect(await refused('/bytes?sig=SECRET')).toMatch(/only the whole file \(3072 MiB\), not parts of it/);
    expect(sent()).toBeLessThan(20_000_000);
  });

  it('one that does not even say how large it is', async () => {
    server.fault = (_request, response) => {
      response.writeHead(200);
      response.write(new Uint8Array(100_000));
      response.end(new Uint8Array(100_000));
      return true;
    };
    const failed = httpSource(at('/bytes'), { ...FAST, maxWholeBytes: 150_000 });
    await expect(failed).rejects.toThrow(/only the whole file \(more than 1 MiB\)/);
  });

  it('a compressed answer', async () => {
    answering(200, { 'content-encoding': 'gzip' });
    expect(await refused('/bytes')).toMatch(/comes compressed \(gzip\)/);
  });

  it('redirects in a circle', async () => {
    answering(302, { location: '/bytes?sig=SECRET' });
    expect(await refused('/bytes')).toMatch(/redirects more than 5 times/);
  });

  it('a redirect to what is no web address', async () => {
    answering(302, { location: 'file:///etc/passwd?sig=SECRET' });
    expect(await refused('/bytes')).toMatch(/redirects to file:\/\/\/etc\/passwd, which cannot be read/);
  });

  it.each([
    [
      'ftp://bucket/a.tif?sig=SECRET',
      /^ftp:\/\/bucket\/a.tif: ftp addresses are not read; give the file's https or s3 address/,
    ],
    ['https://', /is no address/],
    ['s3://bucket', /^s3:\/\/bucket: is no object of a store; expected s3:\/\/bucket\/folder/],
  ])('%s', async (address, message) => {
    await expect(httpSource(address)).rejects.toThrow(message);
  });

  it('a file that is empty', async () => {
    server.files.set('/empty.tif', new Uint8Array(0));
    const source = await httpSource(at('/empty.tif'), FAST);
    await expect(openRasterFrom(source, 'empty.tif')).rejects.toThrow(/is empty; expected a GeoTIFF/);
  });
});

describe('a file that changes while it is read', () => {
  it.each([
    ['another ETag', () => server.tags.set('/scene.tif', '"2"')],
    [
      'a shorter file',
      () => {
        server.fault = (_request, response, { bytes, served }) => {
          sendPart(response, bytes.subarray(0, 1_000_000), served, '"1"');
          return true;
        };
      },
    ],
  ])('is an error that says so: %s', async (_name, change) => {
    const file = await openAt('/scene.tif');
    change();
    const reading = file.readWindow(0, { x: 1500, y: 1500, width: 10, height: 10 }, [0]);
    await expect(reading).rejects.toThrow(/scene\.tif: changed while it was read/);
    await file.close();
  });
});

describe('redirects', () => {
  /** `/door` leads to `/bytes?key=N`; a key is good for `uses` requests. */
  const withDoor = (uses: number) => {
    let key = 0;
    let used = 0;
    server.files.set('/door', BYTES);
    server.fault = (request, response, { served }) => {
      if (served.path === '/door') {
        used = 0;
        response.writeHead(302, { location: `/bytes?key=${++key}` }).end();
        return true;
      }
      if (request.url === `/bytes?key=${key}` && used++ < uses) return false;
      response.writeHead(403).end();
      return true;
    };
  };
  const readDoor = async () => {
    const source = await httpSource(at('/door'), FAST);
    for (const offset of [100_000, 200_000, 300_000])
      expectBytes(await source.read(offset, 70_000), offset, 70_000);
    await source.close();
  };
  const asked = () => server.log.map(({ path }) => path);

  it('are followed once, not for every range', async () => {
    withDoor(100);
    await readDoor();
    expect(asked()).toEqual(['/door', '/bytes', '/bytes', '/bytes', '/bytes']);
  });

  it('are followed anew where what they gave has expired', async () => {
    withDoor(2);
    await readDoor();
    expect(asked()).toEqual(['/door', '/bytes', '/bytes', '/bytes', '/door', '/bytes', '/bytes']);
  });
});

describe('joined', () => {
  it('keeps apart what lies far from each other, and leaves out what is not in the file', () => {
    const ranges = [
      { offset: 900_000, length: 10 },
      { offset: 0, length: 1000 },
      { offset: 1004, length: 1000 },
      { offset: 999_999, length: 10 },
      { offset: 50, length: 0 },
    ];
    expect(joined(ranges, 1_000_000)).toEqual([
      { offset: 0, length: 2004, wanted: 2000 },
      { offset: 900_000, length: 10, wanted: 10 },
    ]);
  });

  it('holds no more than its bound', () => {
    const MIB = 2 ** 20;
    const ranges = Array.from({ length: 100 }, (_, i) => ({ offset: i * MIB, length: MIB }));
    const all = joined(ranges, 100 * MIB);
    expect(all.reduce((sum, { length }) => sum + length, 0)).toBe(32 * MIB);
    expect(Math.max(...all.map(({ length }) => length))).toBe(8 * MIB);
  });
});

describe('stampOf', () => {
  it('tells an address by size and ETag, with one request of one byte', async () => {
    expect(await stampOf(at('/bytes'))).toEqual({ file: at('/bytes'), size: 400_000, version: '"1"' });
    expect(server.log).toEqual([{ path: '/bytes', range: [0, 0], bytes: 1 }]);
  });

  it('tells a file by size and time of change', async () => {
    expect(await stampOf(cogPath)).toMatchObject({ size: cog.length, version: expect.stringMatching(/^\d/) });
    expect(await stampOf(join(dir, 'none'))).toMatchObject({ size: null, version: null });
  });
});

describe('shownAddress', () => {
  it.each([
    ['https://user:pass@host/a/b.tif?sig=1#x', 'https://host/a/b.tif'],
    ['https://host/a@b.tif', 'https://host/a@b.tif'],
    ['s3://bucket/key?sig=1', 's3://bucket/key'],
    ['/data/what?.tif', '/data/what?.tif'],
  ])('%s as %s', (address, shown) => {
    expect(shownAddress(address)).toBe(shown);
  });
});
