import sharp from 'sharp';
import { expect, it } from 'vitest';
import { encodeJpeg } from './picture.js';

it('encodes the pixels it was given', async () => {
  const data = new Uint8Array(16 * 8 * 3);
  for (let i = 0; i < data.length; i += 3) data.set([200, 60, 20], i);
  const jpeg = await encodeJpeg({ width: 16, height: 8, data });
  const back = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  expect([back.info.width, back.info.height]).toEqual([16, 8]);
  expect(Math.abs(back.data[0] - 200)).toBeLessThan(6);
  expect(Math.abs(back.data[2] - 20)).toBeLessThan(6);
});

it('refuses data that is not as long as the size says', async () => {
  await expect(encodeJpeg({ width: 2, height: 2, data: new Uint8Array(11) })).rejects.toThrow(
    'needs 12 bytes',
  );
});
