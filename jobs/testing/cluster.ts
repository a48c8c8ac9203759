import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';

/** A PostgreSQL of a test's own, which can be killed. */
export interface Cluster {
  readonly url: string;
  /** `kill -9` of all its processes at once, as where the machine goes off; then it is started and recovers. */
  crash(): Promise<void>;
  /**
   * Databases made from a template need one before a crash: their sequences count on records of the template's log, and would begin
   * again from what was copied.
   */
  checkpoint(): Promise<void>;
  stop(): Promise<void>;
}

/** Folder of PostgreSQL's programs; null where TUBAN_TEST_POSTGRES_BIN does not name it. */
export function clusterPrograms(): string | null {
  const bin = process.env.TUBAN_TEST_POSTGRES_BIN ?? '';
  if (bin === '' && process.env.TUBAN_REQUIRE_SERVER === '1')
    throw new Error('TUBAN_REQUIRE_SERVER=1, but TUBAN_TEST_POSTGRES_BIN is not set');
  return bin === '' ? null : bin;
}

export async function startCluster(bin: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'tuban-cluster-'));
  // PostgreSQL refuses to run as root
  const as = process.getuid?.() === 0 ? idsOf('postgres') : null;
  if (as !== null) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const made = ['-D', data, '-U', 'tuban', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  execFileSync(join(bin, 'initdb'), made, { ...as, cwd: folder, stdio: 'ignore' });
  const port = await freePort();
  const url = `postgres://tuban@127.0.0.1:${port}/postgres`;
  let running: ChildProcess;
  const start = async () => {
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
    running = spawn(join(bin, 'postgres'), args, { ...as, cwd: folder, stdio: 'ignore' });
    await answers(url);
  };
  await start();
  const ended = () => new Promise<void>((resolve) => running.once('exit', () => resolve()));
  return {
    url,
    async crash() {
      const gone = ended();
      const children = childrenOf(running.pid ?? 0);
      running.kill('SIGKILL');
      for (const pid of children) endNow(pid);
      await gone;
      await start();
    },
    checkpoint: () => asked(url, 'CHECKPOINT'),
    async stop() {
      const gone = ended();
      running.kill('SIGINT');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(),
      );
    });
  });
}

/** proc_pid_task(5). */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

async function asked(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await asked(url, 'SELECT 1');
    } catch (error) {
      if (tries === 300) throw error;
      await wait(100);
    }
  }
}
