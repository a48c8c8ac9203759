import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SelfDiff, SelfDiffResult } from './testing/diff-child.js';
import { REAL_DATA, skipsWithout } from './testing/real-data.js';
import { PROJECT } from './testing/run-cli.js';

const CHILD = join(PROJECT, 'dist/jobs/testing/diff-child.js');
const FOLDER = join(REAL_DATA, 'odd_geotiffs');
/** A file that takes longer hangs. Many times what any needs, so that a busy machine does not decide. */
const HANGS_AFTER_MS = 120_000;
const MOST_MB = 1024;
const POOL = 2;
const FORCED_STEP = 3;

const out = mkdtempSync(join(tmpdir(), 'tuban-odd-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

function files(): string[] {
  const lines = readFileSync(join(FOLDER, 'INDEX.csv'), 'utf8').trim().split(/\r?\n/).slice(1);
  return lines.map((line) => join(FOLDER, /^("(?:[^"]|"")*"|[^,]*)/.exec(line)?.[1] ?? ''));
}

/** Asks a child for one file; `hung` where no answer comes, `died` where the process ends. */
function ask(child: ChildProcess, request: SelfDiff): Promise<SelfDiffResult | 'hung' | 'died'> {
  return new Promise((resolve) => {
    const settle = (answer: SelfDiffResult | 'hung' | 'died') => {
      clearTimeout(timer);
      child.removeAllListeners('message');
      child.removeAllListeners('exit');
      resolve(answer);
    };
    const timer = setTimeout(() => settle('hung'), HANGS_AFTER_MS);
    child.once('message', (message) => settle(message as SelfDiffResult));
    child.once('exit', () => settle('died'));
    child.send(request);
  });
}

/** Runs all files through a small pool; returns what went wrong. */
async function complaints(forced: boolean): Promise<{ wrong: string[]; done: number; refused: number }> {
  // each forced file starts worker threads: every third one is enough to see
  const queue = files()
    .filter((_, index) => !forced || index % FORCED_STEP === 0)
    [Symbol.iterator]();
  const wrong: string[] = [];
  const counts = { done: 0, refused: 0 };
  const worker = async (index: number) => {
    let child = fork(CHILD, { stdio: 'ignore', execArgv: [] });
    let peak = 0;
    for (const path of queue) {
      const answer = await ask(child, { path, out: join(out, `${index}`), forced });
      if (answer === 'hung' || answer === 'died') {
        wrong.push(`${path}: ${answer}`);
        child.kill('SIGKILL');
        child = fork(CHILD, { stdio: 'ignore', execArgv: [] });
        peak = 0;
        continue;
      }
      if (answer.peakMb > MOST_MB && peak <= MOST_MB)
        wrong.push(`${path}: took ${answer.peakMb.toFixed(0)} MB`);
      peak = answer.peakMb;
      if (answer.kind === 'done') counts.done++;
      else if (answer.kind === 'broken') wrong.push(`${path}: ${answer.message}`);
      else {
        counts.refused++;
        if (!answer.message.includes(path)) wrong.push(`${path} is not named: ${answer.message}`);
        if (answer.message.includes('\n')) wrong.push(`${path}: more than one line: ${answer.message}`);
      }
    }
    child.kill('SIGKILL');
  };
  await Promise.all(Array.from({ length: POOL }, (_, index) => worker(index)));
  return { wrong, ...counts };
}

describe.skipIf(skipsWithout('odd_geotiffs'))('diff of an odd file with itself', () => {
  it('the compiled child is there (npm run build)', () => {
    expect(existsSync(CHILD)).toBe(true);
  });

  it('works, or refuses in one line that names the file', { timeout: 900_000 }, async () => {
    const { wrong, refused } = await complaints(false);
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThan(28);
  });

  it('so it does with bands and a CRS given', { timeout: 900_000 }, async () => {
    const { wrong, done } = await complaints(true);
    expect(wrong).toEqual([]);
    expect(done).toBeGreaterThan(40);
  });
});
