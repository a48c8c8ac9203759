import type { Crs } from '../../raster/crs.js';
import { crsMember, decimalsOf, polygonFeature, ringPlacer } from './features.js';
import type { Layer } from './layer.js';
import { type PlacedRings, roundingPlacer } from './place.js';

/** Bytes gathered before they are handed on. */
const PIECE = 1 << 20;

/** Most characters of a number in steps of a decimal fraction: sign, 16 digits, point, comma, and brackets around. */
const MOST_OF_POINT = 2 * 24;

/**
 * A layer as the text of a FeatureCollection, in pieces: what `JSON.stringify` makes of it (`patchFeatureCollection`), a
 * feature a line. Coordinates are written digit by digit, as whole steps of the last decimal: of many patches they are
 * nearly all of the file.
 * @param gridCrs the CRS of the rings
 */
export function* geojsonText<Row, Properties>(
  rows: readonly Row[],
  layer: Pick<Layer<Row, Properties>, 'properties' | 'rings'>,
  gridCrs: Crs,
  crs: Crs,
): Generator<Uint8Array> {
  const decimals = decimalsOf(crs);
  const place = roundingPlacer(gridCrs, crs, decimals);
  const exact = ringPlacer(gridCrs, crs);
  const member = crsMember(crs);
  const out = textBuffer(decimals);
  out.text(`{"type":"FeatureCollection",${member ? `"crs":${JSON.stringify(member)},` : ''}"features":[`);
  let separator = '\n';
  for (const row of rows) {
    out.text(separator);
    separator = ',\n';
    const rings = layer.rings(row);
    const placed = place(rings);
    if (placed === null) out.text(JSON.stringify(polygonFeature(exact(rings), layer.properties(row))));
    else {
      out.text('{"type":"Feature","geometry":{"type":"Polygon","coordinates":[');
      out.rings(placed);
      out.text(`]},"properties":${JSON.stringify(layer.properties(row))}}`);
    }
    if (out.length() > PIECE) yield out.take();
  }
  out.text('\n]}\n');
  yield out.take();
}

/** Gathers UTF-8. */
function textBuffer(decimals: number) {
  let bytes = Buffer.allocUnsafe(2 * PIECE);
  let used = 0;
  const scale = 10 ** decimals;

  const reserve = (more: number) => {
    if (used + more <= bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (used + more));
    bytes.copy(larger, 0, 0, used);
    bytes = larger;
  };

  const number = (steps: number) => {
    let rest = steps;
    if (rest < 0) {
      bytes[used++] = MINUS;
      rest = -rest;
    }
    const whole = Math.floor(rest / scale);
    used = writeDigits(bytes, used, whole);
    const fraction = rest - whole * scale;
    if (fraction > 0) used = writeFraction(bytes, used, fraction, decimals);
  };

  return {
    length: () => used,
    text(text: string): void {
      reserve(3 * text.length);
      used += bytes.write(text, used);
    },
    rings({ steps, ring }: PlacedRings): void {
      for (let r = 0; r + 1 < ring.length; r++) {
        reserve((ring[r + 1] - ring[r]) * MOST_OF_POINT);
        if (r > 0) bytes[used++] = COMMA;
        bytes[used++] = OPEN;
        for (let k = ring[r]; k < ring[r + 1]; k += 2) {
          if (k > ring[r]) bytes[used++] = COMMA;
          bytes[used++] = OPEN;
          number(steps[k]);
          bytes[used++] = COMMA;
          number(steps[k + 1]);
          bytes[used++] = CLOSE;
        }
        bytes[used++] = CLOSE;
      }
    },
    /** What was gathered, as bytes of its own. */
    take(): Uint8Array {
      const piece = Uint8Array.prototype.slice.call(bytes, 0, used);
      used = 0;
      return piece;
    },
  };
}

const [MINUS, COMMA, POINT, ZERO, OPEN, CLOSE] = [...'-,.0[]'].map((c) => c.charCodeAt(0));

/** Writes a whole number without sign; the place after it. */
function writeDigits(bytes: Uint8Array, at: number, value: number): number {
  let places = 1;
  for (let limit = 10; limit <= value; limit *= 10) places++;
  let rest = value;
  for (let k = at + places - 1; k >= at; k--) {
    const tenth = Math.floor(rest / 10);
    bytes[k] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return at + places;
}

/** Writes a point and `places` digits, without zeros at the end; the place after them. */
function writeFraction(bytes: Uint8Array, at: number, value: number, places: number): number {
  bytes[at] = POINT;
  let rest = value | 0;
  for (let k = at + places; k > at; k--) {
    const tenth = (rest / 10) | 0;
    bytes[k] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  let end = at + places + 1;
  while (bytes[end - 1] === ZERO) end--;
  return end;
}
