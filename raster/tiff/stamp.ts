import { stat } from 'node:fs/promises';
import { isAddress } from './address.js';
import { httpStamp } from './http.js';

/** What tells one version of a file from another. */
export interface FileStamp {
  /** Path or address as given. */
  readonly file: string;
  /** Bytes; null where there is no such file. */
  readonly size: number | null;
  /** Time of change of a file in ms, ETag or Last-Modified of an address; null where nothing tells. */
  readonly version: string | null;
}

/**
 * The version of a file on disk or behind an address.
 * @throws BadInput, Unavailable where an address cannot be asked.
 */
export async function stampOf(file: string): Promise<FileStamp> {
  if (isAddress(file)) return { file, ...(await httpStamp(file)) };
  const info = await stat(file).catch(() => null);
  return { file, size: info?.size ?? null, version: info === null ? null : String(info.mtimeMs) };
}
