import { mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { bombs } from './bombs.js';
import { mutation } from './mutations.js';
import { type Probed, probe, refusalProblem } from './probe.js';
import { seedFiles } from './seeds.js';

/** Mutations `from` to `to` of the series `seed`, or the bombs of these numbers. */
export interface HostileWork {
  readonly kind: 'mutations' | 'bombs' | 'files';
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Of kind `files`. */
  readonly paths?: readonly string[];
}

/** A line to the parent: which file comes next, what is wrong with it, or how many there were. */
export type HostileLine =
  | { readonly next: number }
  | { readonly wrong: string }
  | {
      readonly read: number;
      readonly refused: number;
      readonly slowestMs: number;
      readonly growthMb: number;
    };

/** Where the parent listens: written at once, so that it knows which file a process hung or died at. */
const REPORT = 3;
/** A file may take this long, and make the process grow by this much beyond what sound ones need. */
const MOST_MS = 5000;
const MOST_MB = 64;

const say = (line: HostileLine) => writeSync(REPORT, `${JSON.stringify(line)}\n`);

function peakKb(): number {
  try {
    const found = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'));
    if (found) return Number(found[1]);
  } catch {
    // no Linux
  }
  return process.resourceUsage().maxRSS;
}

/** Linux forgets the peak so far (proc(5)); elsewhere only a peak above all before is seen. @returns the peak from now on */
function forgetPeak(): number {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // no Linux
  }
  return peakKb();
}

/** Runs `work` and tells by how many MB memory peaked above what the process had. */
async function growthOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly growthMb: number }> {
  const before = forgetPeak();
  const result = await work();
  return { result, growthMb: (peakKb() - before) / 1024 };
}

async function probeOrStack(path: string): Promise<Probed | { readonly stack: string }> {
  try {
    return await probe(path);
  } catch (error) {
    return { stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function main({ kind, seed, from, to, paths = [] }: HostileWork): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-hostile-'));
  const path = join(folder, 'h.tif');
  try {
    const seeds = await seedFiles();
    const sound = new Map<string, string>();
    for (const { name, bytes } of seeds) {
      writeFileSync(path, bytes);
      const probed = await probe(path);
      if ('digest' in probed) sound.set(name, probed.digest);
      else say({ wrong: `the sound file is refused: ${name}: ${probed.refusal}` });
    }
    const charges = kind === 'bombs' ? bombs() : [];
    const counts = { read: 0, refused: 0, slowestMs: 0, growthMb: 0 };
    for (let i = from; i < to; i++) {
      say({ next: i });
      const spoilt = kind === 'mutations' ? mutation(seeds, seed, i) : charges[i]?.();
      const at = paths[i] ?? path;
      const what = `${kind} ${i} (${spoilt?.what ?? at})`;
      if (spoilt) writeFileSync(path, spoilt.bytes);
      const start = performance.now();
      const { result: probed, growthMb } = await growthOf(() => probeOrStack(at));
      const took = performance.now() - start;
      counts.slowestMs = Math.max(counts.slowestMs, took);
      counts.growthMb = Math.max(counts.growthMb, growthMb);
      if (took > MOST_MS) say({ wrong: `${what}: took ${Math.round(took)} ms` });
      if (growthMb > MOST_MB) say({ wrong: `${what}: took ${Math.round(growthMb)} MB` });
      if ('stack' in probed) {
        say({ wrong: `${what}: ${probed.stack}` });
        continue;
      }
      if ('refusal' in probed) {
        counts.refused++;
        const problem = refusalProblem(at, probed.refusal);
        if (problem) say({ wrong: `${what}: ${problem}` });
      } else counts.read++;
      const before = spoilt?.seed === undefined ? undefined : sound.get(spoilt.seed);
      const asBefore = 'digest' in probed && (before === undefined || probed.digest === before);
      if (spoilt?.same && !asBefore)
        say({ wrong: `${what}: means the same but was read otherwise: ${JSON.stringify(probed)}` });
      // what a file left running must have its turn, so that it fails here and not at the next one
      if (i % 16 === 0) await tick();
    }
    await tick();
    say(counts);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(JSON.parse(process.argv[2] ?? '{}'));
