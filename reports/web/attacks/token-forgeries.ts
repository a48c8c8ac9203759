import { createHash } from 'node:crypto';

/** What an attacker has got hold of: secrets of an officer's, none of the administrator's. */
export interface Loot {
  /** Works. */
  readonly token: string;
  readonly revoked: string;
  readonly expired: string;
  /** Of a user who is not active any more. */
  readonly closed: string;
  /** Cookie value of a session, which works. */
  readonly session: string;
  readonly csrf: string;
  /** Of a session that was signed out. */
  readonly ended: string;
  /** Of a session whose user's role was changed since. */
  readonly outdated: string;
  /** Of another session that works. */
  readonly otherCsrf: string;
}

export interface TokenForgery {
  readonly name: string;
  /** Headers of a request that would delete a token of the user if it were let in. */
  readonly headers: (loot: Loot) => Record<string, string | string[]>;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const bearer = (name: string, make: (loot: Loot) => string): TokenForgery => ({
  name,
  headers: (loot) => ({ authorization: `Bearer ${make(loot)}` }),
});
const basic = (name: string, make: (loot: Loot) => string): TokenForgery => ({
  name,
  headers: (loot) => ({ authorization: `Basic ${Buffer.from(make(loot)).toString('base64')}` }),
});
const session = (name: string, make: (loot: Loot) => string): TokenForgery => ({
  name,
  headers: (loot) => ({ cookie: `tuban_session=${make(loot)}`, 'x-csrf-token': loot.csrf }),
});
const csrf = (name: string, make: (loot: Loot) => string | string[] | null): TokenForgery => ({
  name,
  headers: (loot) => {
    const value = make(loot);
    return {
      cookie: `tuban_session=${loot.session}`,
      ...(value === null ? {} : { 'x-csrf-token': value }),
    };
  },
});
const swapped = (text: string) =>
  text.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));

/** API tokens, cookies and CSRF tokens that are almost right. */
export const TOKEN_FORGERIES: readonly TokenForgery[] = [
  bearer('an API token that is cut short', ({ token }) => token.slice(0, -1)),
  bearer('an API token with a letter more', ({ token }) => `${token}A`),
  bearer('an API token in the other case', ({ token }) => `tuban_${swapped(token.slice(6))}`),
  bearer('an API token whose prefix is in capitals', ({ token }) => token.replace('tuban_', 'TUBAN_')),
  bearer('an API token without its prefix', ({ token }) => token.slice(6)),
  bearer('the stored hash of an API token', ({ token }) => sha256(token)),
  bearer('the stored hash of an API token, with the prefix', ({ token }) => `tuban_${sha256(token)}`),
  bearer('an API token that was taken back', ({ revoked }) => revoked),
  bearer('an API token whose time is over', ({ expired }) => expired),
  bearer('an API token of a closed account', ({ closed }) => closed),
  bearer('an API token and a wildcard', ({ token }) => `${token.slice(0, 20)}%`),
  bearer('two API tokens', ({ token, revoked }) => `${revoked},${token}`),
  bearer('SQL', () => "tuban_'OR'1'='1"),
  bearer('a session’s cookie', ({ session }) => session),
  bearer('a session’s cookie with the prefix of tokens', ({ session }) => `tuban_${session}`),
  bearer(
    'a JWT without signature',
    () => `${base64({ alg: 'none' })}.${base64({ sub: 'administrator', role: 'administrator' })}.`,
  ),
  basic('name and password of Basic', () => 'administrator:correct-horse-7'),
  basic('a token that was taken back, by Basic', ({ revoked }) => `administrator:${revoked}`),
  basic('an API token cut short, by Basic', ({ token }) => `administrator:${token.slice(0, -1)}`),
  basic('an API token as the name of Basic', ({ token }) => `${token}:`),
  basic('an API token alone in Basic', ({ token }) => token),
  basic('a session’s cookie, by Basic', ({ session }) => `administrator:${session}`),
  {
    name: 'a wrong API token beside a right cookie',
    headers: ({ session, csrf, revoked }) => ({
      authorization: `Bearer ${revoked}`,
      cookie: `tuban_session=${session}`,
      'x-csrf-token': csrf,
    }),
  },
  session('a cookie that is cut short', ({ session }) => session.slice(0, -1)),
  session('a cookie in the other case', ({ session }) => swapped(session)),
  session('the stored hash of a session', ({ session }) => sha256(session)),
  session('an API token', ({ token }) => token),
  session('a session that was signed out', ({ ended }) => ended),
  session('a session from before the role was changed', ({ outdated }) => outdated),
  session('a user’s name', () => 'administrator'),
  session('SQL', () => "'%20OR%20'1'='1"),
  session('nothing', () => ''),
  csrf('no CSRF token', () => null),
  csrf('an empty CSRF token', () => ''),
  csrf('the CSRF token of another session', ({ otherCsrf }) => otherCsrf),
  csrf('the cookie as CSRF token', ({ session }) => session),
  csrf('the hash of the cookie as CSRF token', ({ session }) =>
    createHash('sha256').update(session).digest('base64url'),
  ),
  csrf('a CSRF token that is cut short', ({ csrf }) => csrf.slice(0, -1)),
  csrf('a CSRF token in the other case', ({ csrf }) => swapped(csrf)),
  {
    name: 'a page of another site, with all that the browser has',
    headers: ({ session, csrf }) => ({
      cookie: `tuban_session=${session}`,
      'x-csrf-token': csrf,
      'sec-fetch-site': 'cross-site',
    }),
  },
  {
    name: 'a page of a neighbouring site, with all that the browser has',
    headers: ({ session, csrf }) => ({
      cookie: `tuban_session=${session}`,
      'x-csrf-token': csrf,
      'sec-fetch-site': 'same-site',
    }),
  },
  {
    name: 'a user named in headers of proxies',
    headers: () => ({
      'x-forwarded-user': 'administrator',
      'x-remote-user': 'administrator',
      'x-user': 'administrator',
    }),
  },
];
