import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { AUGUST_SETTINGS, augustResult, prepareAugust, writeAugust } from './testing/august.js';
import { embeddedAugust } from './testing/august-places.js';

const cli = fileURLToPath(new URL('../dist/jobs/cli.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tuban-serve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A command of the built program in the folder; `seen` resolves with what it has printed once that matches. */
function started(args: readonly string[], cwd = folder) {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...process.env, TUBAN_DATABASE_URL: '' },
  });
  let text = '';
  const listeners = new Set<() => void>();
  const add = (chunk: Buffer) => {
    text += chunk.toString('utf8');
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const ended = new Promise<{ status: number | null; text: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, text })),
  );
  const seen = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (pattern.test(text)) resolve(text);
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`ended before ${pattern}: ${text}`)));
    });
  return { child, ended, seen };
}

it('serves, lets the first administrator in, keeps other commands off its database by name, and ends cleanly', async () => {
  const server = started(['serve', '--port', '0']);
  const text = await server.seen(/tuban serves http/);
  const base = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(text.slice(text.indexOf('tuban serves')))?.[0] ?? '';
  const password = /sign in as "admin" with the password (\w+)/.exec(text)?.[1];
  const answer = await fetch(`${base}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  });
  expect(answer.status).toBe(200);
  // a stream that is being read does not hold the server
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0];
  const events = await fetch(`${base}/api/runs/events`, { headers: { cookie } });
  expect(events.headers.get('content-type')).toContain('text/event-stream');

  const other = await started(['users', 'list']).ended;
  expect(other.status).toBe(2);
  expect(other.text).toContain('tuban serve');
  expect(other.text).toContain('use its page');
  expect(other.text).toContain('PostgreSQL server');

  server.child.kill('SIGTERM');
  expect((await server.ended).status).toBe(0);
  const users = await started(['users', 'list', '--json']).ended;
  expect(users.status).toBe(0);
  expect(JSON.parse(users.text)).toMatchObject([{ name: 'admin', role: 'administrator' }]);
}, 300_000);

it('with --schedule has the embedded database’s months run as they fall due, and goes on serving', async () => {
  const made = join(folder, 'clock');
  mkdirSync(made);
  await writeAugust(made);
  const settings = {
    ...AUGUST_SETTINGS,
    schedule: { everyMinutes: 0.05, catchUpMonths: 240, leastUsable: 0 },
  };
  const place = await embeddedAugust(made, { prepare: prepareAugust, settings });
  try {
    const { cwd } = await place.begin();
    const server = started(['serve', '--schedule', '--port', '0'], cwd);
    const text = await server.seen(/2026-08: published, 3 patches/);
    const base = /tuban serves (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
    expect((await fetch(`${base}/api/health`)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({
      status: 0,
      text: expect.stringMatching(/the clock has ended/),
    });
    expect(await place.look(augustResult)).toHaveLength(3);
  } finally {
    await place.dispose();
  }
}, 120_000);
