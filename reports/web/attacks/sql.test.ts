import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestSite, type TestSite } from '../testing.js';
import { share, told } from './drill.js';
import { SQL_PAYLOADS } from './sql.js';
import { type Target, targetsOf } from './targets.js';

/** A pause that was asked for by SQL would be of 5 s; the machine may be busy with other tests. */
const MOST_MS = 4000;
/** What no answer may tell: SQL, its errors, its tables, hashes. */
const LEAKS =
  /SQLSTATE|syntax error at|relation "|column "|pg_catalog|scrypt\$|node_modules|\bat .+\.[jt]s:\d+/;
/** Passwords are hashed before the database sees them, which takes as long as it should: few are sent. */
const SLOW = /\{(password|old|new)\}$|^POST \/api\/session \{name\}$/;

let site: TestSite;
beforeAll(async () => {
  site = await openTestSite();
});
afterAll(() => site.dispose());

let sent = 0;
/** From an address of its own each time: limits of requests are no defence that counts here. */
async function send(
  options: InjectOptions,
  role: 'administrator' | 'officer',
): Promise<LightMyRequestResponse> {
  sent++;
  const remoteAddress = `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`;
  const answer = await site.app.inject({ ...options, remoteAddress, headers: site.headers(role) });
  return answer;
}

/** Everything stored that no request below has business with. */
async function stored(): Promise<unknown> {
  const tables = [
    'web_user',
    'api_token',
    'patch',
    'lead',
    'run',
    'subdistrict',
    'district_setting',
    'web_session',
  ];
  const digests: Record<string, string> = {};
  for (const table of tables) {
    const [row] = await site.db.query<{ digest: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS digest FROM tuban.${table} t`,
    );
    digests[table] = row.digest;
  }
  return digests;
}

describe('SQL in a parameter', () => {
  const reads = (target: Target) => target.route.method === 'GET' && !target.route.url.includes('/events');
  // steps of a lead may be taken with any text as note: that is what notes are for
  const isNote = ({ name }: Target) => /steps \{note\}/.test(name);

  it('changes nothing, tells nothing and takes no time, on every parameter of every route', async () => {
    const targets = targetsOf(site);
    expect(targets.length).toBeGreaterThan(100);
    const before = await stored();
    const wrong: string[] = [];
    for (const [turn, target] of targets.entries()) {
      const all = share(SQL_PAYLOADS, turn);
      const payloads = SLOW.test(target.name) ? all.filter((_, i) => i % 20 === 0) : all;
      for (const payload of payloads) {
        const start = performance.now();
        const answer = await send(target.with(payload), 'administrator');
        const ms = performance.now() - start;
        if (answer.statusCode >= 500)
          wrong.push(`${target.name} ${payload}: ${answer.statusCode} ${answer.body}`);
        if (ms > MOST_MS) wrong.push(`${target.name} ${payload}: ${Math.round(ms)} ms`);
        if (LEAKS.test(answer.body))
          wrong.push(`${target.name} ${payload}: tells ${answer.body.slice(0, 300)}`);
      }
    }
    expect(wrong).toEqual([]);
    const after = await stored();
    const notes = await site.db.query("SELECT FROM tuban.lead_event WHERE kind = 'note'");
    // a lead that got notes has another time of its last step, and nothing else
    expect(notes.length).toBeLessThanOrEqual(1);
    expect(after).toEqual(before);
    expect(targets.some(isNote)).toBe(true);
    told(`${SQL_PAYLOADS.length} SQL payloads on ${targets.length} parameters, ${sent} requests`);
  });

  it('shows an officer nothing of other subdistricts, on every parameter that is read', async () => {
    const wrong: string[] = [];
    for (const [turn, target] of targetsOf(site).filter(reads).entries()) {
      for (const payload of share(SQL_PAYLOADS, turn + 5)) {
        const answer = await send(target.with(payload), 'officer');
        if (answer.rawPayload.includes(site.numbers.foreign)) wrong.push(`${target.name} ${payload}`);
        if (answer.statusCode >= 500) wrong.push(`${target.name} ${payload}: ${answer.statusCode}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
