import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCog } from '../cog/writer.js';
import { BadInput, Unavailable } from '../errors.js';
import { madeGrid } from '../testing.js';
import { httpSource } from './http.js';
import { openRasterFrom } from './open.js';
import { type FileServer, fileServer } from './testing/file-server.js';
import { HOSTILE_ANSWERS, type HostileCase, hostileCase } from './testing/hostile-answers.js';
import { digestOf, refusalProblem } from './testing/probe.js';
import { seeded } from './testing/random.js';

/** More with TUBAN_HOSTILE_ANSWERS=N, of another series with TUBAN_DRILL_SEED=N. */
const CASES = Number(process.env.TUBAN_HOSTILE_ANSWERS ?? (process.env.TUBAN_DRILL ? 2000 : 200));
const SEED = Number(process.env.TUBAN_DRILL_SEED ?? 20_261_121);
/** As by default, but a hundredth of the patience. */
const HASTY = { firstDelayMs: 1, idleTimeoutMs: 300 } as const;
/** Five attempts, each of which may take twice the patience for its head and as long again for its body, and a machine that is busy. */
const MOST_MS = 15_000;
const AT_ONCE = 16;
/** 16 MiB for a file that comes whole, of each that is read at once. */
const MOST_MB = 30 * AT_ONCE;

let dir = '';
let cog: Uint8Array;
let right = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-hostile-http-'));
  const path = join(dir, 'scene.tif');
  const [random, side] = [seeded(1), 1300];
  const planes = [0, 1].map(() => Uint16Array.from({ length: side * side }, () => random() * 4096));
  const spec = {
    grid: madeGrid(side, side),
    bands: 2,
    sampleType: 'uint16',
    overviews: 'average',
    level: 1,
  } as const;
  await writeCog(path, spec, planes);
  cog = new Uint8Array(await readFile(path));
  const server = await serving();
  right = await digestAt(`${server.origin}/scene.tif`);
  // enough requests for a fault to have its turn
  expect(server.log.length).toBeGreaterThan(6);
  await server.close();
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const serving = (): Promise<FileServer> => fileServer(new Map([['/scene.tif', cog]]));

async function digestAt(address: string): Promise<string> {
  const source = await httpSource(address, HASTY);
  let file: Awaited<ReturnType<typeof openRasterFrom>> | undefined;
  try {
    file = await openRasterFrom(source, address);
    return await digestOf(file);
  } finally {
    await (file ?? source).close();
  }
}

/** What is wrong with how a case ended; null where nothing is. */
async function problemOf({ mustPass, fault }: HostileCase, count: Counts): Promise<string | null> {
  const server = await serving();
  server.fault = fault;
  const address = `${server.origin}/scene.tif`;
  const began = performance.now();
  const stop = new AbortController();
  try {
    const ended = await Promise.race([
      digestAt(address).then(
        (digest) => ({ digest }),
        (error: unknown) => ({ error }),
      ),
      wait(MOST_MS, null, { signal: stop.signal }).catch(() => null),
    ]);
    count.slowestMs = Math.max(count.slowestMs, performance.now() - began);
    if (ended === null) return `hangs: not at its end after ${MOST_MS} ms`;
    if ('digest' in ended) {
      count.read++;
      return ended.digest === right ? null : 'gives other pixels than the file has';
    }
    const { error } = ended;
    if (!(error instanceof BadInput) && !(error instanceof Unavailable)) {
      return `is a bug: ${error instanceof Error ? error.stack : error}`;
    }
    count.refused++;
    return mustPass ? `is given up: ${error.message}` : refusalProblem(address, error.message);
  } finally {
    stop.abort();
    await server.close();
  }
}

interface Counts {
  read: number;
  refused: number;
  slowestMs: number;
  peakMb: number;
}

describe('a scene behind a hostile server', () => {
  it(
    `is read right or refused in one line, in time and in little memory: ${CASES} ways to answer`,
    async () => {
      expect(Object.keys(HOSTILE_ANSWERS).length).toBeLessThan(CASES);
      const count: Counts = { read: 0, refused: 0, slowestMs: 0, peakMb: 0 };
      const before = heldMb();
      const sampler = setInterval(() => {
        count.peakMb = Math.max(count.peakMb, heldMb() - before);
      }, 20);
      const wrong: string[] = [];
      let next = 0;
      const lane = async () => {
        for (let i = next++; i < CASES; i = next++) {
          const one = hostileCase(SEED, i);
          const problem = await problemOf(one, count);
          if (problem !== null) wrong.push(`${one.name}: ${problem}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
      clearInterval(sampler);
      expect(wrong).toEqual([]);
      expect(count.peakMb).toBeLessThan(MOST_MB);
      console.info(`hostile answers (seed ${SEED}):`, JSON.stringify(count));
    },
    60_000 + 300 * CASES,
  );
});

function heldMb(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
