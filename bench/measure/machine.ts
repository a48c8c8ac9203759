import { cpus, loadavg, release, totalmem } from 'node:os';

/** Where and when figures were measured; without it they say nothing. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Runnable processes on average over the last minute before the bench began: much above 0, others were at work. */
  readonly loadAtStart: number;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    loadAtStart: Math.round(loadavg()[0] * 100) / 100,
  };
}
