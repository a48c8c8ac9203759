import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';

/** A folder of its own for one answer's files, gone afterwards whatever happens. */
export async function withFolder<T>(stateDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(stateDir, 'tmp', randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every file of a folder by name. */
export async function filesIn(
  folder: string,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
}

export async function keepUpload(stream: Readable, path: string): Promise<void> {
  await pipeline(stream, createWriteStream(path));
}

/** Sends a file to be saved under a name; one of our own making, ASCII. */
export function sendFile(reply: FastifyReply, name: string, type: string, bytes: Uint8Array): FastifyReply {
  return reply
    .type(type)
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('cache-control', 'private, no-store')
    .send(Buffer.from(bytes));
}
