import type { BlockShape } from './codecs.js';

const LERC = 34887;

/** Unpackers of the compression LERC data may be wrapped in. */
export interface Unwrap {
  inflate(input: Uint8Array, size: number): Uint8Array;
  zstd(input: Uint8Array, size: number): Promise<Uint8Array>;
}

/**
 * LERC (Limited Error Raster Compression) version 2, by the decoder geotiff.js carries. LercParameters' second value
 * says what the data is wrapped in: 0 nothing, 1 deflate, 2 zstd.
 * @returns samples in the machine's byte order.
 */
export async function decodeLerc(input: Uint8Array, shape: BlockShape, unwrap: Unwrap): Promise<Uint8Array> {
  const wrapped = shape.lerc[1] ?? 0;
  // LERC data of noise may be a little larger than the samples
  const most = 2 * shape.bytes + 4096;
  const blob =
    wrapped === 0 ? input : wrapped === 1 ? unwrap.inflate(input, most) : await unwrap.zstd(input, most);
  const own = blob.subarray(0, checkedLength(blob, shape));
  // loaded where a file needs it
  const { getDecoder } = await import('geotiff');
  const decoder = await getDecoder(LERC, {
    tileWidth: shape.width,
    tileHeight: shape.rows,
    predictor: 1,
    bitsPerSample: 8,
    planarConfiguration: 1,
    ...{ LercParameters: [shape.lerc[0] ?? 0, 0] },
  });
  const decoded = new Uint8Array(await decoder.decode(new Uint8Array(own).buffer));
  // bytes that LERC stored as they are (noise) come back as the whole blob (geotiff.js 3.0.5 over lerc 3.0.0): they end it
  return decoded.length > shape.bytes ? decoded.subarray(decoded.length - shape.bytes) : decoded;
}

/** Bytes of a sample by LERC's data types, from signed char to double. */
const TYPE_BYTES = [1, 1, 2, 2, 4, 4, 4, 8] as const;

/**
 * Length of the blob, by its header. The decoder allocates what a header claims, so it must claim this block; and it takes
 * what follows for further bands, each with a header of its own, so nothing may follow.
 */
function checkedLength(blob: Uint8Array, shape: BlockShape): number {
  const magic = new TextDecoder('latin1').decode(blob.subarray(0, 6));
  if (magic !== 'Lerc2 ') throw new Error('not LERC version 2');
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const version = view.getInt32(6, true);
  // "Lerc2 ", version, checksum since version 3, then rows, columns, values a pixel since version 4
  const at = version >= 3 ? 14 : 10;
  const rows = view.getInt32(at, true);
  const columns = view.getInt32(at + 4, true);
  const depth = version >= 4 ? view.getInt32(at + 8, true) : 1;
  if (rows !== shape.rows || columns !== shape.width || depth !== shape.bands) {
    throw new Error(`it holds ${columns} × ${rows} px × ${depth} bands`);
  }
  // then valid pixels, size of micro-blocks, bytes of the blob, data type
  const then = at + (version >= 4 ? 12 : 8) + 8;
  const length = view.getInt32(then, true);
  const sampleBytes = TYPE_BYTES[view.getInt32(then + 4, true)];
  if (length <= then || length > blob.length) throw new Error(`it claims ${length} of ${blob.length} bytes`);
  if (sampleBytes === undefined || sampleBytes * rows * columns * depth !== shape.bytes)
    throw new Error('its samples are of another type than the file says');
  return length;
}
