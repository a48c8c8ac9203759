import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Fault, sendWhole } from './file-server.js';
import { below, pick, seeded } from './random.js';

/** One request to a server that means no good. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly last: number;
  readonly part: Uint8Array;
}

/** `passes`: asking again helps, so that a reader must come to the right bytes where it happens once or twice. */
interface Kind {
  readonly passes: boolean;
  readonly answer: (asked: Asked) => void;
}

/** Says `more` again and again, slowly, until the connection is gone. */
function drip({ request: { socket } }: Asked, more: string | Uint8Array): void {
  const timer = setInterval(() => socket.write(more), 15);
  socket.on('close', () => clearInterval(timer));
}

/** As fast as it is taken. */
function endless(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, headers);
  const chunk = new Uint8Array(65_536);
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

const rangeOf = ({ first, last, bytes }: Asked) => `bytes ${first}-${last}/${bytes.length}`;
const ETAG = { etag: '"1"' } as const;

/** A 206 as it should be but for what is given. */
function partly(asked: Asked, headers: Record<string, string | number>, body = asked.part): void {
  asked.response
    .writeHead(206, { 'content-range': rangeOf(asked), 'content-length': body.length, ...ETAG, ...headers })
    .end(body);
}

/** Bytes as they go over the line. */
function raw({ request: { socket } }: Asked, head: string, body: Uint8Array = new Uint8Array(0)): void {
  socket.write(head.replaceAll('\n', '\r\n'));
  socket.write(body);
}

const head206 = (asked: Asked, more: string) =>
  `HTTP/1.1 206 Partial Content\nContent-Range: ${rangeOf(asked)}\nETag: "1"\n${more}\n\n`;
const half = ({ part }: Asked) => part.subarray(0, part.length >> 1);
const status =
  (code: number, headers: Record<string, string> = {}): Kind['answer'] =>
  (asked) => {
    asked.response.writeHead(code, headers).end(code === 204 || code === 304 ? undefined : 'no');
  };

const passes = (answer: Kind['answer']): Kind => ({ passes: true, answer });
const stays = (answer: Kind['answer']): Kind => ({ passes: false, answer });

