import { createHash } from 'node:crypto';
import { basename, posix } from 'node:path';
import { BadInput } from '../errors.js';

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** True where a text is an address (`scheme://…`) and no path. `C:\scene.tif` is a path. */
export function isAddress(text: string): boolean {
  return SCHEME.test(text);
}

/** The address a text is. @throws BadInput where it is malformed or of a scheme that cannot be read. */
export function httpAddress(text: string): URL {
  const scheme = SCHEME.exec(text)?.[1].toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') {
    throw new BadInput(
      `${shownAddress(text)}: ${scheme ?? 'such'} addresses are not read; give the file's https or s3 address, or download it and give its path`,
    );
  }
  if (!URL.canParse(text)) {
    throw new BadInput(
      `${shownAddress(text)}: is no address; expected one such as https://host/folder/scene.tif`,
    );
  }
  return new URL(text);
}

/**
 * An address as messages, tables and summaries may show it: without user name, password, query and fragment, which may
 * hold a signature or token. A path comes back as it is.
 */
export function shownAddress(address: string | URL): string {
  const text = String(address);
  if (!isAddress(text)) return text;
  return text.replace(/[?#].*$/s, '').replace(/^([^/]*\/\/)[^/]*@/, '$1');
}

/**
 * The shown address with a mark where what is left out of it may be all that tells it from another: names files and scenes
 * in messages and keys.
 */
export function distinctAddress(address: string): string {
  const shown = shownAddress(address);
  return shown === address
    ? shown
    : `${shown}#${createHash('sha256').update(address).digest('hex').slice(0, 8)}`;
}

/** Name of the file at a path or address, without what follows the name in an address. */
export function fileNameOf(file: string): string {
  return isAddress(file) ? posix.basename(shownAddress(file)) : basename(file);
}
