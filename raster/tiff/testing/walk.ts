/** Where the entries of a TIFF stand, for whoever wants to spoil them. Sound files only: nothing is checked. */
export interface Walked {
  readonly littleEndian: boolean;
  readonly bigTiff: boolean;
  /** Bytes of an entry, and of its value or offset. */
  readonly entryBytes: 12 | 20;
  readonly inlineBytes: 4 | 8;
  readonly directories: readonly WalkedDirectory[];
}

export interface WalkedDirectory {
  readonly at: number;
  /** Where the entries begin, and where the offset of the next directory stands. */
  readonly entriesAt: number;
  readonly nextAt: number;
  readonly entries: readonly WalkedEntry[];
}

export interface WalkedEntry {
  readonly at: number;
  readonly tag: number;
  readonly type: number;
  readonly count: number;
}

export function walk(bytes: Buffer): Walked {
  const littleEndian = bytes.toString('latin1', 0, 2) === 'II';
  const bigTiff = readUint(bytes, 2, 2, littleEndian) === 43;
  const inlineBytes = bigTiff ? 8 : 4;
  const entryBytes = bigTiff ? 20 : 12;
  const countBytes = bigTiff ? 8 : 2;
  const directories: WalkedDirectory[] = [];
  let at = readUint(bytes, bigTiff ? 8 : 4, inlineBytes, littleEndian);
  while (at !== 0) {
    const count = readUint(bytes, at, countBytes, littleEndian);
    const entriesAt = at + countBytes;
    const entries = Array.from({ length: count }, (_, i): WalkedEntry => {
      const entry = entriesAt + i * entryBytes;
      return {
        at: entry,
        tag: readUint(bytes, entry, 2, littleEndian),
        type: readUint(bytes, entry + 2, 2, littleEndian),
        count: readUint(bytes, entry + 4, inlineBytes, littleEndian),
      };
    });
    const nextAt = entriesAt + count * entryBytes;
    directories.push({ at, entriesAt, nextAt, entries });
    at = readUint(bytes, nextAt, inlineBytes, littleEndian);
  }
  return { littleEndian, bigTiff, entryBytes, inlineBytes, directories };
}

export function readUint(bytes: Buffer, at: number, width: 2 | 4 | 8, littleEndian: boolean): number {
  if (width === 2) return littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  if (width === 4) return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}

/** Writes a whole number, cut to the width: -1 is all bits. */
export function writeUint(
  bytes: Buffer,
  at: number,
  width: 2 | 4 | 8,
  value: number | bigint,
  littleEndian: boolean,
): void {
  const word = BigInt.asUintN(8 * width, BigInt(value));
  for (let i = 0; i < width; i++) {
    const shift = BigInt(8 * (littleEndian ? i : width - 1 - i));
    bytes[at + i] = Number((word >> shift) & 255n);
  }
}
