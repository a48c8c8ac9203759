import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { BadInput } from '../../raster/errors.js';

/**
 * A lock on a directory that the kernel frees when its holder dies, however it dies: a listening local socket named after
 * the directory. Linux: an abstract socket; Windows: a named pipe; elsewhere a socket file, taken over when nobody answers.
 * It holds between processes that share one network namespace: two containers on one volume do not see each other.
 */
export interface DirectoryLock {
  release(): Promise<void>;
}

const Holder = z.object({ pid: z.number(), holder: z.string(), since: z.string() });
type Holder = z.infer<typeof Holder>;

/** A holder busy in one long statement answers late; who does not answer in time stays nameless. */
const ANSWER_TIMEOUT_MS = 3000;

/**
 * Takes the lock of `directory` (an absolute, resolved path), or fails at once.
 * @throws BadInput naming who holds it and the ways on.
 */
export async function lockDirectory(directory: string, holder: string): Promise<DirectoryLock> {
  const address = lockAddress(directory);
  const me: Holder = { pid: process.pid, holder, since: new Date().toISOString() };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${JSON.stringify(me)}\n`);
  });
  // the lock alone keeps no process alive
  server.unref();
  if (!(await listen(server, address.path))) {
    const other = await askHolder(address.path);
    const stale = other === null && address.isFile;
    if (stale) rmSync(address.path, { force: true });
    if (!stale || !(await listen(server, address.path))) throw taken(directory, other);
  }
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Where the lock of a directory is listened on; `isFile` where it outlives its holder. */
export function lockAddress(directory: string): { path: string; isFile: boolean } {
  const name = `tuban-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return { path: `\0${name}`, isFile: false };
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\${name}`, isFile: false };
  return { path: join(tmpdir(), `${name}.sock`), isFile: true };
}

/** False where the address is taken. */
function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

/** Who holds the lock; 'silent' where somebody listens but does not say; null where nobody listens. */
function askHolder(path: string): Promise<Holder | 'silent' | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    const timer = setTimeout(() => finish('silent'), ANSWER_TIMEOUT_MS);
    const finish = (answer: Holder | 'silent' | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => finish(parseHolder(text)));
    socket.on('error', () => finish(null));
  });
}

function parseHolder(text: string): Holder | 'silent' {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return 'silent';
  }
}

function taken(directory: string, other: Holder | 'silent' | null): BadInput {
  const who =
    other === null || other === 'silent'
      ? 'another process (busy just now: it did not give its name)'
      : `"${other.holder}" (process ${other.pid}, since ${other.since})`;
  return new BadInput(
    `The embedded database ${directory} is in use by ${who}. Wait until it ends, or use its page if it is "tuban serve"; ` +
      'for several processes at once set TUBAN_DATABASE_URL to a PostgreSQL server with PostGIS (postgres://user:password@host/database)',
  );
}
