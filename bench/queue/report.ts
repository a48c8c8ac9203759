import type { Machine } from '../measure/machine.js';
import { type Ceiling, gainOf } from './ceiling.js';

/** One round: the same comparison in a thread of one process, and over the queue. */
export interface Throughput {
  readonly local: { readonly wallS: number; readonly cpuS: number };
  readonly over: readonly {
    readonly workers: number;
    readonly wallS: number;
    /** Of all workers. */
    readonly cpuS: number;
    /** Of whoever queues and takes. */
    readonly parentCpuS: number;
  }[];
  readonly most: Ceiling;
}

export interface QueueResults {
  readonly machine: Machine;
  readonly seed: number;
  readonly side: number;
  readonly detector: string;
  readonly drill: {
    readonly blocks: number;
    readonly workers: number;
    /** Blocks taken when a worker was killed. */
    readonly killedAt: readonly number[];
    /** Jobs that had gone silent with them. */
    readonly inHandOfKilled: number;
    readonly takenOnce: number;
    readonly sameAsAlone: boolean;
    readonly jobsLeft: number;
    readonly seconds: number;
  } | null;
  readonly rounds: readonly Throughput[];
}

export function markdown({ machine, seed, side, detector, drill, rounds }: QueueResults): string {
  const lines = [
    `# The queue, ${machine.date}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.node}, load ${machine.loadAtStart} at the start; seed ${seed}`,
    '',
  ];
  if (drill !== null)
    lines.push(
      `${drill.blocks} blocks over ${drill.workers} workers, killed at ${drill.killedAt.join(' and ')}: ${drill.takenOnce} taken once, result ${drill.sameAsAlone ? 'the same as alone' : 'ANOTHER'}, ${drill.inHandOfKilled} blocks in hands that died, ${drill.jobsLeft} jobs left, ${drill.seconds.toFixed(1)} s`,
      '',
    );
  if (rounds.length > 0)
    lines.push(
      `${side}² px, ${detector}`,
      '',
      '| round | alone, s (CPU) | 1 worker, s (CPU, parent) | 2 workers, s (CPU, parent) | 1 → 2 | two `diff` at once |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rounds.map(({ local, over, most }, i) => {
        const cells = over.map(
          (one) => `${one.wallS.toFixed(1)} (${one.cpuS.toFixed(1)}, ${one.parentCpuS.toFixed(1)})`,
        );
        const gain = over.length > 1 ? `${(over[0].wallS / over[1].wallS).toFixed(2)} ×` : '';
        return `| ${i + 1} | ${local.wallS.toFixed(1)} (${local.cpuS.toFixed(1)}) | ${cells.join(' | ')} | ${gain} | ${gainOf(most).toFixed(2)} × |`;
      }),
      '',
    );
  return lines.join('\n');
}
