import type { Point } from '../raster/affine.js';
import type { PolygonRings, Ring } from './patch.js';

/**
 * Extended well-known binary (EWKB) as PostGIS reads and prints it: little-endian, the SRID in a flag of the type word.
 * Source: PostGIS, doc/ZMSgeoms.txt and liblwgeom/lwin_wkb.c. Only the two shapes the store keeps.
 */
const POLYGON = 3;
const MULTIPOLYGON = 6;
const HAS_Z = 0x80000000;
const HAS_M = 0x40000000;
const HAS_SRID = 0x20000000;

const POINT_BYTES = 16;
/** Byte order mark + type word. */
const HEAD_BYTES = 5;

/** Polygon as upper-case hex EWKB. `srid` 0 leaves it out. */
export function encodePolygon(rings: PolygonRings, srid: number): string {
  const buffer = Buffer.allocUnsafe(polygonBytes(rings) + (srid ? 4 : 0));
  const end = writePolygon(buffer, 0, rings, srid);
  return buffer.toString('hex', 0, end).toUpperCase();
}

/** MultiPolygon as upper-case hex EWKB. `srid` 0 leaves it out. */
export function encodeMultiPolygon(polygons: readonly PolygonRings[], srid: number): string {
  const size = polygons.reduce((sum, rings) => sum + polygonBytes(rings), HEAD_BYTES + 4 + (srid ? 4 : 0));
  const buffer = Buffer.allocUnsafe(size);
  let at = writeHead(buffer, 0, MULTIPOLYGON, srid);
  at = buffer.writeUInt32LE(polygons.length, at);
  for (const rings of polygons) at = writePolygon(buffer, at, rings, 0);
  return buffer.toString('hex', 0, at).toUpperCase();
}

/**
 * Decodes hex (E)WKB of a Polygon or MultiPolygon in either byte order.
 * @throws Error where it is another shape, has z or m, or is cut off.
 */
export function decodePolygons(hex: string): { srid: number; polygons: PolygonRings[] } {
  const reader = { view: viewOf(hex), at: 0, little: true };
  const head = readHead(reader);
  if (head.type === POLYGON) return { srid: head.srid, polygons: [readRings(reader)] };
  if (head.type !== MULTIPOLYGON) throw new Error(`EWKB type ${head.type} is not a polygon or multipolygon`);
  const polygons: PolygonRings[] = [];
  for (let n = readUint32(reader); n > 0; n--) {
    const part = readHead(reader);
    if (part.type !== POLYGON) throw new Error(`EWKB multipolygon holds a part of type ${part.type}`);
    polygons.push(readRings(reader));
  }
  return { srid: head.srid, polygons };
}

/** Rings of one Polygon in hex (E)WKB. @throws Error where it is not one. */
export function decodePolygon(hex: string): PolygonRings {
  const { polygons } = decodePolygons(hex);
  if (polygons.length !== 1) throw new Error(`EWKB holds ${polygons.length} polygons where one was expected`);
  return polygons[0];
}

function polygonBytes(rings: PolygonRings): number {
  return rings.reduce((sum, ring) => sum + 4 + POINT_BYTES * ring.length, HEAD_BYTES + 4);
}

function writeHead(buffer: Buffer, at: number, type: number, srid: number): number {
  let next = buffer.writeUInt8(1, at);
  next = buffer.writeUInt32LE(srid ? (type | HAS_SRID) >>> 0 : type, next);
  return srid ? buffer.writeUInt32LE(srid, next) : next;
}

function writePolygon(buffer: Buffer, at: number, rings: PolygonRings, srid: number): number {
  let next = writeHead(buffer, at, POLYGON, srid);
  next = buffer.writeUInt32LE(rings.length, next);
  for (const ring of rings) {
    next = buffer.writeUInt32LE(ring.length, next);
    for (const [x, y] of ring) {
      next = buffer.writeDoubleLE(x, next);
      next = buffer.writeDoubleLE(y, next);
    }
  }
  return next;
}

interface Reader {
  readonly view: DataView;
  at: number;
  little: boolean;
}

function viewOf(hex: string): DataView {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length * 2 !== hex.length) throw new Error('EWKB is not hexadecimal');
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function readUint32(reader: Reader): number {
  const value = reader.view.getUint32(reader.at, reader.little);
  reader.at += 4;
  return value;
}

function readHead(reader: Reader): { type: number; srid: number } {
  reader.little = reader.view.getUint8(reader.at++) === 1;
  const word = readUint32(reader);
  if (word & (HAS_Z | HAS_M)) throw new Error('EWKB has z or m coordinates; expected x, y');
  return { srid: word & HAS_SRID ? readUint32(reader) : 0, type: word & 0xffff };
}

function readRings(reader: Reader): PolygonRings {
  const rings: Ring[] = [];
  for (let n = readUint32(reader); n > 0; n--) {
    const ring: Point[] = [];
    for (let m = readUint32(reader); m > 0; m--) {
      ring.push([
        reader.view.getFloat64(reader.at, reader.little),
        reader.view.getFloat64(reader.at + 8, reader.little),
      ]);
      reader.at += POINT_BYTES;
    }
    rings.push(ring);
  }
  return rings;
}
