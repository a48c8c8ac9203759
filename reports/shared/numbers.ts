import { M2_PER_MU } from '../../kernels/classes.js';

/** Printed where there is no number. */
export const NONE = '–';
/** Between a number and its unit, so that no line breaks there. */
export const NBSP = '\u00a0';
/** U+2212: as wide as a plus, so that columns of signed numbers stand in line. */
const MINUS = '−';

/** Groups of three, a fixed number of decimals; a value that rounds to zero carries no sign. */
export function decimal(value: number, digits = 0): string {
  const size = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && /[1-9]/.test(size) ? MINUS + size : size;
}

/** With a plus sign for gains. */
export function signed(value: number, digits = 0): string {
  const text = decimal(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** m² as whole square metres. */
export function squareMetres(m2: number): string {
  return decimal(m2);
}

/** m² given, printed in 亩 (2000/3 m²): two decimals below 100 亩, one above. */
export function mu(m2: number): string {
  const value = m2 / M2_PER_MU;
  return decimal(value, Math.abs(value) < 100 ? 2 : 1);
}

export function signedMu(m2: number): string {
  return m2 > 0 && /[1-9]/.test(mu(m2)) ? `+${mu(m2)}` : mu(m2);
}

/** An area for running text: m², or km² from one km² on. */
export function prose(m2: number): string {
  return Math.abs(m2) >= 1e6 ? `${decimal(m2 / 1e6, 2)}${NBSP}km²` : `${decimal(m2)}${NBSP}m²`;
}

export function signedProse(m2: number): string {
  return m2 > 0 && /[1-9]/.test(prose(m2)) ? `+${prose(m2)}` : prose(m2);
}

/**
 * Relative change as signed percent with two decimals. Null where there was nothing before: no ratio exists.
 */
export function relativeChange(before: number, after: number): string | null {
  return before > 0 ? `${signed((100 * (after - before)) / before, 2)}%` : null;
}

/**
 * A share 0-1 as percent with one decimal. Never rounded into a claim: 100% only where all of it was seen, 0% only
 * where nothing was.
 */
export function share(value: number): string {
  if (value <= 0) return '0%';
  if (value >= 1) return '100%';
  if (value < 0.001) return '<0.1%';
  return `${Math.min(99.9, 100 * value).toFixed(1)}%`;
}
