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
  checkHeader(blob, shape);
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
  return new Uint8Array(await decoder.decode(new Uint8Array(blob).buffer));
}

/** The decoder allocates what the header claims, so the header must claim this block. */
function checkHeader(blob: Uint8Array, shape: BlockShape): void {
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
}
