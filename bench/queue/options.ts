import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BadInput } from '../../raster/errors.js';

export interface QueueOptions {
  /** Empty where TUBAN_BENCH_DATABASE_URL is not set. */
  readonly url: string;
  readonly parts: ReadonlySet<string>;
  readonly blocks: number;
  readonly side: number;
  readonly detector: string;
  readonly repeat: number;
  readonly seed: number;
  /** How long workers have to start, s. */
  readonly settleS: number;
  readonly scenes: string;
  readonly results: string;
}

export const QUEUE_USAGE = `node dist/bench/queue/main.js [options], with TUBAN_BENCH_DATABASE_URL
  --only LIST       parts: drill, throughput (both)
  --blocks N        blocks of the drill (2000)
  --side N          side of the scenes in px whose throughput is measured (8192)
  --detector NAME   what their blocks are judged by (states)
  --repeat N        rounds (1)
  --seed N          seed of scenes and kills (1)
  --dir DIR         where scenes are kept and work is done (in the system's temporary folder)
  --results DIR     where queue.md and queue.json go (bench/results)`;

/** @throws BadInput naming the option that cannot be used. */
export function parseQueueOptions(argv: readonly string[]): QueueOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      only: { type: 'string', default: 'drill,throughput' },
      blocks: { type: 'string', default: '2000' },
      side: { type: 'string', default: '8192' },
      detector: { type: 'string', default: 'states' },
      repeat: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      settle: { type: 'string', default: '5' },
      dir: { type: 'string', default: join(tmpdir(), 'tuban-bench') },
      results: { type: 'string', default: join('bench', 'results') },
    },
  });
  if (values.help) return 'help';
  const whole = (option: 'blocks' | 'side' | 'repeat' | 'seed' | 'settle') => {
    const value = Number(values[option]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new BadInput(`--${option} ${values[option]}: not a whole number above 0`);
  };
  return {
    url: process.env.TUBAN_BENCH_DATABASE_URL ?? '',
    parts: new Set(values.only.split(',')),
    blocks: whole('blocks'),
    side: whole('side'),
    detector: values.detector,
    repeat: whole('repeat'),
    seed: whole('seed'),
    settleS: whole('settle'),
    scenes: values.dir,
    results: values.results,
  };
}
