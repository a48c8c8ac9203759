import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { writeProblem } from './errors.js';

/**
 * Writes a file that appears whole or not at all, also where several write the same one at once. Its folder must be there:
 * one that was cleared away stays so.
 * @throws Unavailable where its disk is full or broken.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await writeFile(beside, content);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw writeProblem(path, error);
  }
}

/** Makes a folder and those on the way to it. @throws Unavailable where its disk is full or broken. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeProblem(folder, error);
  }
}
