/** The web server under load: what the README of `bench` says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../../raster/errors.js';
import { randomFrom } from '../../samples/random.js';
import { readDistricts } from '../../vector/districts.js';
import { openDatabase } from '../../vector/store/db.js';
import { CLI } from '../cli.js';
import { districts } from '../leads/made.js';
import { kindsOf } from './asks.js';
import { askSteadily } from './load.js';
import { fillStore, type MadeStore } from './made.js';

const { values: options } = parseArgs({
  options: {
    patches: { type: 'string', default: '100000' },
    months: { type: 'string', default: '36' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    settle: { type: 'string', default: '10' },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'tuban-bench-web-'));
const url = process.env.TUBAN_BENCH_DATABASE_URL ?? '';
let server: ChildProcess | null = null;
try {
  const made = await filled();
  const { child, base } = await started();
  server = child;
  // as it is all day: a server that has just started is still reading the months into memory
  await wait(1000 * Number(options.settle));
  const load = { aSecond: Number(options.rate), seconds: Number(options.seconds) };
  console.log('| request | bar, ms | p50 | p95 | most | failed |\n| --- | --- | --- | --- | --- | --- |');
  for (const { name, barMs, next } of kindsOf(made.months, randomFrom(7))) {
    if (!name.includes(options.only)) continue;
    const { p50Ms, p95Ms, mostMs, failed, asked } = await askSteadily(base, made.token, next, load);
    const times = [p50Ms, p95Ms, mostMs].map((ms) => ms.toFixed(0)).join(' | ');
    console.log(`| ${name} | ${barMs} | ${times} | ${failed} of ${asked} |`);
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function filled(): Promise<MadeStore> {
  mkdirSync(join(folder, '.tuban'));
  const db = await openDatabase({ url, dataDir: join(folder, '.tuban', 'database'), holder: 'bench' });
  try {
    const began = performance.now();
    const extent = join(folder, 'districts.geojson');
    writeFileSync(extent, JSON.stringify(districts()));
    const { subdistricts } = await readDistricts(extent, {});
    const made = await fillStore(db, subdistricts, {
      patches: Number(options.patches),
      months: Number(options.months),
    });
    console.error(`${db.kind}: filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return made;
  } finally {
    await db.close();
  }
}

/** `tuban serve` as a process of its own, so that asking does not slow answering down more than another machine's would. */
async function started(): Promise<{ child: ChildProcess; base: string }> {
  const child = spawn(process.execPath, [CLI, 'serve', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, TUBAN_DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const base = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      const address = /http:\/\/[^\s]+/.exec(String(chunk));
      if (address) resolve(address[0]);
    });
    child.on('exit', (code) => reject(new Error(`tuban serve ended with ${code}`)));
  });
  return { child, base };
}
