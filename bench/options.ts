import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BadInput } from '../raster/errors.js';
import { CLI } from './cli.js';

/** Parts of the bench that can be run alone. */
export const PARTS = ['whole', 'chain', 'workers', 'backends', 'polygonize', 'kernels'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Sides of the scenes in px, ascending. */
  readonly sides: readonly number[];
  readonly parts: ReadonlySet<Part>;
  /** Where scenes are kept and work is done. */
  readonly folder: string;
  /** Where the results go. */
  readonly results: string;
  /** How often each figure is measured; the median counts. */
  readonly repeat: number;
  readonly seed: number;
  /** The CLI that is measured. */
  readonly cli: string;
  /** Largest side on which the chain of GDAL tools runs, and `diff` with its defaults. */
  readonly chainUpTo: number;
  readonly defaultsUpTo: number;
  /** Side of the raster that is polygonized. */
  readonly polygonizeSide: number;
}

export const USAGE = `npm run bench -- [options]
  --sides LIST            sides of the scenes in px (2048,4096,8192,16384)
  --only LIST             parts: ${PARTS.join(', ')} (all)
  --dir DIR               where scenes are kept and work is done (in the system's temporary folder)
  --results DIR           where latest.md and latest.json go (bench/results)
  --repeat N              times each figure is measured, of which the median counts (1)
  --seed N                seed of the scenes (1)
  --cli FILE              another build's jobs/cli.js to measure
  --chain-up-to N         largest side for the GDAL chain (8192)
  --defaults-up-to N      largest side for diff with its defaults (8192)
  --polygonize-side N     side of the noisy raster (8192)`;

/** @throws BadInput naming the option that cannot be used. */
export function parseOptions(argv: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      sides: { type: 'string', default: '2048,4096,8192,16384' },
      only: { type: 'string', default: PARTS.join(',') },
      dir: { type: 'string', default: join(tmpdir(), 'tuban-bench') },
      results: { type: 'string', default: join('bench', 'results') },
      repeat: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      cli: { type: 'string', default: CLI },
      'chain-up-to': { type: 'string', default: '8192' },
      'defaults-up-to': { type: 'string', default: '8192' },
      'polygonize-side': { type: 'string', default: '8192' },
    },
  });
  if (values.help) return 'help';
  return {
    sides: [...new Set(values.sides.split(',').map((side) => whole('--sides', side)))].sort((a, b) => a - b),
    parts: new Set(values.only.split(',').map(part)),
    folder: values.dir,
    results: values.results,
    repeat: whole('--repeat', values.repeat),
    seed: whole('--seed', values.seed),
    cli: values.cli,
    chainUpTo: whole('--chain-up-to', values['chain-up-to']),
    defaultsUpTo: whole('--defaults-up-to', values['defaults-up-to']),
    polygonizeSide: whole('--polygonize-side', values['polygonize-side']),
  };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new BadInput(`${option} ${text}: not a whole number above 0; expected e.g. ${option} 2048`);
  }
  return value;
}

function part(text: string): Part {
  const found = PARTS.find((name) => name === text);
  if (!found) throw new BadInput(`--only ${text}: no such part; expected some of ${PARTS.join(', ')}`);
  return found;
}
