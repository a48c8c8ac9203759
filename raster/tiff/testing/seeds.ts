import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { plainLerc, plainLzw, plainPackBits, plainZstd } from './encoders.js';
import { type MadeFile, type MadeImage, makeTiff, type Tag } from './make-tiff.js';

/** A small valid TIFF to be spoilt. */
export interface Seed {
  readonly name: string;
  readonly bytes: Buffer;
}

const SIDE = [48, 40] as const;
const TILE = [16, 16] as const;

/** EPSG:4547, 2 m, with nodata, a date and GDAL's metadata: every tag the reader looks at. */
const GEO: readonly Tag[] = [
  [306, 2, '2026:07:05 03:00:00'],
  [33550, 12, [2, 2, 0]],
  [33922, 12, [0, 0, 0, 500_000, 2_500_000, 0]],
  [34735, 3, [1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 4547, 2049, 34737, 8, 0]],
  [34736, 12, [1, 2, 3]],
  [34737, 2, 'CGCS2000|'],
  [
    42112,
    2,
    '<GDALMetadata><Item name="DESCRIPTION" sample="0" role="description">red</Item></GDALMetadata>',
  ],
  [42113, 2, '0'],
];
const OVERVIEW: Tag = [254, 4, [1]];
const FILES: readonly MadeFile[] = [
  {},
  { littleEndian: false },
  { bigTiff: true },
  { littleEndian: false, bigTiff: true },
];

type Kind = Omit<MadeImage, 'width' | 'height' | 'sample'>;

/** The image in tiles with two overviews, as a COG has them, and the image alone in strips. */
function cog(kind: Kind): MadeImage[] {
  return [1, 2, 4].map((factor) => ({
    ...kind,
    width: SIDE[0] / factor,
    height: SIDE[1] / factor,
    tile: TILE,
    sample,
    tags: [...(kind.tags ?? []), ...(factor === 1 ? GEO : [OVERVIEW])],
  }));
}

function strips(kind: Kind): MadeImage[] {
  const [width, height] = SIDE;
  return [{ ...kind, width, height, rowsPerStrip: 16, sample, tags: [...(kind.tags ?? []), ...GEO] }];
}

function sample(x: number, y: number, band: number): number {
  return (7 * x + 13 * y + 29 * band) % 251;
}

/** Every codec, byte order, size of offsets and cutting, and the rarer layouts. */
export async function seedFiles(): Promise<Seed[]> {
  const picture = (width: number, rows: number) =>
    sharp(Buffer.from(Uint8Array.from({ length: 3 * width * rows }, (_, i) => (31 * i) % 256)), {
      raw: { width, height: rows, channels: 3 },
    });
  // pictures are encoded beforehand: tiles and strips have two shapes and a last strip
  const jpegs = new Map<string, Uint8Array>();
  const webps = new Map<string, Uint8Array>();
  for (const [width, rows] of [
    [16, 16],
    [48, 16],
    [48, 8],
  ] as const) {
    jpegs.set(`${width}x${rows}`, await picture(width, rows).jpeg().toBuffer());
    webps.set(`${width}x${rows}`, await picture(width, rows).webp({ lossless: true }).toBuffer());
  }
  const stored =
    (of: Map<string, Uint8Array>): MadeImage['encode'] =>
    (_, { width, rows }) => {
      const found = of.get(`${width}x${rows}`);
      if (!found) throw new Error(`no picture of ${width} × ${rows} was made`);
      return found;
    };
  const kinds: Readonly<Record<string, Kind>> = {
    none: {},
    'none, 4 bands': { bands: 4, bits: 16 },
    'none, planes': { bands: 3, separate: true },
    lzw: { compression: 5, encode: plainLzw },
    'lzw, predictor': { compression: 5, encode: plainLzw, predictor: 2, bands: 2, bits: 16 },
    deflate: { compression: 8, bits: 16, format: 2 },
    'deflate, floats': { compression: 8, bits: 32, format: 3, predictor: 3 },
    'deflate, doubles': { compression: 8, bits: 64, format: 3 },
    'deflate, sparse': { compression: 8, sparse: [1] },
    packbits: { compression: 32773, encode: plainPackBits },
    zstd: { compression: 50000, encode: (raw) => plainZstd(raw) },
    lerc: { compression: 34887, encode: plainLerc, tags: [[50674, 4, [2, 0]]] },
    'lerc in deflate': {
      compression: 34887,
      encode: (raw, block) => deflateSync(plainLerc(raw, block)),
      tags: [[50674, 4, [2, 1]]],
    },
    jpeg: { compression: 7, bands: 3, tags: [[262, 3, [6]]], encode: stored(jpegs) },
    webp: { compression: 50001, bands: 3, tags: [[262, 3, [2]]], encode: stored(webps) },
  };
  return Object.entries(kinds).flatMap(([name, kind], k) => [
    { name: `${name}, tiles`, bytes: makeTiff(cog(kind), FILES[k % 4]) },
    { name: `${name}, tiles, other order`, bytes: makeTiff(cog(kind), FILES[(k + 3) % 4]) },
    { name: `${name}, strips`, bytes: makeTiff(strips(kind), FILES[(k + 2) % 4]) },
  ]);
}
