import { spawn } from 'node:child_process';
import { treeUse } from './memory.js';

export interface CommandCost {
  readonly wallS: number;
  /** Of the command and all it started, as last seen. */
  readonly cpuS: number;
  readonly peakMb: number;
}

const LOOK_MS = 400;

/** Runs tuban in a folder and watches it. @throws Error where it does not end with 0 */
export async function watched(
  cli: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandCost> {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let [cpuS, peakMb] = [0, 0];
  const timer = setInterval(() => {
    const use = treeUse(child.pid ?? -1);
    cpuS = Math.max(cpuS, use.cpuS);
    peakMb = Math.max(peakMb, use.mb);
  }, LOOK_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(timer));
  if (status !== 0) throw new Error(`tuban ${args.join(' ')} ended with ${status}`);
  return { wallS: (performance.now() - started) / 1000, cpuS, peakMb };
}
