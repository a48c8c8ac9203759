import { dirname } from 'node:path';
import { makeFolder, writeWhole as writeInFolder } from '../../raster/whole-file.js';

/** Writes a file that appears whole or not at all; folders on the way to it are made. @throws Unavailable where its disk is full or broken. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await makeFolder(dirname(path));
  await writeInFolder(path, content);
}
