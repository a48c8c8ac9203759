import { createServer, request as httpRequest } from 'node:http';
import { createServer as createTcp, isIP, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Guard, guardOf, type Resolve } from '../../../raster/net/guard.js';
import { sceneItem } from '../../../raster/stac/item.js';
import { httpSource } from '../../../raster/tiff/http.js';
import { deliver } from '../../leads/deliver.js';
import { Webhooks } from '../../leads/webhook-config.js';
import { OidcConfig } from '../oidc/config.js';
import { providerOf } from '../oidc/provider.js';
import { listening } from '../oidc/testing/listening.js';
import { told } from './drill.js';
import { NAMES, OUTSIDE, SSRF_ADDRESSES } from './ssrf.js';

/** Connections to the watched port, of whatever protocol. */
let caught = 0;
/** Requests to the server that may be asked. */
let outside = 0;
let port = 0;
const servers: Server[] = [];
const sockets = new Set<Socket>();

function canary(): Server {
  return createTcp((socket) => {
    caught++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
}

beforeAll(async () => {
  const first = canary();
  servers.push(first);
  port = Number(new URL(await listening(first)).port);
  const relay = createServer((request, response) => {
    outside++;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://outside.test');
    const location = (searchParams.get('to') ?? '').replaceAll('{port}', String(port));
    if (pathname.startsWith('/redirect/')) {
      response.writeHead(Number(pathname.slice('/redirect/'.length)), { location }).end();
    } else response.writeHead(404).end();
  });
  servers.push(relay);
  await listening(relay, '127.0.0.2', port);
  const six = canary();
  servers.push(six);
  // a machine without IPv6 has one watched address less
  await listening(six, '::1', port).catch(() => servers.pop());
});
afterEach(() => {
  caught = 0;
  outside = 0;
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});

/** The made names; each guard hears the first answer first. */
function resolver(): Resolve {
  const asked = new Map<string, number>();
  return (host, done) => {
    const answers = NAMES[host] ?? [];
    const time = asked.get(host) ?? 0;
    asked.set(host, time + 1);
    const found = answers[Math.min(time, answers.length - 1)] ?? [];
    done(
      null,
      found.map((address) => ({ address, family: isIP(address) })),
    );
  };
}
const guardFor = (written: string) => guardOf(written, { allowPrivate: [OUTSIDE], resolve: resolver() });
const addresses = () => SSRF_ADDRESSES.map((address) => address.replaceAll('{port}', String(port)));
const quietly = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    () => undefined,
  );

describe('an address that leads inside', () => {
  it('would be reached without a guard, most of the list: so the canary sings', async () => {
    const open: Guard = {
      check: () => {},
      lookup: (host, { all }, done) => {
        const [address = '127.0.0.2'] = NAMES[host]?.at(-1) ?? ['127.0.0.1'];
        if (all) done(null, [{ address, family: isIP(address) }]);
        else done(null, address, isIP(address));
      },
    };
    let reached = 0;
    for (const address of addresses()) {
      if (!URL.canParse(address) || !/^http:$/.test(new URL(address).protocol)) continue;
      // what would go over the network is not sent from a test
      if (
        !new URL(address).host.endsWith(`:${port}`) ||
        /224|240|255|fe80|fec0|ff02|2002|2001|64:/.test(address)
      )
        continue;
      caught = 0;
      await quietly(deliverOpen(address, open));
      if (caught > 0) reached++;
    }
    expect(reached).toBeGreaterThan(50);
  });

  it.each([
    [
      'webhook',
      async (url: string) => {
        const parsed = Webhooks.safeParse([{ name: 'x', url, secret: 's'.repeat(16) }]);
        if (!parsed.success) return;
        expect(await deliver({ name: 'x', url }, '{}', {}, 2000, guardFor(url))).not.toBeNull();
        // as a receiver would be tried again
        await deliver({ name: 'x', url }, '{}', {}, 2000, guardFor(url));
      },
    ],
    [
      'OIDC issuer',
      async (written: string) => {
        for (const issuer of [written, written.replace(/^http:/, 'https:')]) {
          const parsed = OidcConfig.safeParse({ issuer, clientId: 'x' });
          if (!parsed.success) continue;
          const provider = providerOf(parsed.data, null, { guard: guardFor(issuer) });
          const begun = { state: 's', nonce: 'n', verifier: 'v', back: '/' };
          await expect(provider.authorization('https://tuban.test', begun)).rejects.toThrow();
        }
      },
    ],
    [
      'scene',
      async (url: string) => {
        const options = { attempts: 2, firstDelayMs: 1, idleTimeoutMs: 2000 };
        await expect((async () => httpSource(url, { ...options, guard: guardFor(url) }))()).rejects.toThrow();
      },
    ],
    [
      'asset of a STAC Item',
      async (href: string) => {
        const options = { attempts: 1, idleTimeoutMs: 2000 };
        for (const at of ['https://outside.test/item.json', '/downloads/item.json']) {
          const files = assetFiles(href, at).filter((file) => /^https?:/i.test(file));
          for (const file of files) {
            await expect(
              (async () => httpSource(file, { ...options, guard: guardFor(file) }))(),
            ).rejects.toThrow();
          }
        }
      },
    ],
  ])('is not reached as %s', async (surface, attack) => {
    let count = 0;
    for (const address of addresses()) {
      const before = caught;
      await attack(address);
      expect(caught - before, `${surface} ${address}`).toBe(0);
      count++;
    }
    // the server outside was: the guard does not just refuse everything
    if (surface !== 'OIDC issuer') expect(outside).toBeGreaterThan(10);
    told(`${count} addresses as ${surface}, ${caught} reached`);
  });

  it('is not reached by what an OIDC provider says of itself: where tokens, keys and persons are', async () => {
    let named = '';
    let asked = 0;
    const part = (text: object) => Buffer.from(JSON.stringify(text)).toString('base64url');
    const provider = createServer((request, response) => {
      const answer = (body: object) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.url?.startsWith('/.well-known/'))
        return answer({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: named === 'token' ? address : `${issuer}/token`,
          jwks_uri: named === 'keys' ? address : `${issuer}/keys`,
          userinfo_endpoint: address,
        });
      asked++;
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, sub: 'x', aud: 'x', nonce: 'n', iat: now, exp: now + 60 };
      const idToken = [part({ alg: 'RS256', kid: 'k' }), part(claims), part({})].join('.');
      return answer({ access_token: 'a', token_type: 'bearer', id_token: idToken });
    });
    servers.push(provider);
    const issuer = await listening(provider);
    let address = '';
    // the provider itself may be asked, nothing else that is inside
    const inside = guardFor('https://outside.test');
    const guard: Guard = {
      check: (url) => (new URL(url).origin === issuer ? undefined : inside.check(url)),
      lookup: inside.lookup,
    };
    let count = 0;
    for (const one of addresses()) {
      for (address of [one, one.replace(/^http:/, 'https:')]) {
        for (named of ['token', 'keys']) {
          const client = providerOf(OidcConfig.parse({ issuer, clientId: 'x' }), null, { guard });
          const begun = { state: 's', nonce: 'n', verifier: 'v', back: '/' };
          const back = new URL('https://tuban.test/back?code=c&state=s');
          await expect(client.claims(back, begun)).rejects.toThrow();
          expect(caught, `${named} ${address}`).toBe(0);
        }
      }
      count++;
    }
    // the token was fetched where the provider's own address was left in place: it is the keys that are refused
    expect(asked).toBeGreaterThan(count);
    told(`${count} addresses as a provider's endpoints, 0 reached`);
  });

  it.each([
    'http://127.0.0.1',
    'http://localhost',
    'http://[::1]',
  ])('is reached where a person wrote it plainly: %s', async (host) => {
    if (host.includes('[') && servers.length < 3) return;
    expect(await deliver({ name: 'x', url: `${host}:${port}/` }, '{}', {}, 2000)).toBeNull();
    expect(caught).toBe(1);
  });

  it('is reached where the configuration allows it, by host or by block', async () => {
    const url = `http://inside.test:${port}/`;
    for (const allowed of ['inside.test', '127.0.0.0/8']) {
      const guard = guardOf(url, { allowPrivate: [allowed], resolve: resolver() });
      expect(await deliver({ name: 'x', url }, '{}', {}, 2000, guard)).toBeNull();
    }
    expect(caught).toBe(2);
  });

  it('says what to configure where it was meant', async () => {
    const url = `http://inside.test:${port}/`;
    await expect(httpSource(url, { guard: guardFor(url) })).rejects.toThrow(
      /inside.test:\d+\/: leads to inside.test \(127.0.0.1\), an address inside a network; where that is meant, name it in key allowPrivate of tuban.json: \["inside.test"\]/,
    );
  });
});

function deliverOpen(address: string, guard: Guard): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest(new URL(address), { lookup: guard.lookup, agent: false, timeout: 2000 });
    request.on('response', (response) => {
      response.resume();
      const { location } = response.headers;
      if (location === undefined || !/^https?:/.test(new URL(location, address).protocol)) resolve();
      else deliverOpen(new URL(location, address).href, guard).then(resolve);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve());
    request.end();
  });
}

function assetFiles(href: string, at: string): string[] {
  const item = {
    type: 'Feature',
    stac_version: '1.1.0',
    id: 'x',
    properties: { datetime: '2026-08-05T02:00:00Z' },
    assets: { image: { href, type: 'image/tiff; application=geotiff', roles: ['data'] } },
  };
  try {
    return sceneItem(JSON.stringify(item), at).images.map(({ file }) => file);
  } catch {
    return [];
  }
}
