/** What the processes that run for months hold after an hour of made months: what the README of bench/ says. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { addMonths } from '../../jobs/options.js';
import { ORIGIN, writeCovers } from '../../jobs/testing/scenes.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { makeToken } from '../../reports/web/sign-in.js';
import { randomFrom } from '../../samples/random.js';
import { openDatabase } from '../../vector/store/db.js';
import { listRuns } from '../../vector/store/runs.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { addUser } from '../../vector/store/users.js';
import { runBench, tell } from '../command.js';
import { describeMachine } from '../measure/machine.js';
import type { Kept } from './collect.js';
import { type Lasting, type Look, startLasting } from './processes.js';
import { floors, type Point, type Slope, slopeOf } from './slope.js';

interface SoakOptions {
  readonly url: string;
  readonly minutes: number;
  readonly warmUpMinutes: number;
  readonly everyS: number;
  readonly results: string;
}

/** Memory over the time that counts, MB: the first and last floor of five minutes, and the line through all. */
interface Memory {
  readonly mb: readonly [first: number, last: number];
  readonly slope: Slope | null;
}

interface Held {
  readonly name: string;
  /** All in memory, at any time. */
  readonly resident: Memory;
  /** All in memory, after garbage has been collected. */
  readonly afterCollection: Memory;
  /** What cannot be collected: objects of the main thread, and buffers they hold. */
  readonly kept: Memory;
  readonly handles: readonly [first: number, last: number];
  readonly handlesAnHour: Slope | null;
  readonly threads: readonly [first: number, last: number];
}

interface SoakResults {
  readonly machine: ReturnType<typeof describeMachine>;
  readonly minutes: number;
  readonly warmUpMinutes: number;
  readonly delivered: number;
  readonly published: number;
  readonly asked: number;
  readonly failed: number;
  readonly held: readonly Held[];
  /** Every look, by process. */
  readonly looks: Readonly<Record<string, readonly ({ readonly s: number } & Look)[]>>;
  /** What every collection left, by process; bytes. */
  readonly collections: Readonly<Record<string, readonly Kept[]>>;
}

const USAGE = `node dist/bench/soak/main.js [options], with TUBAN_BENCH_DATABASE_URL (an empty database of a server)
  --minutes N       how long (95)
  --warm-up N       minutes of these before what is held counts (30)
  --every N         s from one scene to the next (60)
  --results DIR     where soak.md and soak.json go (bench/results)`;

const SIDE = 1024;
/** Months in turn, one scene a delivery, which replaces the month's former one: all that the clock looks back on. */
const MONTHS = 24;
const LOOK_S = 10;
const COLLECT_S = 60;
const FLOOR_S = 300;
const MB = 1024 * 1024;

function parse(argv: readonly string[]): SoakOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '95' },
      'warm-up': { type: 'string', default: '30' },
      every: { type: 'string', default: '60' },
      results: { type: 'string', default: join('bench', 'results') },
    },
  });
  if (values.help) return 'help';
  const number = (option: 'minutes' | 'warm-up' | 'every') => {
    const value = Number(values[option]);
    if (Number.isFinite(value) && value > 0) return value;
    throw new BadInput(`--${option} ${values[option]}: not a number above 0`);
  };
  const url = process.env.TUBAN_BENCH_DATABASE_URL ?? '';
  if (url === '')
    throw new BadInput(
      'TUBAN_BENCH_DATABASE_URL: names no database; expected an empty one of a PostgreSQL server',
    );
  return {
    url,
    minutes: number('minutes'),
    warmUpMinutes: number('warm-up'),
    everyS: number('every'),
    results: values.results,
  };
}

/** The last month that is due now, and those before it, in the order they are delivered. */
function monthsDue(): string[] {
  const now = new Date();
  const latest = addMonths(now.toISOString().slice(0, 7), now.getUTCDate() > 6 ? -1 : -2);
  return Array.from({ length: MONTHS }, (_, k) => addMonths(latest, k + 1 - MONTHS));
}

