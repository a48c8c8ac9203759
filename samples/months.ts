import { BadInput } from '../raster/errors.js';
import type { Bounds } from '../raster/grid.js';
import { clamp01, fractal, hash } from './random.js';

/** How one month's scene was taken. */
export interface Take {
  readonly month: string;
  /** Months from year 0. */
  readonly index: number;
  readonly calendarMonth: number;
  /** Degrees clockwise from north, and over the horizon. */
  readonly sunAzimuth: number;
  readonly sunElevation: number;
  /** Path reflectance a band: haze, strongest in blue. */
  readonly path: readonly number[];
  /** Calibration and transmission a band. */
  readonly gain: readonly number[];
  /** By how much the scene is georeferenced wrongly, in px to the east and south. */
  readonly shift: readonly [dx: number, dy: number];
  /** Share of the land under cloud. */
  readonly cloudCover: number;
  /** A corner cut off by the swath's edge: 0 none, else its reach as a share of the scene's width. */
  readonly wedge: number;
  readonly seed: number;
}

/** @throws BadInput where a month is not YYYY-MM or they do not ascend. */
export function monthIndices(months: readonly string[]): number[] {
  const indices = months.map((month) => {
    const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
    if (!match) throw new BadInput(`Invalid month "${month}"; expected YYYY-MM, e.g. 2026-08`);
    return Number(match[1]) * 12 + Number(match[2]) - 1;
  });
  if (indices.length === 0) throw new BadInput('No months given; expected at least one, e.g. 2026-08');
  indices.forEach((index, i) => {
    if (i > 0 && index <= indices[i - 1]) {
      throw new BadInput(
        `Month "${months[i]}" does not follow "${months[i - 1]}"; expected ascending months`,
      );
    }
  });
  return indices;
}

/**
 * The sun over Shenzhen (22.56° N, 114.13° E) at 10:45 China Standard Time on a month's 15th. Declination by Cooper
 * 1969; the equation of time (under 4° of hour angle) is left out.
 */
export function sunOf(calendarMonth: number): { azimuth: number; elevation: number } {
  const rad = Math.PI / 180;
  const dayOfYear = 30.4 * (calendarMonth - 1) + 15;
  const declination = 23.45 * rad * Math.sin((2 * Math.PI * (284 + dayOfYear)) / 365);
  const hourAngle = (10.75 - (120 - 114.13) / 15 - 12) * 15 * rad;
  const latitude = 22.56 * rad;
  const sine =
    Math.sin(latitude) * Math.sin(declination) +
    Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
  const east = -Math.cos(declination) * Math.sin(hourAngle);
  const north =
    Math.cos(latitude) * Math.sin(declination) -
    Math.sin(latitude) * Math.cos(declination) * Math.cos(hourAngle);
  return { azimuth: (Math.atan2(east, north) / rad + 360) % 360, elevation: Math.asin(sine) / rad };
}

export function takeOf(
  month: string,
  index: number,
  position: number,
  seed: number,
  options: { readonly clouds: boolean; readonly shift: boolean },
): Take {
  const dice = (k: number) => hash(index, k, seed + 300);
  const calendarMonth = (index % 12) + 1;
  const { azimuth, elevation } = sunOf(calendarMonth);
  const haze = 0.55 + 0.9 * dice(1);
  // the first month is the reference: what lies where its georeference says
  const shifted = options.shift && position > 0;
  const angle = 2 * Math.PI * dice(2);
  const distance = shifted ? 0.3 + 1.4 * dice(3) : 0;
  return {
    month,
    index,
    calendarMonth,
    sunAzimuth: azimuth,
    sunElevation: elevation,
    path: [0.05, 0.03, 0.018, 0.007].map((p) => p * haze),
    gain: [5, 6, 7, 8].map((k) => (0.94 + 0.1 * dice(k)) * (1.01 - 0.05 * haze)),
    shift: [distance * Math.cos(angle), distance * Math.sin(angle)],
    cloudCover: options.clouds && dice(9) < 0.5 ? 0.02 + 0.08 * dice(10) : 0,
    wedge: options.clouds && dice(11) < 0.35 ? 0.06 + 0.1 * dice(12) : 0,
    seed: seed + 1009 * index,
  };
}

/** Cloud and cloud shadow over the ground, each 0 (none) to 1 (full). */
export interface Sky {
  cloud(x: number, y: number): number;
  shadow(x: number, y: number): number;
}

/** Metres from the ground to the clouds. */
const CLOUD_BASE = 900;
const CLOUD_SIZE = 420;

/** Clouds of a month; null under a clear sky. */
export function skyOf(take: Take, bounds: Bounds): Sky | null {
  if (take.cloudCover <= 0) return null;
  const density = (x: number, y: number) => fractal(x / CLOUD_SIZE, y / CLOUD_SIZE, take.seed + 5, 5);
  const sample: number[] = [];
  for (let j = 0; j < 60; j++) {
    for (let i = 0; i < 60; i++) {
      sample.push(
        density(
          bounds.minX + ((bounds.maxX - bounds.minX) * i) / 59,
          bounds.minY + ((bounds.maxY - bounds.minY) * j) / 59,
        ),
      );
    }
  }
  sample.sort((a, b) => a - b);
  const edge = sample[Math.floor(sample.length * (1 - take.cloudCover))];
  const thickness = 0.05;
  const cloud = (x: number, y: number) => {
    const u = clamp01((density(x, y) - edge) / thickness + 0.15);
    return u * u * (3 - 2 * u);
  };
  const rad = Math.PI / 180;
  const reach = CLOUD_BASE / Math.tan(take.sunElevation * rad);
  const east = reach * Math.sin(take.sunAzimuth * rad);
  const north = reach * Math.cos(take.sunAzimuth * rad);
  // a point is in shadow where the cloud stands towards the sun
  return { cloud, shadow: (x, y) => cloud(x + east, y + north) };
}
