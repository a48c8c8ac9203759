import sharp from 'sharp';
import type { RgbPixels } from '../../raster/picture.js';

/**
 * Encodes an RGB image as JPEG.
 * @throws RangeError where the data is not as long as the size says.
 */
export async function encodeJpeg(rgb: RgbPixels, quality = 82): Promise<Uint8Array> {
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
