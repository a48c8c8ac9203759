import { pixelSize } from '../affine.js';
import { encodeGeoKeys, geoKeysOf } from './geokeys.js';
import { bytesPerSample, type CogLevel, type CogSpec, cogLevels, predictorOf, TILE_SIZE } from './spec.js';

/** Everything of the file but the tiles, and where each tile goes. */
export interface CogLayout {
  /** Signature, IFDs and their values: the file's first bytes. */
  readonly header: Uint8Array;
  /** Absolute byte offset of each tile, by level (0 = full resolution), row-major. */
  readonly offsets: readonly (readonly number[])[];
  readonly fileSize: number;
  readonly bigTiff: boolean;
}

/** TIFF 6.0 and BigTIFF field types. */
const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const LONG8 = 16;
const SIZE_OF: Readonly<Record<number, number>> = {
  [ASCII]: 1,
  [SHORT]: 2,
  [LONG]: 4,
  [DOUBLE]: 8,
  [LONG8]: 8,
};

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
}

/**
 * Lays a Cloud Optimized GeoTIFF out: signature, all IFDs (full resolution first, then overviews by decreasing size),
 * then tiles, those of the smallest overview first.
 * @param sizes bytes of each encoded tile, by level (0 = full resolution), row-major
 */
export function layoutCog(spec: CogSpec, sizes: readonly (readonly number[])[]): CogLayout {
  const data = sizes.reduce((sum, level) => level.reduce((s, n) => s + n, sum), 0);
  // two addresses of 8 bytes a tile and a few kB of tags are the most the header can take beside
  const tiles = sizes.reduce((sum, level) => sum + level.length, 0);
  const bigTiff = spec.bigTiff ?? data + 16 * tiles + 65_536 * sizes.length >= 2 ** 32;
  const levels = cogLevels(spec.grid);
  const fieldsOf = (offsets: readonly (readonly number[])[]) =>
    levels.map((level, i) => fieldsOfLevel(spec, level, i, offsets[i], sizes[i], bigTiff));

  const placeholders = sizes.map((level) => level.map(() => 0));
  const ifdSizes = fieldsOf(placeholders).map((fields) => ifdSize(fields, bigTiff));
  const start = bigTiff ? 16 : 8;
  let at = ifdSizes.reduce((sum, size) => sum + size, start);
  const headerSize = at;
  const offsets: number[][] = sizes.map(() => []);
  for (let level = sizes.length - 1; level >= 0; level--) {
    for (const size of sizes[level]) {
      offsets[level].push(at);
      at += size;
    }
  }

  const header = new Uint8Array(headerSize);
  const view = new DataView(header.buffer);
  view.setUint16(0, 0x4949, true);
  view.setUint16(2, bigTiff ? 43 : 42, true);
  if (bigTiff) {
    view.setUint16(4, 8, true);
    view.setBigUint64(8, 16n, true);
  } else {
    view.setUint32(4, 8, true);
  }
  let position = start;
  fieldsOf(offsets).forEach((fields, i) => {
    const next = i + 1 < levels.length ? position + ifdSizes[i] : 0;
    writeIfd(view, position, fields, next, bigTiff);
    position += ifdSizes[i];
  });
  return { header, offsets, fileSize: at, bigTiff };
}

function fieldsOfLevel(
  spec: CogSpec,
  level: CogLevel,
  index: number,
  offsets: readonly number[],
  sizes: readonly number[],
  bigTiff: boolean,
): Field[] {
  const { bands, sampleType, grid } = spec;
  const each = (value: number) => Array.from({ length: bands }, () => value);
  const short = (tag: number, ...values: number[]): Field => ({ tag, type: SHORT, values });
  const long = (tag: number, ...values: number[]): Field => ({ tag, type: LONG, values });
  const double = (tag: number, ...values: number[]): Field => ({ tag, type: DOUBLE, values });
  const rgb = isRgb(spec);
  const fields: Field[] = [
    long(256, level.width),
    long(257, level.height),
    short(258, ...each(8 * bytesPerSample(sampleType))),
    short(259, 8), // Adobe deflate
    short(262, spec.palette ? 3 : rgb ? 2 : 1),
    short(277, bands),
    short(284, 1), // chunky
    short(317, predictorOf(sampleType)),
    short(322, TILE_SIZE),
    short(323, TILE_SIZE),
    { tag: 324, type: bigTiff ? LONG8 : LONG, values: offsets },
    long(325, ...sizes),
    short(339, ...each(sampleType === 'float32' ? 3 : sampleType === 'int16' ? 2 : 1)),
  ];
  if (index > 0) fields.push(long(254, 1)); // reduced resolution
  const extra = bands - (rgb ? 3 : 1);
  if (extra > 0) fields.push(short(338, ...Array.from({ length: extra }, () => 0)));
  if (spec.palette) fields.push(short(320, ...colourMap(spec.palette)));
  if (spec.nodata !== undefined) fields.push(text(42113, formatNodata(spec.nodata)));
  if (index === 0) {
    const keys = encodeGeoKeys(geoKeysOf(grid.crs));
    const [width, height] = pixelSize(grid.transform);
    fields.push(double(33550, width, height, 0));
    fields.push(double(33922, 0, 0, 0, grid.transform[2], grid.transform[5], 0));
    fields.push(short(34735, ...keys.directory));
    if (keys.doubles.length > 0) fields.push(double(34736, ...keys.doubles));
    if (keys.ascii) fields.push(text(34737, keys.ascii));
    if (spec.descriptions) fields.push(text(42112, gdalMetadata(spec.descriptions)));
    if (spec.acquired) fields.push(text(306, `${spec.acquired.replaceAll('-', ':')} 00:00:00`));
  }
  return fields.sort((a, b) => a.tag - b.tag);
}

