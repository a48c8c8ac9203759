import { crc32, inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { zipFiles } from './zip.js';

it('writes an archive whose directory leads to every file, Chinese names too', () => {
  const files = [
    { name: '图斑.dbf', bytes: Buffer.from('a'.repeat(1000)) },
    { name: 'empty.prj', bytes: new Uint8Array() },
  ];
  const zip = Buffer.from(zipFiles(files));
  const end = zip.subarray(-22);
  expect(end.readUInt32LE(0)).toBe(0x06054b50);
  expect(end.readUInt16LE(10)).toBe(2);
  let at = end.readUInt32LE(16);
  for (const { name, bytes } of files) {
    expect(zip.readUInt32LE(at)).toBe(0x02014b50);
    const length = zip.readUInt16LE(at + 28);
    expect(zip.toString('utf8', at + 46, at + 46 + length)).toBe(name);
    expect(zip.readUInt32LE(at + 16)).toBe(crc32(bytes));
    const local = zip.readUInt32LE(at + 42);
    expect(zip.readUInt32LE(local)).toBe(0x04034b50);
    const start = local + 30 + zip.readUInt16LE(local + 26);
    expect(inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)))).toEqual(
      Buffer.from(bytes),
    );
    at += 46 + length;
  }
});
