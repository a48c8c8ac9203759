import { below, pick, seeded } from './random.js';
import type { Seed } from './seeds.js';
import { readUint, type Walked, type WalkedDirectory, type WalkedEntry, walk, writeUint } from './walk.js';

export interface Mutation {
  /** Name of the sound file it was made of, where there is one. */
  readonly seed?: string;
  /** Which file, and what was done to it. */
  readonly what: string;
  readonly bytes: Buffer;
  /** True where the file means the same as before: its pixels must be read as they were. */
  readonly same: boolean;
}

type Random = () => number;
type Spoil = (bytes: Buffer, at: Walked, random: Random) => Buffer;

/** Mutation number `index` of a series: the same whatever slice of the series it is made in. */
export function mutation(seeds: readonly Seed[], seed: number, index: number): Mutation {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77));
  const from = seeds[index % seeds.length];
  const original = Buffer.from(from.bytes);
  if (random() < 0.15) {
    const [name, spoil] = pick(random, Object.entries(HARMLESS));
    const bytes = spoil(original, walk(original), random);
    return { seed: from.name, what: `${from.name}: ${name}`, bytes, same: true };
  }
  const done: string[] = [];
  let bytes: Buffer = original;
  // places are those of the sound file: a second fault may hit what the first has moved, which is as good
  const places = walk(original);
  for (let left = random() < 0.7 ? 1 : 2 + below(random, 2); left > 0; left--) {
    const [name, spoil] = pick(random, Object.entries(HARMFUL));
    bytes = spoil(bytes, places, random);
    done.push(name);
  }
  return { seed: from.name, what: `${from.name}: ${done.join(', ')}`, bytes, same: false };
}

const anyDirectory = ({ directories }: Walked, random: Random): WalkedDirectory =>
  random() < 0.7 ? directories[0] : pick(random, directories);
const anyEntry = (at: Walked, random: Random): WalkedEntry => pick(random, anyDirectory(at, random).entries);

/** Numbers that stand at an edge of something: of a type, of the file, of the entry itself. */
function extreme(random: Random, size: number, here: number): number | bigint {
  return pick<number | bigint>(random, [
    0,
    1,
    2,
    size - 1,
    size,
    size + 1,
    size >> 1,
    here,
    here + 1,
    8,
    0x7fff,
    0xffff,
    0x10000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    1n << 53n,
    (1n << 63n) - 1n,
    1n << 63n,
    -1n,
    below(random, size),
    below(random, 0xffff_ffff),
  ]);
}

/** Writes where there still is a byte to write to: a file may have been cut off before. */
function write(bytes: Buffer, at: number, width: 2 | 4 | 8, value: number | bigint, little: boolean): Buffer {
  if (at >= 0 && at + width <= bytes.length) writeUint(bytes, at, width, value, little);
  return bytes;
}

