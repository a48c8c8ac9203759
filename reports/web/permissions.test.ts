import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OidcConfig } from './oidc/config.js';
import { providerOf } from './oidc/provider.js';
import type { Known } from './openapi.js';
import { ROLES, type Role } from './permissions.js';
import { openTestSite, type TestSite } from './testing.js';

/** Columns of the table in docs/security.md, in their order. */
const ASKERS = ['stranger', 'officer', 'planner', 'analyst', 'administrator'] as const;
type Asker = (typeof ASKERS)[number];

/** `GET /api/patches` → who may, as the document says. */
function documented(): Map<string, Record<Asker, string>> {
  const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `((?:GET|POST|PATCH|DELETE) \/[^`]*)` \|(.+)\|$/gm)];
  return new Map(
    rows.map(([, route, cells]) => {
      const [stranger, officer, planner, analyst, administrator] = cells
        .split('|')
        .map((cell) => cell.trim());
      return [route, { stranger, officer, planner, analyst, administrator }];
    }),
  );
}

let site: TestSite;
let base: string;
beforeAll(async () => {
  const oidc = OidcConfig.parse({ issuer: 'http://127.0.0.1:9', clientId: 'test' });
  site = await openTestSite({ oidc }, () => ({ provider: providerOf(oidc, null) }));
  base = await site.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => site.dispose());

const nameOf = ({ method, url }: Known) => `${method} ${url}`;

/** An address of the route with something real in it. */
function addressOf({ url }: Known): string {
  const values: Record<string, string> = {
    ':number': site.numbers.own,
    ':hash': 'a'.repeat(64),
    ':id': url.includes('/runs/') ? 'task-9' : '00000000-0000-4000-8000-000000000000',
    ':name': 'nobody',
  };
  return url.replace(/:\w+/g, (name) => values[name] ?? 'x').replace(/\*$/, 'x');
}

/** The status alone: streams are ended at once. */
async function statusOf(route: Known, headers: Record<string, string>): Promise<number> {
  const stop = new AbortController();
  const writes = route.method !== 'GET' && route.method !== 'DELETE';
  const answer = await fetch(base + addressOf(route), {
    method: route.method,
    headers: writes ? { ...headers, 'content-type': 'application/json' } : headers,
    signal: stop.signal,
    redirect: 'manual',
    ...(writes ? { body: '{}' } : {}),
  });
  stop.abort();
  return answer.status;
}

describe('permissions', () => {
  it('are documented for every route, and for no other', () => {
    expect([...documented().keys()].sort()).toEqual(site.app.knownRoutes.map(nameOf).sort());
  });

  it('stand beside a line that says what the route is for, in the OpenAPI document too', () => {
    expect(site.app.knownRoutes.filter(({ summary }) => !summary).map(nameOf)).toEqual([]);
  });

  it.each(ASKERS)('are as the table says for %s', async (asker) => {
    const isRole = (name: string): name is Role => ROLES.some((role) => role === name);
    const headers = isRole(asker) ? site.headers(asker) : {};
    const table = documented();
    const wrong: string[] = [];
    for (const route of site.app.knownRoutes) {
      const said = table.get(nameOf(route))?.[asker];
      const status = await statusOf(route, headers);
      const refused = status === (asker === 'stranger' ? 401 : 403);
      // signing in with nothing is a bad request, a strange session's password 403 for a token
      const tokenOnly = nameOf(route) === 'POST /api/session/password';
      if (!tokenOnly && refused !== (said === '–'))
        wrong.push(`${nameOf(route)}: ${said} in the table, answered ${status}`);
      if (status >= 500 && status !== 503) wrong.push(`${nameOf(route)}: answered ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('show an officer nothing of other subdistricts, by number, list or file', async () => {
    const headers = site.headers('officer');
    const get = async (url: string) => site.app.inject({ url, headers });
    for (const route of site.app.knownRoutes.filter(({ url }) => url.includes(':number'))) {
      const url = route.url.replace(':number', site.numbers.foreign).replace(':hash', 'a'.repeat(64));
      const step = { step: 'note', note: 'x', id: '00000000-0000-4000-8000-00000000000a' };
      const answer = await site.app.inject({
        method: route.method === 'POST' ? 'POST' : 'GET',
        url,
        headers,
        ...(route.method === 'POST' ? { payload: step } : {}),
      });
      expect(answer.statusCode, nameOf(route)).toBe(404);
    }
    for (const url of ['/api/patches', '/api/leads', '/api/patches/export?month=2026-08']) {
      const { body, statusCode } = await get(url);
      expect(statusCode, url).toBe(200);
      expect(body, url).toContain(site.numbers.own);
      expect(body, url).not.toContain(site.numbers.foreign);
    }
    // asking for it by name widens nothing
    const asked = await get('/api/patches?subdistrict=440303001');
    expect(asked.json()).toMatchObject({ items: [], total: 0 });
    const { months, bounds, home } = (await get('/api/meta')).json();
    expect(months).toMatchObject([{ month: '2026-08', patches: 2 }]);
    // the map begins with the officer's own ground, within the district and smaller
    expect(home[0] >= bounds[0] && home[1] >= bounds[1] && home[2] <= bounds[2] && home[3] <= bounds[3]).toBe(
      true,
    );
    expect(home).not.toEqual(bounds);
  });
});