/** A subdistrict, and somebody who may ask. @returns their token */
async function prepare(url: string): Promise<string> {
  const db = await openDatabase({ url, dataDir: '', holder: 'bench' });
  try {
    const toLonLat = transformer(crsFromEpsg(4547), WGS84);
    const corners = [
      [0, SIDE],
      [SIDE, SIDE],
      [SIDE, 0],
      [0, 0],
      [0, SIDE],
    ];
    const ring = corners.map(([x, y]) => toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y));
    await replaceSubdistricts(db, [{ code: '440303001', name: '桂园街道', polygons: [[ring]] }]);
    await addUser(db, { name: 'bench', role: 'planner', subdistricts: [], passwordHash: 'none' });
    return (await makeToken(db, { user: 'bench', label: 'bench', days: 2 }, new Date())).token;
  } finally {
    await db.close();
  }
}

/** Grass with woods and ponds, and roofs that come with time. */
async function deliver(folder: string, k: number, month: string): Promise<void> {
  const random = randomFrom(17);
  const at = (size: number) => Math.floor((SIDE - size) * random());
  const boxes = Array.from({ length: 60 }, (_, i) => {
    const cover = i < 20 ? 'forest' : i < 30 ? 'water' : i < 45 ? 'bare' : 'roof';
    const side = cover === 'roof' ? 12 : 60;
    return { x: at(side), y: at(side), width: side, height: side, cover } as const;
  });
  // in the place of the one before it: the work stays the same
  const name = `${month}-12`;
  const path = join(folder, `${name}.tif`);
  await writeCovers(path, [SIDE, SIDE], boxes.slice(0, 45 + (k % 15)), { acquired: name });
  await rename(path, join(folder, 'inbox', `${name}.tif`));
}

const ASKED = [
  (month: string) => `/api/overview?month=${month}`,
  (month: string) => `/api/patches?month=${month}&limit=50`,
  (month: string) => `/tiles/patches/14/13372/7138.pbf?month=${month}`,
  () => '/ogc/collections/patches/items?f=json&limit=100',
  () => '/api/scenes',
  () => '/health',
];

async function bench(options: SoakOptions): Promise<SoakResults> {
  const folder = await mkdtemp(join(tmpdir(), 'tuban-soak-'));
  const running: Lasting[] = [];
  try {
    const token = await prepare(options.url);
    await mkdir(join(folder, 'inbox'));
    const settings = {
      schedule: {
        inbox: 'inbox',
        everyMinutes: 0.1,
        settleSeconds: 2,
        catchUpMonths: MONTHS,
        leastUsable: 0,
      },
    };
    await writeFile(join(folder, 'tuban.json'), JSON.stringify(settings));
    // as docs/deploy starts them
    const env = { TUBAN_DATABASE_URL: options.url, MALLOC_ARENA_MAX: '2' };
    const serve = startLasting(['serve', '--port', '0'], folder, env);
    const worker = startLasting(['worker', '--workers', '1'], folder, env);
    const clock = startLasting(['schedule', '--distributed'], folder, env);
    running.push(serve, worker, clock);
    const base = await addressOf(serve);
    const seen = await watch(options, { folder, base, token, running });
    const db = await openDatabase({ url: options.url, dataDir: '', holder: 'bench' });
    const runs = await listRuns(db, {}).finally(() => db.close());
    const published = runs.filter(({ status }) => status === 'published' || status === 'replaced').length;
    return { ...seen, machine: describeMachine(), published };
  } finally {
    for (const one of running.reverse()) await one.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function addressOf(serve: Lasting): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    serve.look();
    const address = /http:\/\/\S+/.exec(serve.said())?.[0];
    if (address !== undefined) return address;
    await wait(100);
  }
  throw new Error(`tuban serve tells no address: ${serve.said()}`);
}

