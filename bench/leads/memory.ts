import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all it started hold and have used; Linux tells, elsewhere both are 0. */
export interface TreeUse {
  /** Proportional set size: pages that processes share count once. MB. */
  readonly mb: number;
  /** User and system time of those still alive, seconds. */
  readonly cpuS: number;
}

/** Clock ticks a second in /proc/PID/stat, which Linux fixes for user space. */
const TICKS = 100;

/** @param root its number; itself and its descendants are counted */
export function treeUse(root: number): TreeUse {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of entries('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : '';
    // the name of a program stands in parentheses and may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.length < 13) continue;
    parents.set(Number(name), Number(fields[1]));
    ticks.set(Number(name), Number(fields[11]) + Number(fields[12]));
  }
  const within = (pid: number): boolean =>
    pid === root || (parents.has(pid) && parents.get(pid) !== pid && within(parents.get(pid) ?? 0));
  const own = [...parents.keys()].filter(within);
  const mb = own.reduce((sum, pid) => sum + kilobytes(pid) / 1024, 0);
  return { mb, cpuS: own.reduce((sum, pid) => sum + (ticks.get(pid) ?? 0), 0) / TICKS };
}

function kilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A process may end between being listed and being read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
