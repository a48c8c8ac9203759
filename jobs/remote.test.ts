import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FileServer, fileServer } from '../raster/tiff/testing/file-server.js';
import { groupFiles } from './group-files.js';
import { readPatches, readRaster, violations } from './testing/outputs.js';
import { runCli } from './testing/run-cli.js';
import { type Box, writeCovers } from './testing/scenes.js';

// larger than one page of the reader, and than one block of the engine
const SIZE = [1100, 700] as const;
const BEFORE: readonly Box[] = [
  { x: 0, y: 0, width: 400, height: 700, cover: 'forest' },
  { x: 700, y: 400, width: 300, height: 250, cover: 'water' },
];
const AFTER: readonly Box[] = [
  ...BEFORE,
  { x: 50, y: 100, width: 200, height: 200, cover: 'bare' },
  { x: 500, y: 100, width: 120, height: 90, cover: 'water' },
  { x: 960, y: 300, width: 100, height: 60, cover: 'water' },
];
const SECRET = '?X-Signature=SECRET';

let dir = '';
let server: FileServer;
const at = (name: string) => join(dir, name);

/** An item as catalogues have it for one file with all bands. */
const itemOf = (href: string, datetime: string) =>
  JSON.stringify({
    type: 'Feature',
    stac_version: '1.1.0',
    id: 'made',
    properties: { datetime },
    assets: {
      image: {
        href,
        type: 'image/tiff; application=geotiff',
        roles: ['data'],
        bands: ['blue', 'green', 'red', 'nir'].map((name) => ({ name, 'eo:common_name': name })),
      },
    },
  });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-remote-'));
  await writeCovers(at('before.tif'), SIZE, BEFORE, { acquired: '2026-07-03' });
  await writeCovers(at('after.tif'), SIZE, AFTER, { acquired: '2026-08-05' });
  await writeFile(at('after.json'), itemOf('./after.tif', '2026-08-05T02:00:00Z'));
  const names = ['before.tif', 'after.tif', 'after.json'];
  server = await fileServer(
    new Map(await Promise.all(names.map(async (name) => [`/s/${name}`, await readFile(at(name))] as const))),
  );
});
afterEach(() => server.reset());
afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

const url = (name: string) => `${server.origin}/s/${name}${SECRET}`;
async function diffed(out: string, before: string, after: string, env: Record<string, string> = {}) {
  const result = await runCli(['diff', before, after, '--out', at(out), '--workers', '2'], dir, env);
  expect(result.stderr).not.toMatch(/SECRET/);
  return result;
}

describe('tuban diff with addresses', () => {
  let local: Awaited<ReturnType<typeof readPatches>>;
  beforeAll(async () => {
    expect((await diffed('local', at('before.tif'), at('after.tif'))).status).toBe(0);
    local = await readPatches(at('local'));
    expect(local.features.length).toBeGreaterThanOrEqual(2);
  });
  const expectSame = async (out: string) => {
    expect(await readPatches(at(out))).toEqual(local);
    const [change, expected] = [
      await readRaster(at(`${out}/change.tif`)),
      await readRaster(at('local/change.tif')),
    ];
    expect(Buffer.compare(Buffer.from(change.data.buffer), Buffer.from(expected.data.buffer))).toBe(0);
    expect(await violations(at(out))).toEqual([]);
  };

  it('comes to what the files on disk come to, and tells no signature', async () => {
    const { status, stderr } = await diffed('remote', url('before.tif'), url('after.tif'));
    expect([status, stderr]).toEqual([0, '']);
    await expectSame('remote');
  });

  it('reads an S3-compatible store, an Item there too, with a signature on every request', async () => {
    let unsigned = 0;
    server.fault = ({ headers }) => {
      if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 Credential=reader/')) unsigned++;
      return false;
    };
    const env = {
      AWS_ENDPOINT_URL: server.origin,
      AWS_VIRTUAL_HOSTING: 'FALSE',
      AWS_ACCESS_KEY_ID: 'reader',
      AWS_SECRET_ACCESS_KEY: 'SECRET',
    };
    server.files.set('/tiles/before.tif', await readFile(at('before.tif')));
    server.files.set('/tiles/after.tif', await readFile(at('after.tif')));
    server.files.set('/tiles/after.json', await readFile(at('after.json')));
    const { status, stderr } = await diffed('s3', 's3://tiles/before.tif', 's3://tiles/after.json', env);
    expect([status, stderr, unsigned]).toEqual([0, '', 0]);
    expect(server.log.length).toBeGreaterThan(3);
    await expectSame('s3');
    const summary = await readFile(at('remote/summary.json'), 'utf8');
    expect(summary).toContain(`${server.origin}/s/before.tif#`);
    expect(summary).not.toMatch(/SECRET/);
    // the main thread and two workers keep a few connections each
    expect(server.connections()).toBeLessThanOrEqual(18);
  });

  it('the same from a server that fails now and then', async () => {
    server.fault = (_request, response, { count }) => {
      if (count % 4 !== 0) return false;
      if (count % 8 === 0) response.destroy();
      else response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    };
    expect((await diffed('flaky', url('before.tif'), url('after.tif'))).status).toBe(0);
    expect(server.log.length).toBeGreaterThan(8);
    await expectSame('flaky');
  });

  it('the same from a STAC Item on disk and one behind an address', async () => {
    expect((await diffed('item', at('before.tif'), at('after.json'))).status).toBe(0);
    await expectSame('item');
    expect((await diffed('item-remote', url('before.tif'), url('after.json'))).status).toBe(0);
    await expectSame('item-remote');
  });

  it.each([
    [
      'gone.tif',
      2,
      /^tuban: http:\/\/127.0.0.1:\d+\/s\/gone.tif: answered 404 Not Found; there is no such file: check/,
    ],
    [
      'down.tif',
      1,
      /^tuban: http:\/\/127.0.0.1:\d+\/s\/down.tif: answered 503 Service Unavailable, 5 times; try again/,
    ],
  ])('%s: one clear line and status %d', async (name, code, line) => {
    server.fault = (_request, response, { served }) => {
      if (!served.path.endsWith('down.tif')) return false;
      response.writeHead(503).end();
      return true;
    };
    const { status, stderr } = await diffed('none', url('before.tif'), url(name));
    expect(status).toBe(code);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});

describe('tuban scenes add with addresses', () => {
  it('keeps an address as it is, an item too, and lists it without its signature', async () => {
    const folder = at('district');
    await mkdir(folder);
    const added = await runCli(
      ['scenes', 'add', url('before.tif'), url('after.json'), '--month', '2026-08', '--json'],
      folder,
    );
    expect([added.status, added.stderr]).toEqual([0, '']);
    const Added = z.array(z.object({ files: z.array(z.string()), acquired: z.string(), crs: z.string() }));
    expect(Added.parse(JSON.parse(added.stdout))).toEqual([
      { files: [url('before.tif')], acquired: '2026-07-03', crs: 'EPSG:4547' },
      { files: [url('after.json')], acquired: '2026-08-05', crs: 'EPSG:4547' },
    ]);
    const listed = await runCli(['scenes', 'list'], folder);
    expect(listed.stdout).toContain('/s/before.tif');
    expect(listed.stdout).not.toMatch(/SECRET/);
  });
});

describe('groupFiles', () => {
  it('puts the band files of one product together, though each is signed for itself', () => {
    const files = ['B03.tif?sig=1', 'B08.tif?sig=2'].map((name) => `https://host/S2/${name}`);
    const other = 'https://host/S3/B03.tif?sig=3';
    expect(groupFiles([...files, other], 'sentinel-2')).toEqual([files, [other]]);
  });
});
