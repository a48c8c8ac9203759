import sharp from 'sharp';

/** An image of 8-bit red, green, blue, row by row: `3 * width * height` long. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Encodes an RGB image as JPEG.
 * @throws RangeError where the data is not as long as the size says.
 */
export async function encodeJpeg(rgb: RgbImage, quality = 82): Promise<Uint8Array> {
  const { width, height, data } = rgb;
  if (data.length !== 3 * width * height) {
    throw new RangeError(
      `an RGB image of ${width} × ${height} needs ${3 * width * height} bytes, got ${data.length}`,
    );
  }
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return new Uint8Array(jpeg);
}
