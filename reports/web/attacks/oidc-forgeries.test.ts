import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OidcConfig } from '../oidc/config.js';
import { providerOf } from '../oidc/provider.js';
import { type FakeProvider, jws, KID, startFakeProvider } from '../oidc/testing/fake-provider.js';
import { openTestSite, type TestSite } from '../testing.js';
import {
  type Forged,
  type Leaving,
  OIDC_FORGERIES,
  rightClaims,
  rightQuery,
  tokens,
} from './oidc-forgeries.js';

const HOME = 'https://tuban.test';
const [clientId, clientSecret] = ['tuban', 'a-secret-of-the-test-client'];

let provider: FakeProvider;
let site: TestSite;
/** Every sign-in comes from an address of its own, so that the limit of requests is no reason to be refused. */
let visitors = 0;
const visitor = () => `198.51.${Math.floor(visitors / 250)}.${++visitors % 250}`;

beforeAll(async () => {
  provider = await startFakeProvider();
  const oidc = OidcConfig.parse({
    issuer: provider.issuer,
    clientId,
    clientSecret,
    roleClaim: 'groups',
    roles: { leaders: 'administrator' },
  });
  site = await openTestSite({ publicUrl: HOME, oidc }, () => ({ provider: providerOf(oidc, clientSecret) }));
});
afterAll(async () => {
  await site.dispose();
  await provider.close();
});
const start = new Date('2026-09-01T08:00:00Z');
afterEach(() => {
  site.clock.now = start;
});

async function leave() {
  const { headers } = await site.app.inject({ url: '/api/oidc/sign-in', remoteAddress: visitor() });
  const query = new URL(String(headers.location)).searchParams;
  return {
    state: query.get('state') ?? '',
    nonce: query.get('nonce') ?? '',
    challenge: query.get('code_challenge') ?? '',
    cookie: String(headers['set-cookie']).split(';')[0],
  };
}

/** Comes back with what was forged. @returns the answer that counts */
async function comeBack(leaving: Leaving, forged: Forged) {
  const right = tokens(leaving, jws({ alg: 'RS256', kid: KID }, rightClaims(leaving), provider.key));
  const { token = right } = forged;
  provider.next = typeof token === 'function' ? token : () => token;
  provider.userinfo = forged.userinfo ?? {};
  site.clock.now = new Date(start.getTime() + 60_000 * (forged.minutes ?? 0));
  const ask = () =>
    site.app.inject({
      url: `/api/oidc/callback?${forged.query ?? rightQuery(leaving)}`,
      headers: { cookie: forged.cookie ?? leaving.cookie },
      remoteAddress: visitor(),
    });
  const first = await ask();
  return forged.twice ? ask() : first;
}

async function leaving(): Promise<Leaving> {
  return { provider, clientId, clientSecret, ...(await leave()), other: await leave() };
}

describe('an answer in the name of the unified identity', () => {
  it('that is right in all lets in: each of the forgeries below differs from it in one thing', async () => {
    const answer = await comeBack(await leaving(), {});
    expect(answer.headers.location).toBe('/');
    expect(String(answer.headers['set-cookie'])).toContain('tuban_session=');
  });

  it.each(OIDC_FORGERIES)('is refused with $name', async ({ forge }) => {
    const before = await sessions();
    const from = await leaving();
    const forged = forge(from);
    const answer = await comeBack(from, forged);
    expect(String(answer.headers['set-cookie'] ?? '')).not.toContain('tuban_session=');
    if (answer.statusCode !== 400) {
      expect(answer.statusCode).toBe(303);
      expect(answer.headers.location).toMatch(/^\/\?sign-in=(failed|refused|expired)$/);
    }
    expect(await sessions()).toBe(before + (forged.twice ? 1 : 0));
  });
});

async function sessions(): Promise<number> {
  const [{ count }] = await site.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM tuban.web_session',
  );
  return count;
}
