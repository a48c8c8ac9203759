import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { answerApi } from './fake-api.js';
import type { FakeState } from './fake-state.js';
import { imageTile, patchTile } from './fake-tiles.js';

/** As the real server sends it: what the page may not do must fail in its tests too. */
const POLICY =
  "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

export interface FakeServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The built page, and an API over made data that remembers what it is told; on a loopback port of its own. */
export async function startFakeServer(client: string, state: FakeState): Promise<FakeServer> {
  const server = createServer((request, response) => {
    answer(client, state, request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  client: string,
  state: FakeState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake');
  response.setHeader('content-security-policy', POLICY);
  if (url.pathname.startsWith('/api/')) return answerApi(state, url, request, response);
  if (url.pathname.startsWith('/tiles/')) return answerTile(url, response);
  const path = normalize(join(client, url.pathname));
  const inside = path.startsWith(client) && extname(path) !== '';
  const file = inside ? path : join(client, 'index.html');
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  response.end(await readFile(file));
}

async function answerTile(url: URL, response: ServerResponse): Promise<void> {
  const [z, x, y] = (/\/(\d+)\/(\d+)\/(\d+)\.(?:webp|pbf)$/.exec(url.pathname) ?? []).slice(1).map(Number);
  if (url.pathname.endsWith('.pbf')) {
    response.writeHead(200, { 'content-type': 'application/vnd.mapbox-vector-tile' });
    response.end(patchTile(z, x, y, url.searchParams));
    return;
  }
  const month = url.pathname.split('/')[3];
  response.writeHead(200, { 'content-type': 'image/webp' }).end(await imageTile(month));
}
