import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { BadInput } from '../../raster/errors.js';

const inflate = promisify(inflateRaw);

/** A workbook has some dozens. */
const MOST_ENTRIES = 1000;
/** APPNOTE 4.3.7: signature, and 26 bytes before the lengths of name and extra field. */
const LOCAL_HEADER = Buffer.from('PK\u0003\u0004', 'latin1');

/**
 * Refuses an archive that grows beyond `most` bytes when it is unpacked, whatever sizes it says of itself. Every local header is
 * tried, listed or not: readers differ in which they go by.
 * @throws BadInput as the rest of a sentence that begins with the file's name
 */
export async function checkUnpackedSize(bytes: Buffer, most: number): Promise<void> {
  let left = most;
  let entries = 0;
  for (let at = bytes.indexOf(LOCAL_HEADER); at >= 0; at = bytes.indexOf(LOCAL_HEADER, at + 4)) {
    if (at + 30 > bytes.length) return;
    if (++entries > MOST_ENTRIES) throw new BadInput(`holds more than ${MOST_ENTRIES} files`);
    const from = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    try {
      left -= (await inflate(bytes.subarray(from), { maxOutputLength: left + 1 })).length;
    } catch (error) {
      // what is not deflated is no larger than it stands here; what is broken the reader will say
      if (!(error instanceof RangeError)) continue;
      left = -1;
    }
    if (left < 0) throw new BadInput(`grows beyond ${most >> 20} MB when it is unpacked`);
  }
}
