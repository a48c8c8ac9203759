import { readdirSync } from 'node:fs';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../jobs/config.js';
import { depsOf } from '../../../jobs/serve.js';
import { openTestSite, type TestSite } from '../testing.js';
import {
  BAD_BODIES,
  BAD_MULTIPARTS,
  BAD_PATHS,
  BAD_PHOTOS,
  BAD_TABLES,
  BAD_TEXTS,
  multipart,
  type Upload,
} from './bad-input.js';
import { share, told } from './drill.js';
import { requestOf, targetsOf } from './targets.js';

/** What strangers learn nothing of: where things lie, what runs, what the database says, other people's files. */
const LEAKS =
  /root:x:0|\[extensions\]|node_modules|\bat .+\.[jt]s:\d+|SQLSTATE|syntax error at|relation "|\/tmp\/|tuban-web-|scrypt\$|ENOENT|EACCES|PATH=/;

let site: TestSite;
let before: unknown;
let sent = 0;
const wrong: string[] = [];

beforeAll(async () => {
  site = await openTestSite({}, ({ db, stateDir }) => ({
    importResults: depsOf(
      db,
      { ...loadConfig('/', {}), stateDir },
      {
        scenes: async () => [],
        runs: { start: never, cancel: () => false, tasks: () => [], watch: () => () => {} },
      },
    ).importResults,
  }));
  before = await stored();
});
afterAll(() => site.dispose());

function never(): never {
  throw new Error('not asked in this test');
}

async function stored() {
  const digests: Record<string, string> = {};
  for (const table of [
    'web_user',
    'api_token',
    'patch',
    'lead',
    'lead_event',
    'lead_photo',
    'run',
    'subdistrict',
  ]) {
    const [row] = await site.db.query<{ digest: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS digest FROM tuban.${table} t`,
    );
    digests[table] = row.digest;
  }
  const files = readdirSync(site.stateDir, { recursive: true, encoding: 'utf8' });
  return { digests, files: files.filter((name) => name !== 'tmp').sort() };
}

/** Sends it as the administrator, who gets furthest, and looks at the answer. */
async function attack(name: string, options: InjectOptions, expectRefused: boolean): Promise<void> {
  sent++;
  const remoteAddress = `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`;
  const headers = { ...options.headers, ...site.headers('administrator') };
  let answer: LightMyRequestResponse;
  try {
    answer = await site.app.inject({ ...options, remoteAddress, headers });
  } catch (error) {
    // the test's own client refuses to send what no HTTP request can hold
    if (error instanceof URIError || error instanceof TypeError) return;
    throw error;
  }
  const { statusCode, body } = answer;
  const type = String(answer.headers['content-type'] ?? '');
  if (statusCode >= 500 && statusCode !== 503) wrong.push(`${name}: ${statusCode} ${body.slice(0, 200)}`);
  if (statusCode >= 400 && !type.includes('problem+json')) wrong.push(`${name}: ${statusCode} is ${type}`);
  if (expectRefused && statusCode < 400) wrong.push(`${name}: ${statusCode} ${body.slice(0, 200)}`);
  if (statusCode >= 400 && LEAKS.test(body)) wrong.push(`${name}: tells ${body.slice(0, 300)}`);
  if (Object.hasOwn(Object.prototype, 'role')) wrong.push(`${name}: a prototype was changed`);
}

async function allWell(what: string): Promise<void> {
  expect(wrong.splice(0)).toEqual([]);
  expect(await stored()).toEqual(before);
  expect((await site.app.inject({ url: '/api/health' })).statusCode).toBe(200);
  told(`${what}, ${sent} requests so far`);
}

describe('bad input', () => {
  it('in any parameter of any route is refused or finds nothing, and leaves nothing', async () => {
    const targets = targetsOf(site).filter(
      // a note or a user's name may be many things; a stream has no end; passwords are slow
      ({ name }) => !/\{(note|password|old|new)\}|events|POST \/api\/session \{name\}/.test(name),
    );
    for (const [turn, target] of targets.entries()) {
      for (const text of share(BAD_TEXTS, turn)) {
        await attack(`${target.name} ${JSON.stringify(text.slice(0, 40))}`, target.with(text), false);
      }
    }
    await allWell(`${BAD_TEXTS.length} texts on ${targets.length} parameters`);
  });

  it('as a value of another type is refused', async () => {
    const writes = site.app.knownRoutes.filter(({ operation }) => operation?.body !== undefined);
    for (const route of writes) {
      const usual = requestOf(site, route);
      const fields = Object.keys((usual.payload ?? {}) as object);
      for (const field of fields) {
        for (const value of [null, [], {}, [[]], { $ne: null }, 1e308]) {
          const payload = { ...(usual.payload as object), [field]: value };
          const name = `${route.method} ${route.url} ${field}: ${JSON.stringify(value)}`;
          await attack(name, { ...usual, payload }, true);
        }
      }
      for (const [name, type, body] of BAD_BODIES) {
        const headers = type === null ? {} : { 'content-type': type };
        await attack(`${route.method} ${route.url} ${name}`, { ...usual, headers, payload: body }, true);
      }
    }
    for (const { method, url } of site.app.knownRoutes) {
      if (method !== 'GET' || url.includes('events')) continue;
      const usual = requestOf(site, { method, url, access: 'anyone', summary: null, operation: null });
      for (const query of [
        'a=1',
        'month=2026-08&month=2026-07',
        'month[]=2026-08',
        '__proto__[role]=x',
        '%ff=%00',
        '&&&=',
      ]) {
        await attack(`GET ${url}?${query}`, { method: 'GET', url: usual.url, query }, false);
      }
    }
    for (const url of BAD_PATHS) await attack(`GET ${url}`, { method: 'GET', url }, true);
    await allWell('values of other types');
  });

  const photos = (upload: Upload): InjectOptions => ({
    method: 'POST',
    url: `/api/leads/${site.numbers.own}/photos`,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    payload: multipart(upload),
  });
  const tables = (upload: Upload): InjectOptions => ({ ...photos(upload), url: '/api/leads/results' });

  it('as a photo is refused: what is none, and what would grow when it is opened', async () => {
    for (const upload of BAD_PHOTOS) await attack(`photo: ${upload.name}`, photos(upload), true);
    await allWell(`${BAD_PHOTOS.length} photos`);
  });

  it('as a table of visits is refused: what is none, and what would grow when it is unpacked', async () => {
    const memory = process.memoryUsage().rss;
    for (const upload of BAD_TABLES) await attack(`table: ${upload.name}`, tables(upload), true);
    expect((process.memoryUsage().rss - memory) / 2 ** 20).toBeLessThan(600);
    await allWell(`${BAD_TABLES.length} tables`);
  });

  it('as multipart is refused', async () => {
    for (const url of [`/api/leads/${site.numbers.own}/photos`, '/api/leads/results']) {
      for (const [name, type, payload] of BAD_MULTIPARTS) {
        await attack(
          `${url} ${name}`,
          { method: 'POST', url, headers: { 'content-type': type }, payload },
          true,
        );
      }
    }
    await allWell(`${BAD_MULTIPARTS.length} multipart bodies`);
  });
});
