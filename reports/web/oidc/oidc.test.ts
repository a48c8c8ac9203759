import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIdentityUser } from '../../../vector/store/identities.js';
import { changeUser, findUser } from '../../../vector/store/users.js';
import { OWN, openTestSite, type TestSite } from '../testing.js';
import { OidcConfig } from './config.js';
import { providerOf } from './provider.js';
import { listening } from './testing/listening.js';

const CLIENT = { id: 'tuban', secret: 'a-secret-of-the-test-client' } as const;

/** A certified provider on 127.0.0.1, where everybody who comes is `person`. */
interface RealProvider {
  readonly issuer: string;
  /** Who signs in next: the subject, and what is told of it. */
  person: { readonly sub: string; readonly [claim: string]: unknown };
  close(): Promise<void>;
}

async function startRealProvider(redirectUri: string): Promise<RealProvider> {
  const server = createServer();
  const issuer = await listening(server);
  const real: RealProvider = {
    issuer,
    person: { sub: 'nobody' },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL('/', redirectUri).href],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'streets'] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['test'] },
    interactions: { url: (_, { uid }) => `/enter/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...real.person, sub }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId,
        accountId: oidc.session?.accountId,
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/enter/')) answer(request, response);
    else void provider.interactionFinished(request, response, { login: { accountId: real.person.sub } });
  });
  return real;
}

/** Walks through the provider's pages as a browser does. @returns the address it comes back to */
async function walk(from: string, home: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  while (!url.href.startsWith(home)) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null)
      throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  return url;
}

const HOME = 'https://tuban.test';
let provider: RealProvider;
let site: TestSite;

beforeAll(async () => {
  provider = await startRealProvider(`${HOME}/api/oidc/callback`);
  const oidc = OidcConfig.parse({
    issuer: provider.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    roleClaim: 'groups',
    roles: { leaders: 'administrator', gis: 'analyst', street: 'officer' },
    subdistrictClaim: 'streets',
    endSession: true,
  });
  site = await openTestSite({ publicUrl: HOME, oidc }, () => ({ provider: providerOf(oidc, CLIENT.secret) }));
});
afterAll(async () => {
  await site.dispose();
  await provider.close();
});

const cookieOf = (header: string | string[] | undefined, name: string) =>
  [header ?? []].flat().find((cookie) => cookie.startsWith(`${name}=`));

/** Signs the provider's person in, as the button of the page does. */
async function signIn(person: RealProvider['person'], back = '/map') {
  provider.person = person;
  const away = await site.app.inject({ url: '/api/oidc/sign-in', query: { back } });
  const returned = await walk(String(away.headers.location), HOME);
  const cookie = cookieOf(away.headers['set-cookie'], 'tuban_sign_in')?.split(';')[0] ?? '';
  const answer = await site.app.inject({ url: returned.pathname + returned.search, headers: { cookie } });
  const session = cookieOf(answer.headers['set-cookie'], 'tuban_session');
  const own = session?.split(';')[0] ?? '';
  const me = (await site.app.inject({ url: '/api/session', headers: { cookie: own } })).json();
  return { location: answer.headers.location, session, user: me.user, cookie: own };
}

describe('signing in with the unified identity', () => {
  it('is offered where it is configured', async () => {
    const { sign_ins } = (await site.app.inject({ url: '/api/session' })).json();
    expect(sign_ins).toEqual({
      password: true,
      oidc: { label: '统一身份认证', sign_in: '/api/oidc/sign-in', sign_out: '/api/oidc/sign-out' },
    });
  });

  it('asks with code, PKCE, state and nonce, new ones each time', async () => {
    const ask = async () => {
      const { headers } = await site.app.inject({ url: '/api/oidc/sign-in' });
      return { query: new URL(String(headers.location)).searchParams, cookie: String(headers['set-cookie']) };
    };
    const [{ query, cookie }, other] = [await ask(), await ask()];
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${HOME}/api/oidc/callback`,
      scope: 'openid profile',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(query.get(name)).toMatch(/^[\w-]{43}$/);
      expect(query.get(name)).not.toBe(other.query.get(name));
    }
    expect(cookie).toMatch(
      /^tuban_sign_in=[\w-]{43}; Max-Age=600; Path=\/api\/oidc; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('makes a user with role and subdistricts, in a session like any other, and leads back to the page', async () => {
    const { location, session, user } = await signIn(
      { sub: 'u-1', preferred_username: '王伟', groups: ['street'], streets: ['东门街道', 'elsewhere'] },
      '/leads?status=new',
    );
    expect(location).toBe('/leads?status=new');
    expect(session).toMatch(
      /^tuban_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(user).toEqual({ name: '王伟', role: 'officer', subdistricts: [OWN] });
    const audit = (
      await site.app.inject({ url: '/api/audit', headers: site.headers('administrator') })
    ).json();
    expect(audit.items.slice(0, 2).map(({ action }: { action: string }) => action)).toEqual([
      'session.begun',
      'user.added',
    ]);
  });

  it('knows a person by issuer and subject, whatever they are called, and takes over their new role', async () => {
    const first = await signIn({ sub: 'u-2', preferred_username: 'li.na', groups: ['gis'] });
    expect(first.user.role).toBe('analyst');
    const second = await signIn({
      sub: 'u-2',
      preferred_username: 'li.na-chen',
      groups: ['x', 'gis', 'leaders'],
    });
    expect(second.user).toMatchObject({ name: 'li.na', role: 'administrator' });
    // the rights of the first session are gone with it
    const old = await site.app.inject({ url: '/api/meta', headers: { cookie: first.cookie } });
    expect(old.statusCode).toBe(401);
  });

  it.each([
    'administrator',
    'Administrator',
    'ＡＤＭＩＮＩＳＴＲＡＴＯＲ',
  ])('does not give anybody the local account %s', async (name) => {
    const { location, session } = await signIn({
      sub: `thief-${name.charCodeAt(1)}`,
      preferred_username: name,
      groups: ['gis'],
    });
    expect(location).toBe('/?sign-in=name-taken');
    expect(session).toBeUndefined();
    expect((await findUser(site.db, 'administrator'))?.unified).toBe(false);
  });

  it('keeps out those without a role here, an officer without a subdistrict, and closed accounts', async () => {
    const out = async (person: RealProvider['person']) => {
      const { location, session } = await signIn(person);
      expect(session).toBeUndefined();
      return location;
    };
    expect(await out({ sub: 'u-3', preferred_username: 'no.role', groups: ['visitors'] })).toBe(
      '/?sign-in=no-role',
    );
    expect(await out({ sub: 'u-4', preferred_username: 'lost', groups: ['street'], streets: ['x'] })).toBe(
      '/?sign-in=no-role',
    );
    expect(await findUser(site.db, 'no.role')).toBeNull();
    await signIn({ sub: 'u-5', preferred_username: 'closed', groups: ['gis'] });
    await changeUser(site.db, 'closed', { active: false });
    expect(await out({ sub: 'u-5', preferred_username: 'closed', groups: ['gis'] })).toBe(
      '/?sign-in=not-active',
    );
  });

  it('takes a user whom an administrator has added by subject', async () => {
    const added = {
      name: 'zhao',
      role: 'planner',
      subdistricts: [],
      issuer: provider.issuer,
      subject: 'u-6',
    } as const;
    expect(await addIdentityUser(site.db, added)).toBe(true);
    const { user } = await signIn({ sub: 'u-6', preferred_username: 'other', groups: ['gis'] });
    expect(user).toMatchObject({ name: 'zhao', role: 'analyst' });
  });

  it('leaves no way in by password, for nobody can set one', async () => {
    await signIn({ sub: 'u-7', preferred_username: 'sun', groups: ['gis'] });
    const set = await site.app.inject({
      method: 'PATCH',
      url: '/api/users/sun',
      headers: site.headers('administrator'),
      payload: { password: 'a-new-password-9' },
    });
    expect(set.statusCode).toBe(400);
    expect(set.json().detail).toContain('unified identity');
    for (const password of ['-', 'a-new-password-9']) {
      const answer = await site.app.inject({
        method: 'POST',
        url: '/api/session',
        payload: { name: 'sun', password },
      });
      expect(answer.statusCode).toBe(401);
    }
  });

  it.each([
    'https://evil.test/',
    '//evil.test/',
    '/\\evil.test',
    '/\tevil',
    '\\\\evil.test',
    'javascript:alert(1)',
    '/api/tokens',
    '/./api/tokens',
    '/x/../api/tokens',
    '/%0d%0aset-cookie:a=b ',
    '/@evil.test\u2028',
    '',
  ])('goes back to pages of its own alone: not to %j', async (back) => {
    const answer = await site.app.inject({ url: '/api/oidc/sign-in', query: { back } });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('leads to the provider to sign out there too', async () => {
    const { headers, statusCode } = await site.app.inject({ url: '/api/oidc/sign-out' });
    expect(statusCode).toBe(303);
    const there = new URL(String(headers.location));
    expect(there.origin).toBe(provider.issuer);
    expect(there.searchParams.get('post_logout_redirect_uri')).toBe(`${HOME}/`);
  });
});

describe('a provider that cannot be used', () => {
  it('is said on the page, and tried again with the next sign-in', async () => {
    const oidc = OidcConfig.parse({ issuer: 'http://127.0.0.1:9', clientId: 'x' });
    await expect(
      providerOf(oidc, null).authorization(HOME, { state: 's', nonce: 'n', verifier: 'v', back: '/' }),
    ).rejects.toThrow(/identity provider http:\/\/127.0.0.1:9 cannot be used/);
  });

  it.each([
    ['http://id.example.gov.cn', 'https'],
    ['https://user:pass@id.example.gov.cn', 'without user'],
    ['ftp://id.example.gov.cn', 'https'],
    ['https://id.example.gov.cn/?tenant=1', 'query'],
  ])('of issuer %s is not configured', (issuer, why) => {
    expect(OidcConfig.safeParse({ issuer, clientId: 'x' }).error?.issues[0].message).toContain(why);
  });
});
