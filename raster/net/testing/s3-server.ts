import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the store saw it. */
export interface Asked {
  readonly method: string;
  /** Of the object; empty for the bucket. */
  readonly key: string;
  /** Bytes that came. */
  readonly body: Uint8Array;
}

/** Does what a bad store does in place of the answer: true where it took the request over. */
export type StoreFault = (asked: Asked, response: ServerResponse) => boolean;

export interface S3Server {
  readonly origin: string;
  /** What a process needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** By key. May be changed while it runs. */
  readonly objects: Map<string, Uint8Array>;
  /** When objects were written; now where nothing is set. */
  readonly dates: Map<string, Date>;
  readonly log: Asked[];
  /** TCP connections made so far. */
  connections(): number;
  fault: StoreFault | null;
  /** Keys of a listing's page. */
  pageSize: number;
  close(): Promise<void>;
}

const BUCKET = 'blocks';
const REGION = 'cn-south-1';
export const SECRET = 'wJalrXUtnFEMI-K7MDENG-SECRET';
const HOUR_MS = 3_600_000;

/** A store on this machine with one bucket, `blocks`, in its paths, which believes no signature it has not reckoned itself. */
export async function s3Server(): Promise<S3Server> {
  let connections = 0;
  const server = createServer((request, response) => {
    void bodyOf(request)
      .then((body) => answer(self, request, response, body))
      .catch(() => response.destroy());
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: S3Server = {
    origin,
    env: {
      AWS_ENDPOINT_URL: origin,
      AWS_VIRTUAL_HOSTING: 'FALSE',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'writer',
      AWS_SECRET_ACCESS_KEY: SECRET,
    },
    objects: new Map(),
    dates: new Map(),
    log: [],
    connections: () => connections,
    fault: null,
    pageSize: 1000,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answer(self: S3Server, request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  const url = new URL(request.url ?? '/', self.origin);
  const [, bucket = '', ...rest] = url.pathname.split('/');
  const key = rest.map(decodeURIComponent).join('/');
  const asked: Asked = { method: request.method ?? '', key, body };
  self.log.push(asked);
  const refused = unbelieved(request, url, body);
  if (refused !== null) sendError(response, 403, refused);
  else if (self.fault?.(asked, response)) return;
  else if (bucket !== BUCKET) sendError(response, 404, 'NoSuchBucket');
  else if (key === '') sendListing(self, url.searchParams, response);
  else sendObject(self, asked, response);
}

function sendObject({ objects, dates }: S3Server, { method, key, body }: Asked, response: ServerResponse) {
  const found = objects.get(key);
  if (method === 'PUT') {
    objects.set(key, body);
    dates.delete(key);
    response.writeHead(200).end();
  } else if (method === 'DELETE') {
    objects.delete(key);
    response.writeHead(204).end();
  } else if (found === undefined) {
    if (method === 'HEAD') response.writeHead(404).end();
    else sendError(response, 404, 'NoSuchKey');
  } else {
    response.writeHead(200, { 'content-length': found.length }).end(method === 'HEAD' ? undefined : found);
  }
}

export function sendError(response: ServerResponse, status: number, code: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${SECRET}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
}

const inXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** ListObjectsV2. */
function sendListing(self: S3Server, query: URLSearchParams, response: ServerResponse): void {
  if (query.get('list-type') !== '2') {
    sendError(response, 501, 'NotImplemented');
    return;
  }
  const from = Number(query.get('continuation-token')?.replace('page+/', '') ?? 0);
  const keys = [...self.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
  const page = keys.slice(from, from + self.pageSize);
  const next = from + self.pageSize;
  const contents = page.map((key) => {
    const changed = (self.dates.get(key) ?? new Date()).toISOString();
    const shown = query.get('encoding-type') === 'url' ? encodeURIComponent(key) : inXml(key);
    const size = self.objects.get(key)?.length;
    return `<Contents><Key>${shown}</Key><LastModified>${changed}</LastModified><Size>${size}</Size></Contents>`;
  });
  const more =
    next < keys.length
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>page+/${next}</NextContinuationToken>`
      : '<IsTruncated>false</IsTruncated>';
  const encoding = query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '';
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0"?><ListBucketResult>${encoding}${more}${contents.join('')}</ListBucketResult>`,
  );
}

/**
 * Why a signature is not believed, null where it is: "Signature Calculations for the Authorization Header", Amazon S3 API
 * Reference, from the request as it came.
 */
function unbelieved({ method, headers }: IncomingMessage, url: URL, body: Uint8Array): string | null {
  const sent =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (sent === null) return 'AccessDenied';
  const [, user, day, region, signedHeaders, signature] = sent;
  if (user !== 'writer') return 'InvalidAccessKeyId';
  if (region !== REGION) return 'AuthorizationHeaderMalformed';
  const stamp = String(headers['x-amz-date']);
  const at = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!stamp.startsWith(day) || !(Math.abs(at - Date.now()) < HOUR_MS / 4)) return 'RequestTimeTooSkewed';
  const names = signedHeaders.split(';');
  const amazon = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  if (!['host', ...amazon].every((name) => names.includes(name))) return 'SignatureDoesNotMatch';
  const hash = createHash('sha256').update(body).digest('hex');
  if (headers['x-amz-content-sha256'] !== hash) return 'XAmzContentSHA256Mismatch';
  const canonical = [
    method,
    url.pathname
      .split('/')
      .map((part) => strictly(decodeURIComponent(part)))
      .join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${strictly(name)}=${strictly(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    hash,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')];
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, word) => createHmac('sha256', secret).update(word).digest(),
    `AWS4${SECRET}`,
  );
  const own = createHmac('sha256', key).update(text.join('\n')).digest('hex');
  return own === signature ? null : 'SignatureDoesNotMatch';
}

/** UriEncode of the reference. */
function strictly(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[A-Za-z0-9_.~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
