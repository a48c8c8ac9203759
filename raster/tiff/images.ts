import type { BlockShape } from './codecs.js';

const JPEG = 7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/**
 * A JPEG block (TIFF technical note 2). The tables stand in a tag of their own and the colour space in the TIFF, not
 * in the block, so the block is put together as a whole JPEG first; libjpeg-turbo (in sharp) decodes it then, as in
 * GDAL. Blocks of 2 or more than 4 bands, which no JPEG library takes as colours, go to geotiff.js's decoder.
 */
export async function decodeJpeg(input: Uint8Array, shape: BlockShape): Promise<Uint8Array> {
  const frame = frameOf(input);
  if (frame.bits !== 8) throw new Error(`${frame.bits}-bit JPEG; supported is 8-bit`);
  if (frame.bands !== shape.bands || frame.width !== shape.width || frame.rows < shape.rows) {
    throw new Error(
      `it holds ${frame.width} × ${frame.rows} px × ${frame.bands} bands where ${shape.width} × ${shape.rows} × ${shape.bands} belong`,
    );
  }
  // a strip may be longer than the image, but not beyond reason
  if (frame.rows > 4 * shape.rows + 64)
    throw new Error(`it holds ${frame.rows} rows where ${shape.rows} belong`);
  if (shape.bands !== 1 && shape.bands !== 3) return decodeRaw(input, shape);
  const jpeg = wholeJpeg(input, shape);
  return raw(jpeg, shape, frame.rows);
}

/** A WebP block. The alpha band is left out of blocks where it is opaque all over. */
export async function decodeWebp(input: Uint8Array, shape: BlockShape): Promise<Uint8Array> {
  if (shape.bands !== 3 && shape.bands !== 4)
    throw new Error(`WebP with ${shape.bands} bands; supported are 3 and 4`);
  // the library would tell the format by the data, and there are formats that lead outside (SVG)
  const kind = new TextDecoder('latin1').decode(input.subarray(0, 12));
  if (!kind.startsWith('RIFF') || !kind.endsWith('WEBP')) throw new Error('it does not begin as WebP does');
  return raw(input, shape, shape.rows);
}

async function raw(picture: Uint8Array, { width, bands }: BlockShape, rows: number): Promise<Uint8Array> {
  // loaded where a file needs it: it brings a large native library
  const { default: sharp } = await import('sharp');
  let pipeline = sharp(picture, {
    limitInputPixels: width * rows,
    failOn: 'truncated',
    sequentialRead: true,
  });
  if (bands === 1) pipeline = pipeline.toColourspace('b-w');
  if (bands === 3) pipeline = pipeline.removeAlpha();
  if (bands === 4) pipeline = pipeline.ensureAlpha();
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  if (info.width !== width) throw new Error(`it is ${info.width} px wide where ${width} belong`);
  if (info.channels !== bands) throw new Error(`it holds ${info.channels} bands where ${bands} belong`);
  return data;
}

async function decodeRaw(input: Uint8Array, shape: BlockShape): Promise<Uint8Array> {
  const { getDecoder } = await import('geotiff');
  const decoder = await getDecoder(JPEG, {
    tileWidth: shape.width,
    tileHeight: shape.rows,
    predictor: 1,
    bitsPerSample: 8,
    planarConfiguration: 1,
    ...(shape.jpegTables ? { JPEGTables: shape.jpegTables } : {}),
  });
  return new Uint8Array(await decoder.decode(new Uint8Array(input).buffer));
}

interface Segment {
  readonly marker: number;
  /** With its marker. */
  readonly bytes: Uint8Array;
}

/** Segments of a JPEG up to and without the scan, and the scan with all after it. */
function segmentsOf(jpeg: Uint8Array): { head: Segment[]; scan: Uint8Array } {
  if (jpeg[0] !== 0xff || jpeg[1] !== SOI) throw new Error('it does not begin as JPEG does');
  const head: Segment[] = [];
  let at = 2;
  while (at + 4 <= jpeg.length) {
    if (jpeg[at] !== 0xff) throw new Error('a marker is missing');
    const marker = jpeg[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === SOS) return { head, scan: jpeg.subarray(at) };
    if (marker === EOI) break;
    const length = jpeg[at + 2] * 256 + jpeg[at + 3];
    if (length < 2) throw new Error('a segment has no length');
    head.push({ marker, bytes: jpeg.subarray(at, at + 2 + length) });
    at += 2 + length;
  }
  return { head, scan: new Uint8Array() };
}

function frameOf(jpeg: Uint8Array): { bits: number; rows: number; width: number; bands: number } {
  for (const { marker, bytes } of segmentsOf(jpeg).head) {
    // SOF0 to SOF15, among which DHT, JPG and DAC have their codes
    if (marker < 0xc0 || marker > 0xcf || marker === 0xc4 || marker === 0xc8 || marker === 0xcc) continue;
    if (bytes.length < 10) break;
    return {
      bits: bytes[4],
      rows: bytes[5] * 256 + bytes[6],
      width: bytes[7] * 256 + bytes[8],
      bands: bytes[9],
    };
  }
  throw new Error('it has no frame');
}

/** Adobe's segment: tells the decoder whether three components are YCbCr (1) or what they are (0). */
function adobeSegment(yCbCr: boolean): Uint8Array {
  return Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, yCbCr ? 1 : 0);
}

/** Two tables of each kind take some 1,500 bytes; they are put before every block. */
const MOST_TABLE_BYTES = 64 * 1024;

function wholeJpeg(input: Uint8Array, shape: BlockShape): Uint8Array {
  const tableBytes = shape.jpegTables?.length ?? 0;
  if (tableBytes > MOST_TABLE_BYTES) throw new Error(`its tables are ${tableBytes} bytes`);
  const block = segmentsOf(input);
  const tables = shape.jpegTables ? segmentsOf(shape.jpegTables).head : [];
  // application segments could name another colour space or profile than the TIFF does
  const kept = [...tables, ...block.head].filter(({ marker }) => marker < 0xe0 || marker > 0xef);
  const colours = shape.bands === 3 ? [adobeSegment(shape.yCbCr)] : [];
  return Buffer.concat([Uint8Array.of(0xff, SOI), ...colours, ...kept.map(({ bytes }) => bytes), block.scan]);
}
