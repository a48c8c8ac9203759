/** Integer lanes of a decoded block, in the machine's byte order. */
export type Lanes = Uint8Array | Uint16Array | Uint32Array;

/**
 * Undoes horizontal differencing (TIFF 6.0 section 14) in place: every sample is the sum of the stored ones of its
 * band to its left, modulo the lane.
 * @param rowLength samples of a row, all bands
 * @param stride samples of a pixel
 */
export function undoDifferences(lanes: Lanes, rowLength: number, stride: number): void {
  if (stride === 3) undoThree(lanes, rowLength);
  else if (stride === 4) undoFour(lanes, rowLength);
  else undoAny(lanes, rowLength, stride);
}

// The sums are kept in variables: no load waits for the store before it, and the lane cuts them to size. Pixels of 3
// and 4 bands, which most images have, go in one sweep.

function undoAny(lanes: Lanes, rowLength: number, stride: number): void {
  for (let start = 0; start + rowLength <= lanes.length; start += rowLength) {
    const end = start + rowLength;
    for (let band = 0; band < stride; band++) {
      let sum = 0;
      for (let i = start + band; i < end; i += stride) {
        sum = (sum + lanes[i]) | 0;
        lanes[i] = sum;
      }
    }
  }
}

function undoThree(lanes: Lanes, rowLength: number): void {
  for (let start = 0; start + rowLength <= lanes.length; start += rowLength) {
    const end = start + rowLength;
    let a = 0;
    let b = 0;
    let c = 0;
    for (let i = start; i < end; i += 3) {
      a = (a + lanes[i]) | 0;
      b = (b + lanes[i + 1]) | 0;
      c = (c + lanes[i + 2]) | 0;
      lanes[i] = a;
      lanes[i + 1] = b;
      lanes[i + 2] = c;
    }
  }
}

function undoFour(lanes: Lanes, rowLength: number): void {
  for (let start = 0; start + rowLength <= lanes.length; start += rowLength) {
    const end = start + rowLength;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = start; i < end; i += 4) {
      a = (a + lanes[i]) | 0;
      b = (b + lanes[i + 1]) | 0;
      c = (c + lanes[i + 2]) | 0;
      d = (d + lanes[i + 3]) | 0;
      lanes[i] = a;
      lanes[i + 1] = b;
      lanes[i + 2] = c;
      lanes[i + 3] = d;
    }
  }
}

/** The same for samples of 64 bits, as lanes of 32 bits: low word first, as little-endian machines keep them. */
export function undoWideDifferences(words: Uint32Array, rowLength: number, stride: number): void {
  for (let start = 0; start + 2 * rowLength <= words.length; start += 2 * rowLength) {
    const end = start + 2 * rowLength;
    for (let i = start + 2 * stride; i < end; i += 2) {
      const low = words[i] + words[i - 2 * stride];
      words[i] = low;
      words[i + 1] += words[i + 1 - 2 * stride] + (low > 0xffff_ffff ? 1 : 0);
    }
  }
}

/**
 * Undoes the floating point predictor (Adobe Photoshop TIFF technical note 3, 2005): a row's bytes are differenced,
 * and stored as planes, most significant bytes of all samples first, whatever the byte order of the file.
 * @param bytes whole rows; changed
 * @param rowLength samples of a row, all bands
 * @param stride samples of a pixel
 * @param width bytes of a sample
 * @returns the samples, little-endian
 */
export function undoFloatDifferences(
  bytes: Uint8Array,
  rowLength: number,
  stride: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  const rowBytes = rowLength * width;
  const output = new Uint8Array(bytes.length);
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    const end = start + rowBytes;
    for (let i = start + stride; i < end; i++) bytes[i] += bytes[i - stride];
    for (let plane = 0; plane < width; plane++) {
      let from = start + plane * rowLength;
      for (let to = start + width - 1 - plane; to < end; to += width) output[to] = bytes[from++];
    }
  }
  return output;
}
