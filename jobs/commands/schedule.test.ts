import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTestServer, testServerUrl } from '../../vector/store/testing.js';
import { PROJECT, runCli } from '../testing/run-cli.js';

const server = testServerUrl();
if (server === null) console.warn('commands on a server are skipped: TUBAN_TEST_DATABASE_URL is not set');
const folder = mkdtempSync(join(tmpdir(), 'tuban-schedule-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(server === null)('commands that keep it running', () => {
  it('schedule says what is late and ends cleanly by a signal; upkeep has nothing to do', async () => {
    const { url, dispose } = await openTestServer(server ?? '');
    const env = { TUBAN_DATABASE_URL: url };
    try {
      const child = spawn(process.execPath, [join(PROJECT, 'dist/jobs/cli.js'), 'schedule'], {
        cwd: folder,
        env: { ...process.env, ...env },
      });
      let told = '';
      let asked = false;
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      child.stderr.on('data', (chunk: Buffer) => {
        told += chunk.toString();
        // a second signal would end it at once
        if (!asked && /next: /.test(told)) asked = child.kill('SIGTERM');
      });
      expect(await ended).toBe(0);
      expect(told).toMatch(
        /^the clock looks every 10 minutes[\s\S]*no scene, expected by [\s\S]*the clock has ended$/m,
      );
      const planned = await runCli(['schedule', '--dry-run', '--json'], folder, env);
      expect(JSON.parse(planned.stdout)).toMatchObject({ run: [], late: [{ kind: 'missing' }] });
      for (const command of ['prune', 'doctor']) {
        expect(await runCli([command], folder, env)).toMatchObject({ status: 0, stdout: 'nothing to do\n' });
      }
      const wrong = await runCli(['schedule', '--once'], folder, {
        ...env,
        TUBAN_SCHEDULE: '{"time": "25:00"}',
      });
      expect(wrong).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/TUBAN_SCHEDULE\.time: expected hours/),
      });
    } finally {
      await dispose();
    }
  });
});
