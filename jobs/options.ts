import { BACKENDS, type BackendRequest } from '../kernels/backend.js';
import { BAND_ROLES, isBandRole } from '../kernels/bands.js';
import { CHANGE_CLASSES, type ChangeClassName, classByName } from '../kernels/classes.js';
import type { DetectorKind } from '../kernels/detector.js';
import { DETECTORS, detectorByName } from '../kernels/detectors.js';
import { BadInput } from '../raster/errors.js';
import type { BandNumbers } from '../raster/sensors.js';

export { addMonths, monthsBetween } from '../vector/month.js';

/** `2026-08`. @throws BadInput */
export function parseMonth(text: string, option = '--month'): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) {
    throw new BadInput(`Invalid ${option} "${text}"; expected year and month, e.g. 2026-08`);
  }
  return text;
}

/** `2026-08-31`. @throws BadInput */
export function parseDay(text: string, option: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(text) ||
    Number.isNaN(date.getTime()) ||
    !date.toISOString().startsWith(text)
  ) {
    throw new BadInput(`Invalid ${option} "${text}"; expected a day, e.g. 2026-08-31`);
  }
  return text;
}

export function parsePositive(text: string, option: string, unit: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new BadInput(`Invalid ${option} "${text}"; expected ${unit}, e.g. 2`);
  }
  return value;
}

export function parseCount(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64) {
    throw new BadInput(`Invalid ${option} "${text}"; expected a whole number from 1 to 64`);
  }
  return value;
}

/** @throws BadInput */
export function parseWhole(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || value < 1) {
    throw new BadInput(`Invalid ${option} "${text}"; expected a whole number above 0, e.g. 12`);
  }
  return value;
}

/** `blue=1,green=2,red=3,nir=4`, any subset. */
export function parseBands(text: string): BandNumbers {
  const result: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [role, number] = part.split('=').map((word) => word.trim());
    if (!isBandRole(role) || !/^\d+$/.test(number ?? '') || Number(number) < 1) {
      throw new BadInput(
        `Invalid --bands "${text}"; expected pairs such as blue=1,green=2,red=3,nir=4 with bands ${BAND_ROLES.join(', ')} counted from 1`,
      );
    }
    if (result[role] !== undefined) {
      throw new BadInput(`Invalid --bands "${text}"; ${role} is named twice, expected each band once`);
    }
    result[role] = Number(number);
  }
  return result;
}

export function parseClasses(text: string, option = '--classes'): ChangeClassName[] {
  return text.split(',').map((word) => {
    const found = classByName(word.trim());
    if (!found) {
      const names = CHANGE_CLASSES.map((c) => c.name).join(', ');
      throw new BadInput(`Invalid ${option} "${word.trim()}"; expected some of ${names}`);
    }
    return found.name;
  });
}

export function parseBackend(text: string): BackendRequest {
  if (text === 'auto' || (BACKENDS as readonly string[]).includes(text)) return text as BackendRequest;
  throw new BadInput(`Invalid --backend "${text}"; expected auto, ${BACKENDS.join(', ')}`);
}

export function parseDetector(text: string): DetectorKind {
  const kind = detectorByName(text);
  if (!kind) {
    throw new BadInput(
      `Invalid --detector "${text}"; expected one of ${DETECTORS.map((d) => d.name).join(', ')}`,
    );
  }
  return kind;
}

export function parseChoice<T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new BadInput(`Invalid ${option} "${text}"; expected ${choices.join(', ')}`);
  return found;
}
