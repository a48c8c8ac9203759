import { open, rename, rm } from 'node:fs/promises';
import type { Affine } from '../../raster/affine.js';
import { encodeGeoKeys, geoKeysOf } from '../../raster/cog/geokeys.js';
import { encodeTile } from '../../raster/cog/tile.js';
import { type Crs, crsFromEpsg } from '../../raster/crs.js';

/** A tiled uint16 GeoTIFF without overviews, as imagery is delivered: deflate, predictor 2, tiles of 512 px. */
export interface PlainTiff {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly epsg: number;
  readonly transform: Affine;
}

const TILE = 512;
const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const SIZES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8 };
type Field = readonly [tag: number, type: number, values: readonly number[]];

/**
 * Writes the file tile by tile, row by row; one tile at a time is in memory. The directory comes last, so that no tile
 * is copied (the project's COG writer would, and would add overviews).
 * @param tileAt samples of a tile, pixel-interleaved, 512 × 512 × bands
 * @throws RangeError beyond 4 GiB, where a classic TIFF ends.
 */
export async function writePlainTiff(
  path: string,
  spec: PlainTiff,
  tileAt: (column: number, row: number) => Uint16Array,
): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  const file = await open(temporary, 'w');
  try {
    const offsets: number[] = [];
    const sizes: number[] = [];
    let at = 8;
    for (let row = 0; row * TILE < spec.height; row++) {
      for (let column = 0; column * TILE < spec.width; column++) {
        const encoded = encodeTile(tileAt(column, row), {
          bands: spec.bands,
          sampleType: 'uint16',
          overviews: 'nearest',
        });
        await file.write(encoded, 0, encoded.length, at);
        offsets.push(at);
        sizes.push(encoded.length);
        at += encoded.length + (encoded.length & 1);
        if (at > 2 ** 32 - 2 ** 20) {
          throw new RangeError(
            `${path}: ${spec.width} × ${spec.height} px do not fit a classic TIFF; make a smaller scene`,
          );
        }
      }
    }
    const directory = encodeDirectory(fieldsOf(spec, crsFromEpsg(spec.epsg), offsets, sizes), at);
    await file.write(directory, 0, directory.length, at);
    const head = new DataView(new ArrayBuffer(8));
    head.setUint16(0, 0x4949, true);
    head.setUint16(2, 42, true);
    head.setUint32(4, at, true);
    await file.write(new Uint8Array(head.buffer), 0, 8, 0);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Tags of TIFF 6.0 and GeoTIFF 1.1, ascending. */
function fieldsOf(spec: PlainTiff, crs: Crs, offsets: readonly number[], sizes: readonly number[]): Field[] {
  const each = (value: number) => new Array<number>(spec.bands).fill(value);
  const [a, , c, , e, f] = spec.transform;
  return [
    [256, LONG, [spec.width]],
    [257, LONG, [spec.height]],
    [258, SHORT, each(16)],
    [259, SHORT, [8]],
    [262, SHORT, [1]],
    [277, SHORT, [spec.bands]],
    [284, SHORT, [1]],
    [317, SHORT, [2]],
    [322, SHORT, [TILE]],
    [323, SHORT, [TILE]],
    [324, LONG, offsets],
    [325, LONG, sizes],
    [338, SHORT, each(0).slice(1)],
    [339, SHORT, each(1)],
    [33550, DOUBLE, [a, -e, 0]],
    [33922, DOUBLE, [0, 0, 0, c, f, 0]],
    [34735, SHORT, encodeGeoKeys(geoKeysOf(crs)).directory],
  ];
}

/** An image file directory that stands at byte `at`, its longer values behind it. */
function encodeDirectory(fields: readonly Field[], at: number): Uint8Array {
  const head = 6 + 12 * fields.length;
  const long = ([, type, values]: Field) => SIZES[type] * values.length > 4;
  const bytes = fields.filter(long).reduce((sum, [, type, values]) => sum + SIZES[type] * values.length, 0);
  const view = new DataView(new ArrayBuffer(head + bytes));
  view.setUint16(0, fields.length, true);
  let entry = 2;
  let behind = head;
  for (const field of fields) {
    const [tag, type, values] = field;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, type, true);
    view.setUint32(entry + 4, values.length, true);
    let target = entry + 8;
    if (long(field)) {
      view.setUint32(entry + 8, at + behind, true);
      target = behind;
      behind += SIZES[type] * values.length;
    }
    for (const value of values) {
      if (type === SHORT) view.setUint16(target, value, true);
      else if (type === LONG) view.setUint32(target, value, true);
      else view.setFloat64(target, value, true);
      target += SIZES[type];
    }
    entry += 12;
  }
  return new Uint8Array(view.buffer);
}