/** Three 8-bit bands that are not said to be something else. */
function isRgb({ bands, sampleType, descriptions }: CogSpec): boolean {
  if (bands !== 3 || sampleType !== 'uint8') return false;
  return !descriptions || descriptions.join().toLowerCase() === 'red,green,blue';
}

/** TIFF 6.0 ColorMap: all reds, greens, blues, 16 bits each. */
function colourMap(palette: NonNullable<CogSpec['palette']>): number[] {
  const map = new Array<number>(3 * 256).fill(0);
  for (const [code, colour] of palette) {
    if (code < 0 || code > 255) continue;
    for (let c = 0; c < 3; c++) map[256 * c + code] = colour[c] * 257;
  }
  return map;
}

function formatNodata(nodata: number): string {
  return Number.isNaN(nodata) ? 'nan' : String(nodata);
}

function gdalMetadata(descriptions: readonly string[]): string {
  const escaped = (s: string) =>
    s.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));
  const items = descriptions.map(
    (name, i) => `  <Item name="DESCRIPTION" sample="${i}" role="description">${escaped(name)}</Item>\n`,
  );
  return `<GDALMetadata>\n${items.join('')}</GDALMetadata>\n`;
}

function text(tag: number, value: string): Field {
  return { tag, type: ASCII, values: [...new TextEncoder().encode(value), 0] };
}

/** Bytes of an IFD with the values that do not fit its entries, rounded up to 8 so that every value is aligned. */
function ifdSize(fields: readonly Field[], bigTiff: boolean): number {
  const head = align(bigTiff ? 16 + 20 * fields.length : 6 + 12 * fields.length);
  const inline = bigTiff ? 8 : 4;
  return fields.reduce((sum, field) => {
    const size = SIZE_OF[field.type] * field.values.length;
    return size > inline ? sum + align(size) : sum;
  }, head);
}

function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function writeIfd(
  view: DataView,
  start: number,
  fields: readonly Field[],
  next: number,
  bigTiff: boolean,
): void {
  const entrySize = bigTiff ? 20 : 12;
  const inline = bigTiff ? 8 : 4;
  let at = start;
  if (bigTiff) view.setBigUint64(at, BigInt(fields.length), true);
  else view.setUint16(at, fields.length, true);
  at += bigTiff ? 8 : 2;
  let values = start + align(bigTiff ? 16 + 20 * fields.length : 6 + 12 * fields.length);
  for (const field of fields) {
    const size = SIZE_OF[field.type] * field.values.length;
    view.setUint16(at, field.tag, true);
    view.setUint16(at + 2, field.type, true);
    if (bigTiff) view.setBigUint64(at + 4, BigInt(field.values.length), true);
    else view.setUint32(at + 4, field.values.length, true);
    let target = at + (bigTiff ? 12 : 8);
    if (size > inline) {
      if (bigTiff) view.setBigUint64(target, BigInt(values), true);
      else view.setUint32(target, values, true);
      target = values;
      values += align(size);
    }
    writeValues(view, target, field);
    at += entrySize;
  }
  if (bigTiff) view.setBigUint64(at, BigInt(next), true);
  else view.setUint32(at, next, true);
}

function writeValues(view: DataView, start: number, field: Field): void {
  let at = start;
  for (const value of field.values) {
    if (field.type === ASCII) view.setUint8(at, value);
    else if (field.type === SHORT) view.setUint16(at, value, true);
    else if (field.type === LONG) view.setUint32(at, value, true);
    else if (field.type === DOUBLE) view.setFloat64(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += SIZE_OF[field.type];
  }
}
