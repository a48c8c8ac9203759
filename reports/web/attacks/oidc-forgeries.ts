import { createHash } from 'node:crypto';
import { type FakeProvider, jws, KID, rsaKey, type TokenAnswer } from '../oidc/testing/fake-provider.js';

/** A sign-in that has left for the provider, as somebody who means ill sees it. */
export interface Leaving {
  readonly provider: FakeProvider;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly state: string;
  readonly nonce: string;
  readonly challenge: string;
  /** The cookie it left with. */
  readonly cookie: string;
  /** Of another sign-in that left from another browser at the same time. */
  readonly other: {
    readonly state: string;
    readonly nonce: string;
    readonly challenge: string;
    readonly cookie: string;
  };
}

/** What comes back to the callback, and what the token endpoint will say. Where nothing else is said, all is right. */
export interface Forged {
  readonly query?: string;
  readonly cookie?: string;
  readonly token?: TokenAnswer | ((form: URLSearchParams) => TokenAnswer);
  readonly userinfo?: Readonly<Record<string, unknown>>;
  /** Minutes until it comes back. */
  readonly minutes?: number;
  /** Sent a second time, and that is the one that counts. */
  readonly twice?: boolean;
}

export interface Forgery {
  readonly name: string;
  readonly forge: (leaving: Leaving) => Forged;
}

const now = () => Math.floor(Date.now() / 1000);
const HEADER = { alg: 'RS256', kid: KID, typ: 'JWT' };

/** Claims that are right in all. */
export function rightClaims({ provider, clientId, nonce }: Leaving): Record<string, unknown> {
  const at = now();
  const who = { sub: 'victim', preferred_username: 'victim', groups: ['leaders'] };
  return { iss: provider.issuer, aud: clientId, nonce, iat: at, exp: at + 300, ...who };
}

/** The answer of a token endpoint with this ID token; the code must come with the verifier of its challenge. */
export function tokens({ challenge }: Pick<Leaving, 'challenge'>, idToken: string) {
  return (form: URLSearchParams): TokenAnswer => {
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (verifier !== challenge) return { status: 400, text: '{"error":"invalid_grant"}' };
    return { access_token: 'access', token_type: 'Bearer', id_token: idToken };
  };
}

/** The query of an answer that is right in all. */
export function rightQuery({ state, provider }: Leaving): URLSearchParams {
  return new URLSearchParams({ code: 'code', state, iss: provider.issuer });
}

/** @param change of the query; null takes a parameter away */
function answer(name: string, change: (leaving: Leaving) => Record<string, string | null>): Forgery {
  return {
    name,
    forge: (leaving) => {
      const query = rightQuery(leaving);
      for (const [key, value] of Object.entries(change(leaving))) {
        if (value === null) query.delete(key);
        else query.set(key, value);
      }
      return { query: query.toString() };
    },
  };
}

/** @param change of the claims; undefined takes one away */
function claims(name: string, change: (leaving: Leaving) => Record<string, unknown>): Forgery {
  return {
    name,
    forge: (leaving) => {
      const token = jws(HEADER, { ...rightClaims(leaving), ...change(leaving) }, leaving.provider.key);
      return { token: tokens(leaving, token) };
    },
  };
}

/** @param make an ID token of the right claims */
function signed(name: string, make: (claims: Record<string, unknown>, leaving: Leaving) => string): Forgery {
  return { name, forge: (leaving) => ({ token: tokens(leaving, make(rightClaims(leaving), leaving)) }) };
}

function tampered(token: string, part: number, change: (value: Record<string, unknown>) => void): string {
  const parts = token.split('.');
  const value = JSON.parse(Buffer.from(parts[part], 'base64url').toString('utf8'));
  change(value);
  parts[part] = Buffer.from(JSON.stringify(value)).toString('base64url');
  return parts.join('.');
}

