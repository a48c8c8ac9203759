import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import readExif from 'exif-reader';
import sharp, { type Metadata } from 'sharp';
import { BadInput, messageOf } from '../../raster/errors.js';
import { PHOTO_FORMATS, type ReadPhoto } from './photos.js';

const MOST_BYTES = 50 * 2 ** 20;
/** More than phones' cameras have. */
const MOST_PIXELS = 250e6;

/**
 * Reads a photo: what it is is told by its content, not its name.
 * @param timeZone zone of EXIF times that name none
 * @throws BadInput where it is no picture, naming the file.
 */
export async function readPhoto(path: string, timeZone: string): Promise<ReadPhoto> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BadInput(`Photo ${path} cannot be read: ${messageOf(error)}`);
  });
  if (bytes.length > MOST_BYTES) {
    throw new BadInput(`Photo ${path} has ${Math.round(bytes.length / 2 ** 20)} MB; expected 50 at most`);
  }
  // sharp refuses an empty file at once, and others when it reads them
  const metadata = await (async () => sharp(bytes).metadata())().catch(() => null);
  const format = PHOTO_FORMATS[metadata?.format ?? ''];
  if (metadata === null || format === undefined) {
    throw new BadInput(`Photo ${path} is no picture known here; expected JPEG, PNG, WebP, HEIC or TIFF`);
  }
  // opening it would take gigabytes, of whoever does
  if (metadata.width * metadata.height > MOST_PIXELS) {
    throw new BadInput(
      `Photo ${path} claims ${metadata.width} × ${metadata.height} px; expected ${MOST_PIXELS / 1e6} million at most`,
    );
  }
  return {
    path,
    bytes,
    hash: createHash('sha256').update(bytes).digest('hex'),
    mediaType: format[0],
    ...exifOf(metadata, timeZone),
  };
}

function exifOf({ exif }: Metadata, timeZone: string): Pick<ReadPhoto, 'position' | 'takenAt'> {
  try {
    const tags = exif === undefined ? null : readExif(exif);
    const { GPSLatitude, GPSLatitudeRef, GPSLongitude, GPSLongitudeRef } = tags?.GPSInfo ?? {};
    const taken = tags?.Photo?.DateTimeOriginal ?? tags?.Image?.DateTime;
    const offset = tags?.Photo?.OffsetTimeOriginal;
    return {
      position: positionOf(degrees(GPSLongitude, GPSLongitudeRef), degrees(GPSLatitude, GPSLatitudeRef)),
      takenAt: taken instanceof Date ? instantOf(taken, offset, timeZone) : null,
    };
  } catch {
    // a photo with broken EXIF is a photo without
    return { position: null, takenAt: null };
  }
}

/** Degrees, minutes, seconds with N, S, E or W. */
function degrees(parts: readonly number[] | undefined, ref: string | undefined): number {
  if (parts === undefined || ref === undefined) return Number.NaN;
  const [whole = Number.NaN, minutes = 0, seconds = 0] = parts;
  return (whole + minutes / 60 + seconds / 3600) * (/^[sw]/i.test(ref) ? -1 : 1);
}

function positionOf(lon: number, lat: number): readonly [number, number] | null {
  const real = Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  // phones without a fix write zeros
  return real && (lon !== 0 || lat !== 0) ? [lon, lat] : null;
}

/** An EXIF time is a wall clock's, read as if it were UTC; `offset` is its `+08:00`, where the camera wrote one. */
function instantOf(wall: Date, offset: string | undefined, timeZone: string): string | null {
  if (Number.isNaN(wall.getTime())) return null;
  const given = /^([+-])(\d{2}):(\d{2})/.exec(offset ?? '');
  const minutes = given
    ? (given[1] === '-' ? -1 : 1) * (Number(given[2]) * 60 + Number(given[3]))
    : zoneMinutes(wall, timeZone);
  return new Date(wall.getTime() - minutes * 60_000).toISOString();
}

function zoneMinutes(instant: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(
    instant,
  );
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}