export const HOSTILE_ANSWERS: Readonly<Record<string, Kind>> = {
  'connection reset': passes(({ request }) => request.socket.resetAndDestroy()),
  'connection closed': passes(({ request }) => request.socket.destroy()),
  silence: passes(() => {}),
  'head that drips': passes((asked) => {
    raw(asked, 'HTTP/1.1 206 Partial Content\nX-Slow: ');
    drip(asked, 'a');
  }),
  'head without end': passes((asked) =>
    raw(asked, `HTTP/1.1 206 Partial Content\n${'X-A: aaaa\n'.repeat(9000)}`),
  ),
  '1xx without end': passes((asked) => drip(asked, 'HTTP/1.1 102 Processing\r\n\r\n')),
  'no HTTP': passes((asked) => raw(asked, 'II*\0 hello\n\n')),
  'body cut off': passes((asked) => {
    raw(asked, head206(asked, `Content-Length: ${asked.part.length}`), half(asked));
    setTimeout(() => asked.request.socket.destroy(), 5);
  }),
  'body reset': passes((asked) => {
    raw(asked, head206(asked, `Content-Length: ${asked.part.length}`), half(asked));
    setTimeout(() => asked.request.socket.resetAndDestroy(), 5);
  }),
  'body that stalls': passes((asked) =>
    raw(asked, head206(asked, `Content-Length: ${asked.part.length}`), half(asked)),
  ),
  'body that drips': passes((asked) => {
    raw(asked, head206(asked, `Content-Length: ${asked.part.length}`));
    drip(asked, asked.part.subarray(0, 1));
  }),
  'body shorter than its range': passes((asked) => partly(asked, {}, half(asked))),
  'chunks cut off': passes((asked) => {
    raw(asked, `${head206(asked, 'Transfer-Encoding: chunked')}8000\n`, asked.part.subarray(0, 100));
    setTimeout(() => asked.request.socket.destroy(), 5);
  }),
  'chunks of no size': passes((asked) => raw(asked, `${head206(asked, 'Transfer-Encoding: chunked')}zzz\n`)),
  'two lengths': passes((asked) =>
    raw(asked, head206(asked, 'Content-Length: 5\nContent-Length: 7'), half(asked)),
  ),
  'length below zero': passes((asked) => raw(asked, head206(asked, 'Content-Length: -5'), half(asked))),
  'range that begins later': passes((asked) =>
    partly(asked, { 'content-range': `bytes ${asked.first + 512}-${asked.last}/${asked.bytes.length}` }),
  ),
  'range that ends later': passes((asked) =>
    partly(asked, {
      'content-range': `bytes ${asked.first}-${asked.last + 512}/${asked.bytes.length + 512}`,
    }),
  ),
  'range backwards': passes((asked) =>
    partly(asked, { 'content-range': `bytes ${asked.last}-${asked.first}/${asked.bytes.length}` }),
  ),
  '416 for bytes that are there': passes((asked) =>
    asked.response.writeHead(416, { 'content-range': `bytes */${asked.bytes.length}`, ...ETAG }).end(),
  ),
  '500': passes(status(500)),
  '502': passes(status(502)),
  '503 with a body without end': passes(({ response }) => endless(response, 503, {})),
  '503 with a body that drips': passes((asked) => {
    raw(asked, 'HTTP/1.1 503 Busy\nContent-Length: 9000\n\n');
    drip(asked, 'a');
  }),
  '504': passes(status(504)),
  '429': passes(status(429, { 'retry-after': '0' })),
  '429 until a time gone by': passes(status(429, { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' })),
  '206 longer than its range': stays((asked) => partly(asked, {}, Buffer.concat([asked.part, asked.part]))),
  '206 without end': stays((asked) => {
    asked.response.writeHead(206, { 'content-range': rangeOf(asked), ...ETAG });
    asked.response.write(asked.part);
    drip(asked, `400\r\n${'a'.repeat(1024)}\r\n`);
  }),
  '200 without end': stays(({ response }) => endless(response, 200, ETAG)),
  '200 without end, of a length': stays(({ response }) =>
    endless(response, 200, { 'content-length': '9e15' }),
  ),
  '200, the whole file': stays(({ response, bytes }) =>
    sendWhole(response, bytes, { path: '', range: null, bytes: 0 }),
  ),
  '200, half of the file': stays(({ response, bytes }) =>
    sendWhole(response, bytes.subarray(0, bytes.length >> 1), { path: '', range: null, bytes: 0 }),
  ),
  '200, nothing': stays(({ response }) => response.writeHead(200, ETAG).end()),
  '200, a page of a login': stays(({ response }) =>
    response.writeHead(200, { 'content-type': 'text/html', ...ETAG }).end('<html>login</html>'),
  ),
  'no Content-Range': stays((asked) =>
    asked.response.writeHead(206, { 'content-length': asked.part.length, ...ETAG }).end(asked.part),
  ),
  'Content-Range of words': stays((asked) => partly(asked, { 'content-range': 'bytes all-most/some' })),
  'size unknown': stays((asked) =>
    partly(asked, { 'content-range': `bytes ${asked.first}-${asked.last}/*` }),
  ),
  'size of 9 PB': stays((asked) =>
    partly(asked, { 'content-range': `bytes ${asked.first}-${asked.last}/9007199254740991` }),
  ),
  'size smaller': stays((asked) =>
    partly(asked, { 'content-range': `bytes ${asked.first}-${asked.last}/${asked.last + 1}` }),
  ),
  '416 of an empty file': stays(({ response }) =>
    response.writeHead(416, { 'content-range': 'bytes */0' }).end(),
  ),
  'several parts': stays((asked) =>
    asked.response
      .writeHead(206, { 'content-type': 'multipart/byteranges; boundary=x', ...ETAG })
      .end('--x\r\n'),
  ),
  'gzip, told': stays((asked) => partly(asked, { 'content-encoding': 'gzip' }, gzipSync(half(asked)))),
  'gzip, told and not so': stays((asked) => partly(asked, { 'content-encoding': 'gzip' })),
  'gzip, not told': passes((asked) => partly(asked, {}, gzipSync(half(asked)))),
  'another ETag': stays((asked) => partly(asked, { etag: '"2"' })),
  'no ETag': stays((asked) =>
    asked.response
      .writeHead(206, { 'content-range': rangeOf(asked), 'content-length': asked.part.length })
      .end(asked.part),
  ),
  'redirect to itself': stays((asked) => status(302, { location: asked.request.url ?? '' })(asked)),
  'redirect on and on': stays((asked) => status(307, { location: `${asked.request.url}a` })(asked)),
  'redirect with a body without end': stays(({ request, response }) =>
    endless(response, 302, { location: request.url ?? '' }),
  ),
  'redirect to nowhere': stays(status(301)),
  'redirect to a file': stays(status(302, { location: 'file:///etc/passwd' })),
  'redirect inside': stays(status(302, { location: 'http://169.254.169.254/latest/meta-data' })),
  '204': stays(status(204)),
  '304': stays(status(304)),
  '401': stays(status(401)),
  '403': stays(status(403)),
  '404': stays(status(404)),
  '410': stays(status(410)),
  '599': stays(status(599)),
};

/** One way to be treated badly. */
export interface HostileCase {
  readonly name: string;
  /** What must come of it is the right pixels, not an error. */
  readonly mustPass: boolean;
  readonly fault: Fault;
}

/**
 * Case `i` of the series `seed`: every kind in turn, at the first or a later request, once, twice, or from then on. A file that is
 * at most `whole` bytes may come whole.
 */
export function hostileCase(seed: number, i: number): HostileCase {
  const random = seeded(seed * 7919 + i);
  const kinds = Object.entries(HOSTILE_ANSWERS);
  const [kind, { passes: may, answer }] = kinds[i % kinds.length];
  const from = 1 + below(random, 6);
  const times = pick(random, [1, 2, Number.POSITIVE_INFINITY]);
  let done = 0;
  return {
    name: `${i}: ${kind}, ${times} times from request ${from} on`,
    mustPass: may && times <= 2,
    fault: (request, response, { bytes, served, count }) => {
      if (count < from || done >= times || served.range === null) return false;
      const [first, last] = [served.range[0], Math.min(served.range[1], bytes.length - 1)];
      done++;
      answer({ request, response, bytes, first, last, part: bytes.subarray(first, last + 1) });
      return true;
    },
  };
}