const HARMFUL: Readonly<Record<string, Spoil>> = {
  'bytes flipped': (bytes, _, random) => {
    for (let n = 1 + below(random, 8); n > 0 && bytes.length > 0; n--)
      bytes[below(random, bytes.length)] ^= 1 + below(random, 255);
    return bytes;
  },
  'a byte of a directory flipped': (bytes, at, random) => {
    const { entriesAt, nextAt } = anyDirectory(at, random);
    const place = entriesAt - 2 + below(random, nextAt + 6 - entriesAt);
    if (place < bytes.length) bytes[place] ^= 1 << below(random, 8);
    return bytes;
  },
  'a byte of the header changed': (bytes, _, random) => {
    const place = below(random, 16);
    if (place < bytes.length) bytes[place] = below(random, 256);
    return bytes;
  },
  'a value or offset at an edge': (bytes, at, random) => {
    const entry = anyEntry(at, random);
    const value = extreme(random, bytes.length, entry.at);
    return write(bytes, entry.at + 4 + at.inlineBytes, at.inlineBytes, value, at.littleEndian);
  },
  'a short value at an edge': (bytes, at, random) => {
    const entry = anyEntry(at, random);
    const value = extreme(random, bytes.length, entry.at);
    return write(bytes, entry.at + 4 + at.inlineBytes, 2, value, at.littleEndian);
  },
  'a count at an edge': (bytes, at, random) => {
    const entry = anyEntry(at, random);
    return write(
      bytes,
      entry.at + 4,
      at.inlineBytes,
      extreme(random, bytes.length, entry.at),
      at.littleEndian,
    );
  },
  'another field type': (bytes, at, random) =>
    write(bytes, anyEntry(at, random).at + 2, 2, below(random, 20), at.littleEndian),
  'another tag': (bytes, at, random) => {
    const tag = random() < 0.5 ? anyEntry(at, random).tag : pick(random, KNOWN_TAGS);
    return write(bytes, anyEntry(at, random).at, 2, tag, at.littleEndian);
  },
  'an entry dropped': (bytes, at, random) => {
    const directory = anyDirectory(at, random);
    const dropped = pick(random, directory.entries);
    return relocated(bytes, at, directory, without(directory, dropped));
  },
  'an entry doubled with another value': (bytes, at, random) => {
    const directory = anyDirectory(at, random);
    const doubled = pick(random, directory.entries);
    const moved = relocated(bytes, at, directory, [...directory.entries, doubled]);
    const last = moved.length - at.inlineBytes - at.entryBytes;
    return write(moved, last + 4 + at.inlineBytes, 4, below(random, 0xffff_ffff), at.littleEndian);
  },
  'another next directory': (bytes, at, random) => {
    const { nextAt } = pick(random, at.directories);
    const value = random() < 0.3 ? pick(random, at.directories).at : extreme(random, bytes.length, nextAt);
    return write(bytes, nextAt, at.inlineBytes, value, at.littleEndian);
  },
  'another first directory': (bytes, at, random) =>
    write(bytes, at.bigTiff ? 8 : 4, at.inlineBytes, extreme(random, bytes.length, 4), at.littleEndian),
  'another count of entries': (bytes, at, random) =>
    write(
      bytes,
      anyDirectory(at, random).at,
      at.bigTiff ? 8 : 2,
      extreme(random, bytes.length, 3),
      at.littleEndian,
    ),
  'cut off': (bytes, _, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  'a stretch copied over another': (bytes, _, random) => {
    const from = below(random, bytes.length + 1);
    bytes.subarray(from, from + 1 + below(random, 64)).copy(bytes, below(random, bytes.length + 1));
    return bytes;
  },
  'a stretch of zeros or ones': (bytes, _, random) => {
    const from = below(random, bytes.length + 1);
    bytes.subarray(from, from + 1 + below(random, 200)).fill(random() < 0.5 ? 0 : 255);
    return bytes;
  },
};

/** Tags the reader looks at. */
const KNOWN_TAGS = [
  254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 306, 317, 322, 323, 324, 325, 338, 339, 347,
  33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, 50674,
] as const;

const HARMLESS: Readonly<Record<string, Spoil>> = {
  'bytes after the end': (bytes, _, random) =>
    Buffer.concat([bytes, Buffer.from(Array.from({ length: below(random, 300) }, () => below(random, 256)))]),
  'an unknown tag more': (bytes, at, random) => {
    const [directory] = at.directories;
    const entries = [...directory.entries, { ...directory.entries[0], unknown: 65_000 + below(random, 500) }];
    return relocated(bytes, at, directory, entries);
  },
  'an entry twice': (bytes, at, random) => {
    const [directory] = at.directories;
    return relocated(bytes, at, directory, [...directory.entries, pick(random, directory.entries)]);
  },
  'entries in another order': (bytes, at, random) => {
    const [directory] = at.directories;
    const shuffled = [...directory.entries].map((entry) => ({ entry, key: random() }));
    shuffled.sort((a, b) => a.key - b.key);
    return relocated(
      bytes,
      at,
      directory,
      shuffled.map(({ entry }) => entry),
    );
  },
  'a short written as a long': (bytes, at, random) => {
    const shorts = at.directories[0].entries.filter(({ type, count }) => type === 3 && count === 1);
    const entry = pick(random, shorts);
    const valueAt = entry.at + 4 + at.inlineBytes;
    const value = readUint(bytes, valueAt, 2, at.littleEndian);
    write(bytes, entry.at + 2, 2, 4, at.littleEndian);
    return write(bytes, valueAt, 4, value, at.littleEndian);
  },
  'a chain that runs in a circle': (bytes, at, random) => {
    const { nextAt } = at.directories[at.directories.length - 1];
    return write(bytes, nextAt, at.inlineBytes, pick(random, at.directories).at, at.littleEndian);
  },
  'a chain that ends in nothing': (bytes, at, random) => {
    const { nextAt } = at.directories[at.directories.length - 1];
    const value = pick(random, [bytes.length, bytes.length + 8, 0x7fff_fff0]);
    return write(bytes, nextAt, at.inlineBytes, value, at.littleEndian);
  },
  'no description': (bytes, at, random) => {
    const [directory] = at.directories;
    const tag = pick(random, [306, 34737, 42112]);
    return relocated(
      bytes,
      at,
      directory,
      directory.entries.filter((entry) => entry.tag !== tag),
    );
  },
};

const without = ({ entries }: WalkedDirectory, dropped: WalkedEntry) =>
  entries.filter((entry) => entry !== dropped);

/** The file with a directory written anew at its end, out of other entries; whatever pointed at the old one points there. */
function relocated(
  bytes: Buffer,
  at: Walked,
  directory: WalkedDirectory,
  entries: readonly (WalkedEntry & { readonly unknown?: number })[],
): Buffer {
  const { littleEndian, bigTiff, entryBytes, inlineBytes } = at;
  const countBytes = bigTiff ? 8 : 2;
  const start = bytes.length + (bytes.length % 2);
  const made = Buffer.alloc(countBytes + entries.length * entryBytes + inlineBytes);
  writeUint(made, 0, countBytes, entries.length, littleEndian);
  for (const [i, entry] of entries.entries()) {
    bytes.subarray(entry.at, entry.at + entryBytes).copy(made, countBytes + i * entryBytes);
    if (entry.unknown !== undefined)
      writeUint(made, countBytes + i * entryBytes, 2, entry.unknown, littleEndian);
  }
  bytes.subarray(directory.nextAt, directory.nextAt + inlineBytes).copy(made, made.length - inlineBytes);
  const out = Buffer.concat([bytes, Buffer.alloc(start - bytes.length), made]);
  const before = at.directories[at.directories.indexOf(directory) - 1];
  return write(out, before?.nextAt ?? (bigTiff ? 8 : 4), inlineBytes, start, littleEndian);
}