async function watch(
  { minutes, warmUpMinutes, everyS }: SoakOptions,
  at: { folder: string; base: string; token: string; running: readonly Lasting[] },
) {
  const months = monthsDue();
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const looks = new Map<string, { s: number; look: Look }[]>(at.running.map(({ name }) => [name, []]));
  const counts = { delivered: 0, asked: 0, failed: 0 };
  let nextLook = 0;
  let nextCollection = COLLECT_S;
  while (seconds() < 60 * minutes) {
    if (seconds() >= counts.delivered * everyS) {
      await deliver(at.folder, counts.delivered, months[counts.delivered % MONTHS]);
      counts.delivered++;
    }
    const month = months[counts.asked % MONTHS];
    const path = ASKED[counts.asked % ASKED.length](month);
    const answer = await fetch(new URL(path, at.base), { headers: { authorization: `Bearer ${at.token}` } });
    await answer.arrayBuffer();
    counts.asked++;
    // a month that has not been run yet is not there
    if (!answer.ok && answer.status !== 404) counts.failed++;
    if (seconds() >= nextLook) {
      for (const one of at.running) looks.get(one.name)?.push({ s: seconds(), look: one.look() });
      nextLook += LOOK_S;
      if (Math.round(nextLook) % 600 === 0)
        tell(`${Math.round(seconds() / 60)} min: ${JSON.stringify(counts)}`);
    }
    if (seconds() >= nextCollection) {
      for (const one of at.running) one.collect();
      nextCollection += COLLECT_S;
    }
    await wait(250);
  }
  const held = at.running.map((one): Held => {
    const since = 60 * warmUpMinutes;
    const counted = (looks.get(one.name) ?? []).filter(({ s }) => s >= since);
    const memory = (points: readonly Point[]): Memory => {
      const least = floors(points, FLOOR_S);
      return { mb: ends(least), slope: slopeOf(least) };
    };
    // one is asked for a minute, and a busy process answers late: its place in the list tells when, near enough
    const kept = one
      .kept()
      .map((left, k) => ({ s: (k + 1) * COLLECT_S, left }))
      .filter(({ s }) => s >= since);
    const handles = floors(
      counted.map(({ s, look }) => ({ s, value: look.handles })),
      FLOOR_S,
    );
    const threads = counted.map(({ s, look }) => ({ s, value: look.threads }));
    return {
      name: one.name,
      resident: memory(counted.map(({ s, look }) => ({ s, value: (look.rssKb * 1024) / MB }))),
      afterCollection: memory(kept.map(({ s, left }) => ({ s, value: left.rss / MB }))),
      kept: memory(kept.map(({ s, left }) => ({ s, value: (left.heap + left.external) / MB }))),
      handles: ends(handles),
      handlesAnHour: slopeOf(handles),
      threads: ends(threads),
    };
  });
  const all = [...looks].map(([name, list]) => [
    name,
    list.map(({ s, look }) => ({ s: Math.round(s), ...look })),
  ]);
  const collections = Object.fromEntries(at.running.map((one) => [one.name, one.kept()]));
  return { minutes, warmUpMinutes, ...counts, held, looks: Object.fromEntries(all), collections };
}

const ends = (of: readonly Point[]) => [of[0].value, of[of.length - 1].value] as const;

function markdown({
  machine,
  minutes,
  warmUpMinutes,
  delivered,
  published,
  asked,
  failed,
  held,
}: SoakResults) {
  const slope = (of: Slope | null) =>
    of === null ? '–' : `${(100 * of.anHour).toFixed(2)} ± ${(200 * of.error).toFixed(2)} %`;
  const memory = ({ mb, slope: of }: Memory) =>
    `${mb.map((value) => value.toFixed(value < 100 ? 1 : 0)).join(' → ')} | ${slope(of)}`;
  const rows = held.map(
    (one) =>
      `| ${one.name} | ${memory(one.resident)} | ${memory(one.afterCollection)} | ${memory(one.kept)} | ${one.handles.join(' → ')} | ${slope(one.handlesAnHour)} | ${one.threads.join(' → ')} |`,
  );
  return [
    `${minutes} minutes, the first ${warmUpMinutes} not counted: ${delivered} scenes delivered, ${published} runs published, ${asked} requests (${failed} failed).`,
    '',
    '| process | memory, MB | an hour, ± 2 standard errors | after collection, MB | an hour | cannot be collected, MB | an hour | handles | an hour | threads |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `${machine.cpu}, ${machine.date}`,
    '',
  ].join('\n');
}

await runBench({ name: 'bench/soak', usage: USAGE, file: 'soak', parse, bench, markdown });
