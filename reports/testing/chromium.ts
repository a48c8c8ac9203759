import { findChromium } from '../pdf.js';

/** Whether tests that print are to be skipped: there is no Chromium. With CI=true they are not, and fail. */
export function skipsWithoutChromium(): boolean {
  if (findChromium() !== null) return false;
  if (process.env.CI === 'true') return false;
  console.warn('tests that print are skipped: there is no Chromium (TUBAN_CHROMIUM names one)');
  return true;
}
