import { globals } from 'geotiff';
import { MAX_ENTRIES } from './limits.js';
import { assertInside, type ByteSource } from './source.js';

/**
 * Looks over the entries of a directory before geotiff.js (3.0.5) parses it, which allocates whatever count an entry
 * claims. Every value must lie inside the file, so what is allocated is never more than the file is long.
 * @throws Error naming the tag that does not.
 */
export async function checkEntries(
  source: ByteSource,
  offset: number,
  format: { readonly littleEndian: boolean; readonly bigTiff: boolean },
): Promise<void> {
  const { littleEndian, bigTiff } = format;
  const countBytes = bigTiff ? 8 : 2;
  const entryBytes = bigTiff ? 20 : 12;
  const inlineBytes = bigTiff ? 8 : 4;
  assertInside(offset, countBytes, source.size);
  const head = viewOf(await source.read(offset, countBytes));
  const entries = bigTiff ? Number(head.getBigUint64(0, littleEndian)) : head.getUint16(0, littleEndian);
  if (entries === 0 || entries > MAX_ENTRIES) throw new Error(`corrupt: a directory claims ${entries} tags`);
  const view = viewOf(await source.read(offset + countBytes, entries * entryBytes));
  for (let i = 0; i < entries; i++) {
    const at = i * entryBytes;
    const tag = view.getUint16(at, littleEndian);
    const width = sizeOfType(view.getUint16(at + 2, littleEndian));
    if (width === 0) throw new Error(`corrupt: tag ${tag} has an unknown field type`);
    const count = bigTiff
      ? Number(view.getBigUint64(at + 4, littleEndian))
      : view.getUint32(at + 4, littleEndian);
    if (count * width <= inlineBytes) continue;
    const valueAt = bigTiff
      ? Number(view.getBigUint64(at + 12, littleEndian))
      : view.getUint32(at + 8, littleEndian);
    assertInside(valueAt, count * width, source.size);
  }
}

function sizeOfType(type: number): number {
  const sizes: Readonly<Record<number, number>> = globals.fieldTypeSizes;
  return sizes[type] ?? 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
