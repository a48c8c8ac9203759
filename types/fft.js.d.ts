declare module 'fft.js' {
  /** Radix-4 FFT of a power-of-two size over interleaved complex arrays (re, im, re, im, …). */
  export default class FFT {
    constructor(size: number);
    createComplexArray(): number[];
    transform(out: ArrayLike<number>, data: ArrayLike<number>): void;
    inverseTransform(out: ArrayLike<number>, data: ArrayLike<number>): void;
  }
}