/** Everything that can be wrong with an answer of a provider, one thing at a time. */
export const OIDC_FORGERIES: readonly Forgery[] = [
  // the way back
  answer('a wrong state', () => ({ state: 'x'.repeat(43) })),
  answer('no state', () => ({ state: null })),
  answer('the state of another sign-in', ({ other }) => ({ state: other.state })),
  answer('no code', () => ({ code: null })),
  answer('the issuer of another provider (mix-up)', () => ({ iss: 'https://evil.test' })),
  answer('no issuer, though the provider always says it', () => ({ iss: null })),
  answer('an error', () => ({ code: null, error: 'access_denied' })),
  answer('an error and a code', () => ({ error: 'access_denied' })),
  answer('an ID token in the address', (leaving) => ({
    code: null,
    id_token: jws(HEADER, rightClaims(leaving), leaving.provider.key),
  })),
  answer('a whole answer as a JWT', (leaving) => ({
    response: jws(HEADER, rightClaims(leaving), leaving.provider.key),
  })),
  {
    name: 'two states',
    forge: (leaving) => ({ query: `${rightQuery(leaving)}&state=${leaving.other.state}` }),
  },
  { name: 'no cookie', forge: () => ({ cookie: '' }) },
  { name: 'the cookie of another sign-in', forge: ({ other }) => ({ cookie: other.cookie }) },
  { name: 'a cookie that is cut short', forge: ({ cookie }) => ({ cookie: cookie.slice(0, -1) }) },
  {
    name: 'what is stored instead of the cookie',
    forge: ({ cookie }) => {
      const [name, secret] = cookie.split('=');
      return { cookie: `${name}=${createHash('sha256').update(secret).digest('hex')}` };
    },
  },
  { name: 'an answer after 11 minutes', forge: () => ({ minutes: 11 }) },
  { name: 'an answer used twice', forge: () => ({ twice: true }) },
  {
    name: 'a code got with another verifier (PKCE)',
    forge: (leaving) => {
      const token = jws(HEADER, rightClaims(leaving), leaving.provider.key);
      return { token: tokens({ challenge: leaving.other.challenge }, token) };
    },
  },
  {
    name: 'an answer of another’s sign-in, with the victim’s cookie (code injection)',
    forge: (leaving) => {
      const { nonce, challenge } = leaving.other;
      const token = jws(HEADER, { ...rightClaims(leaving), nonce }, leaving.provider.key);
      return { token: tokens({ challenge }, token) };
    },
  },
  // the ID token's claims
  claims('a wrong nonce', () => ({ nonce: 'x'.repeat(43) })),
  claims('no nonce', () => ({ nonce: undefined })),
  claims('the nonce of another sign-in', ({ other }) => ({ nonce: other.nonce })),
  claims('another client as audience', () => ({ aud: 'other-client' })),
  claims('no audience', () => ({ aud: undefined })),
  claims('two audiences, made for the other', ({ clientId }) => ({ aud: [clientId, 'other'], azp: 'other' })),
  claims('another issuer', () => ({ iss: 'https://evil.test' })),
  claims('the issuer with a slash more', ({ provider }) => ({ iss: `${provider.issuer}/` })),
  claims('a time that is over', () => ({ iat: now() - 7200, exp: now() - 3600 })),
  claims('no end of its time', () => ({ exp: undefined })),
  claims('an end that is no number', () => ({ exp: '9999999999' })),
  claims('no time of issue', () => ({ iat: undefined })),
  claims('a time that has not begun', () => ({ nbf: now() + 3600 })),
  claims('no subject', () => ({ sub: undefined })),
  claims('an empty subject', () => ({ sub: '' })),
  claims('a list as subject', () => ({ sub: ['victim'] })),
  // its signature
  signed('alg none', (claims) => jws({ ...HEADER, alg: 'none' }, claims, null)),
  signed('alg nOnE', (claims) => jws({ ...HEADER, alg: 'nOnE' }, claims, null)),
  signed('RS256 without a signature', (claims) => jws(HEADER, claims, null)),
  signed('HS256 with the public key', (claims, { provider }) =>
    jws({ ...HEADER, alg: 'HS256' }, claims, provider.publicPem),
  ),
  signed('HS256 with the client’s secret', (claims, { clientSecret }) =>
    jws({ ...HEADER, alg: 'HS256' }, claims, clientSecret),
  ),
  signed('RS512, which is not configured', (claims, { provider }) =>
    jws({ ...HEADER, alg: 'RS512' }, claims, provider.key, 'sha512'),
  ),
  signed('another key of the same name', (claims) => jws(HEADER, claims, rsaKey().privateKey)),
  signed('a key nobody knows', (claims) => jws({ ...HEADER, kid: 'other' }, claims, rsaKey().privateKey)),
  signed('a key that it brings with it', (claims) => {
    const { privateKey, publicKey } = rsaKey();
    return jws({ ...HEADER, jwk: publicKey.export({ format: 'jwk' }) }, claims, privateKey);
  }),
  signed('the address of a key', (claims) =>
    jws(
      { ...HEADER, jku: 'https://evil.test/jwks', x5u: 'https://evil.test/x5' },
      claims,
      rsaKey().privateKey,
    ),
  ),
  signed('another subject put in afterwards', (claims, { provider }) =>
    tampered(jws(HEADER, claims, provider.key), 1, (payload) => {
      payload.sub = 'administrator';
    }),
  ),
  signed('another header put in afterwards', (claims, { provider }) =>
    tampered(jws(HEADER, claims, provider.key), 0, (header) => {
      header.typ = 'at+jwt';
    }),
  ),
  signed('a signature of one bit less', (claims, { provider }) => {
    const token = jws(HEADER, claims, provider.key);
    const at = token.lastIndexOf('.') + 5;
    return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
  }),
  signed('an unknown critical header', (claims, { provider }) =>
    jws({ ...HEADER, crit: ['exp'], exp: 1 }, claims, provider.key),
  ),
  signed(
    'five parts, as if it were encrypted',
    (claims, { provider }) => `${jws(HEADER, claims, provider.key)}.a.b`,
  ),
  signed('no token but a word', () => 'token'),
  // what comes with it
  { name: 'no ID token', forge: () => ({ token: { access_token: 'access', token_type: 'Bearer' } }) },
  {
    name: 'a page instead of tokens',
    forge: () => ({ token: { status: 200, text: '<script>alert(1)</script>' } }),
  },
  {
    name: 'a token endpoint that sends 5 MB',
    forge: () => ({ token: { access_token: 'a'.repeat(5 << 20), token_type: 'Bearer' } }),
  },
  {
    name: 'a userinfo of another subject',
    forge: (leaving) => {
      const bare = { ...rightClaims(leaving), groups: undefined };
      return {
        token: tokens(leaving, jws(HEADER, bare, leaving.provider.key)),
        userinfo: { sub: 'somebody-else', groups: ['leaders'] },
      };
    },
  },
];
