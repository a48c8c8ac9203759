import { open } from 'node:fs/promises';

/** One image file directory as it stands in a TIFF. */
export interface Directory {
  readonly offset: number;
  /** Values of the tags with integer types; others are empty. */
  readonly tags: ReadonlyMap<number, readonly number[]>;
}

/** Reads the directories of a little-endian TIFF or BigTIFF, in the order of their chain. For checks, not for rasters. */
export async function readDirectories(path: string): Promise<Directory[]> {
  const file = await open(path);
  try {
    const read = async (position: number, length: number) => {
      const buffer = Buffer.alloc(length);
      await file.read(buffer, 0, length, position);
      return buffer;
    };
    const head = await read(0, 16);
    const big = head.readUInt16LE(2) === 43;
    const address = (b: Buffer, at: number) => (big ? Number(b.readBigUInt64LE(at)) : b.readUInt32LE(at));
    const [countSize, entrySize, inline] = big ? [8, 20, 8] : [2, 12, 4];
    const directories: Directory[] = [];
    let offset = address(head, big ? 8 : 4);
    while (offset !== 0) {
      const count = (await read(offset, countSize)).readUInt16LE(0);
      const body = await read(offset + countSize, count * entrySize + inline);
      const tags = new Map<number, number[]>();
      for (let i = 0; i < count; i++) {
        const at = i * entrySize;
        const type = body.readUInt16LE(at + 2);
        const length = address(body, at + 4);
        const width = type === 3 ? 2 : type === 4 ? 4 : type === 16 ? 8 : 0;
        const valueAt = at + 4 + inline;
        const values =
          width * length > inline
            ? await read(address(body, valueAt), width * length)
            : body.subarray(valueAt, valueAt + inline);
        tags.set(
          body.readUInt16LE(at),
          Array.from({ length: width ? length : 0 }, (_, k) =>
            width === 8 ? Number(values.readBigUInt64LE(8 * k)) : values.readUIntLE(width * k, width),
          ),
        );
      }
      directories.push({ offset, tags });
      offset = address(body, count * entrySize);
    }
    return directories;
  } finally {
    await file.close();
  }
}

/**
 * What keeps a file from being a Cloud Optimized GeoTIFF, by the rules of rio-cogeo's and GDAL's validators; empty
 * where nothing does.
 */
export async function cogViolations(path: string): Promise<string[]> {
  const found: string[] = [];
  const directories = await readDirectories(path);
  const of = (d: Directory, tag: number) => d.tags.get(tag) ?? [];
  const main = directories[0];
  const [width] = of(main, 256);
  const [height] = of(main, 257);
  if (main.offset !== 8 && main.offset !== 16) found.push(`the main directory is at ${main.offset}`);
  if (Math.max(width, height) > 512 && directories.length === 1) found.push('no overviews');
  directories.forEach((d, i) => {
    if (of(d, 322).length === 0) found.push(`directory ${i} is not tiled`);
    if ((of(d, 254)[0] ?? 0) !== (i === 0 ? 0 : 1)) found.push(`directory ${i} has the wrong subfile type`);
    const [first] = of(d, 324);
    if (first < directories[directories.length - 1].offset)
      found.push(`tiles of directory ${i} precede directories`);
    if (i === 0) return;
    const above = directories[i - 1];
    if (d.offset < above.offset) found.push(`directory ${i} precedes the one of the larger image`);
    if (of(d, 256)[0] >= of(above, 256)[0] && of(d, 257)[0] >= of(above, 257)[0]) {
      found.push(`overview ${i} is not smaller than its source`);
    }
    if (first > of(above, 324)[0]) found.push(`tiles of directory ${i} follow those of the larger image`);
  });
  return found;
}
