import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server saw it. */
export interface Served {
  readonly path: string;
  /** First and last byte asked for, null where the whole was. */
  readonly range: readonly [number, number] | null;
  /** Bytes of the body that were sent. */
  bytes: number;
}

/** Does what a bad server does in place of the answer, or null to answer as it should. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  file: { readonly bytes: Uint8Array; readonly served: Served; readonly count: number },
) => boolean;

export interface FileServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Files by path, `/scene.tif`. May be changed while it runs. */
  readonly files: Map<string, Uint8Array>;
  /** ETags by path; `"1"` where none is set. */
  readonly tags: Map<string, string>;
  readonly log: Served[];
  /** TCP connections made so far. */
  connections(): number;
  /** Most requests that were under way at once. */
  busiest(): number;
  /** Set to misbehave: true where it took the request over. */
  fault: Fault | null;
  /** Forgets the log and counts. */
  reset(): void;
  close(): Promise<void>;
}

/** A real HTTP server on this machine that knows range requests and writes down what it was asked. */
export async function fileServer(files: ReadonlyMap<string, Uint8Array> = new Map()): Promise<FileServer> {
  let connections = 0;
  let underWay = 0;
  let busiest = 0;
  const server = createServer((request, response) => {
    busiest = Math.max(busiest, ++underWay);
    response.on('close', () => underWay--);
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const served: Served = { path, range: rangeOf(request), bytes: 0 };
    self.log.push(served);
    const bytes = self.files.get(path) ?? new Uint8Array(0);
    if (self.fault?.(request, response, { bytes, served, count: self.log.length })) return;
    if (!self.files.has(path)) response.writeHead(404, { 'content-length': 9 }).end('not found');
    else sendPart(response, bytes, served, self.tags.get(path) ?? '"1"');
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FileServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(files),
    tags: new Map(),
    log: [],
    connections: () => connections,
    busiest: () => busiest,
    fault: null,
    reset() {
      self.log.length = 0;
      self.fault = null;
      connections = 0;
      busiest = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

function rangeOf({ headers }: IncomingMessage): Served['range'] {
  const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
  return match ? [Number(match[1]), Number(match[2])] : null;
}

/** What RFC 9110 section 14 asks for. */
export function sendPart(response: ServerResponse, bytes: Uint8Array, served: Served, etag: string): void {
  if (served.range === null) {
    sendWhole(response, bytes, served);
    return;
  }
  const [first, last] = [served.range[0], Math.min(served.range[1], bytes.length - 1)];
  if (first > last) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, 'content-length': 0 }).end();
    return;
  }
  const part = bytes.subarray(first, last + 1);
  served.bytes += part.length;
  response
    .writeHead(206, {
      'content-range': `bytes ${first}-${last}/${bytes.length}`,
      'content-length': part.length,
      etag,
    })
    .end(part);
}

/** What a server does that knows no ranges. */
export function sendWhole(response: ServerResponse, bytes: Uint8Array, served: Served): void {
  served.bytes += bytes.length;
  response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).end(bytes);
}
