/** `npm run bench:quality`: what the README of `bench/` says. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runBench, tell } from '../command.js';
import { describeMachine } from '../measure/machine.js';
import { parseOptions, type QualityOptions, SERIES, USAGE } from './options.js';
import { measureReal, type RealResult } from './real.js';
import { markdown, type QualityResults, type SeriesResult } from './report.js';
import { makeSeries, runSeries } from './series/make.js';
import { CHOICES, type SeriesScore, scoreSeries } from './series/score.js';
import { REAL_SETS } from './sets.js';
import { tally } from './tally.js';

const percent = (value: number) => (100 * value).toFixed(1);

/** One series after the other: a run alone fills the machine's memory and cores. */
async function measureSeries(options: QualityOptions, work: string): Promise<SeriesResult> {
  const { cli, folder, seeds, months, leads, model } = options;
  const scores: SeriesScore[] = [];
  for (const seed of seeds) {
    tell(`series of seed ${seed}`);
    const samples = await makeSeries(cli, folder, seed, months);
    const own = join(work, `series-${seed}`);
    await runSeries(cli, samples, months, own, model, tell);
    scores.push(...(await scoreSeries(samples, months, own, leads)));
    await rm(own, { recursive: true, force: true });
  }
  const rows = CHOICES.flatMap((choice) => {
    const chosen = scores.filter((score) => score.choice === choice);
    const classes = [...new Set(chosen.map((score) => score.class))];
    return classes.map((name) => {
      const own = chosen.filter((score) => score.class === name);
      return { choice, class: name, ...tally(own), wrongOn: sums(own.map(({ wrongOn }) => wrongOn)) };
    });
  });
  return { seeds, months, model, rows };
}

function sums(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const one of all)
    for (const [name, count] of Object.entries(one)) out[name] = (out[name] ?? 0) + count;
  return out;
}

async function bench(options: QualityOptions): Promise<QualityResults> {
  const started = performance.now();
  const work = join(options.folder, `work-${process.pid}`);
  await mkdir(work, { recursive: true });
  try {
    const real: RealResult[] = [];
    for (const set of REAL_SETS) {
      if (!options.only.has(set.name)) continue;
      tell(set.name);
      const result = await measureReal(set, { ...options, work, tell });
      if (result === null) continue;
      real.push(result);
      const others = Object.entries(result.classical).map(([name, { f1 }]) => `, ${name} ${percent(f1)}`);
      tell(`${set.name}: F1 ${percent(result.tuban.pixel.f1)}${others.join('')}`);
    }
    const series = options.only.has(SERIES) ? await measureSeries(options, work) : null;
    return { machine: describeMachine(), real, series, minutes: (performance.now() - started) / 60_000 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

await runBench({
  name: 'bench:quality',
  usage: USAGE,
  file: 'quality',
  parse: parseOptions,
  bench,
  markdown,
});
