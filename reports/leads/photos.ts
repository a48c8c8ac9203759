import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../shared/whole-file.js';

/** A picture of a visit, as handed in. */
export interface ReadPhoto {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
  readonly mediaType: string;
  /** WGS84 longitude, latitude from its EXIF; null where it has none. */
  readonly position: readonly [number, number] | null;
  /** ISO 8601 in UTC; null where its EXIF tells no time. */
  readonly takenAt: string | null;
  /** What the page that sent it says of it, beside its EXIF. */
  readonly said?: SaidOfPhoto;
}

/** A claim of whoever sent the photo: it is kept with it, and stands for the EXIF only where that says nothing. */
export interface SaidOfPhoto {
  /** Taken in the page, or picked among the phone's pictures. */
  readonly source: 'camera' | 'picked';
  /** WGS84 longitude, latitude of the phone. */
  readonly position: readonly [number, number] | null;
  /** Where the camera looked, degrees clockwise from true north. */
  readonly bearing: number | null;
  /** ISO 8601 in UTC. */
  readonly takenAt: string | null;
}

/** Formats by sharp's name, with their media type and the ending of their file. */
export const PHOTO_FORMATS: Readonly<Record<string, readonly [mediaType: string, extension: string]>> = {
  jpeg: ['image/jpeg', 'jpg'],
  png: ['image/png', 'png'],
  webp: ['image/webp', 'webp'],
  heif: ['image/heic', 'heic'],
  tiff: ['image/tiff', 'tif'],
};

/** Where a photo lies below the state folder: `photos/ab/abcdef….jpg`. */
export function photoPath(
  stateDir: string,
  { hash, mediaType }: Pick<ReadPhoto, 'hash' | 'mediaType'>,
): string {
  const extension = Object.values(PHOTO_FORMATS).find(([type]) => type === mediaType)?.[1] ?? 'bin';
  return join(stateDir, 'photos', hash.slice(0, 2), `${hash}.${extension}`);
}

/** Keeps a photo under its hash; it appears whole or not at all, and one that is there already is left as it is. */
export async function keepPhoto(stateDir: string, photo: ReadPhoto): Promise<string> {
  const path = photoPath(stateDir, photo);
  if (await stat(path).catch(() => null)) return path;
  await writeWhole(path, photo.bytes);
  return path;
}
