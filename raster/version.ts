import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const Package = z.object({ version: z.string() });

/** Of package.json, which lies beside the folder of compiled code, or of this one's folder under vitest. */
export function version(): string {
  const places = ['../../package.json', '../package.json'].map((path) => new URL(path, import.meta.url));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error('package.json is not where it belongs');
  return Package.parse(JSON.parse(readFileSync(found, 'utf8'))).version;
}
