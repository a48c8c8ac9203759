import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { listening } from './listening.js';

/** What a token endpoint answers: a body as JSON, or any text with a status. */
export type TokenAnswer =
  | Readonly<Record<string, unknown>>
  | { readonly status: number; readonly text: string };

/** A provider that signs whatever a test wants, to see whether it is believed. */
export interface FakeProvider {
  readonly issuer: string;
  readonly key: KeyObject;
  readonly publicPem: string;
  /** What the token endpoint answers next; asked with the verifier it was sent. */
  next: (form: URLSearchParams) => TokenAnswer;
  userinfo: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export const KID = 'key-1';

export function rsaKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

export async function startFakeProvider(): Promise<FakeProvider> {
  const { privateKey, publicKey } = rsaKey();
  const server = createServer();
  const issuer = await listening(server);
  const fake: FakeProvider = {
    issuer,
    key: privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    next: () => ({ status: 500, text: 'nothing prepared' }),
    userinfo: {},
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'RS256' }] };
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ['code'],
    // as much as a careless provider would offer
    id_token_signing_alg_values_supported: ['RS256', 'RS512', 'HS256', 'none'],
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
  };
  server.on('request', async (request, response) => {
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/jwks') return json(jwks);
    if (request.url === '/userinfo') return json(fake.userinfo);
    if (request.url !== '/token') return json(metadata);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const answer = fake.next(new URLSearchParams(body));
    if (!('text' in answer)) return json(answer);
    return response.writeHead(Number(answer.status), { 'content-type': 'text/html' }).end(answer.text);
  });
  return fake;
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS with any header: signed with an RSA key, with an HMAC over a text, or not at all. */
export function jws(
  header: Readonly<Record<string, unknown>>,
  payload: Readonly<Record<string, unknown>>,
  key: KeyObject | string | null,
  hash = 'sha256',
): string {
  const text = `${base64(header)}.${base64(payload)}`;
  const signature =
    key === null
      ? ''
      : typeof key === 'string'
        ? createHmac(hash, key).update(text).digest('base64url')
        : sign(hash, Buffer.from(text), key).toString('base64url');
  return `${text}.${signature}`;
}
