import { BadInput } from '../errors.js';

/** An object as a listing tells of it. */
export interface Listed {
  readonly key: string;
  readonly bytes: number;
  /** When it was written, ms since 1970; Infinity where it is not told: nothing is as new. */
  readonly changedMs: number;
}

/** One answer to ListObjectsV2 (Amazon S3 API Reference). @throws BadInput where it is none */
export function listingOf(
  body: Uint8Array,
  name: string,
): { readonly objects: readonly Listed[]; readonly next: string | null } {
  const text = new TextDecoder().decode(body);
  if (!/<ListBucketResult\b/.test(text))
    throw new BadInput(`${name}: does not list its objects as S3 does; correct AWS_ENDPOINT_URL`);
  const inUrl = textOf(text, 'EncodingType') === 'url';
  const keyOf = (key: string) => (inUrl ? decoded(key.replaceAll('+', ' ')) : key);
  const objects = [...text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, one]) => ({
    key: keyOf(textOf(one, 'Key') ?? ''),
    bytes: Number(textOf(one, 'Size') ?? 0) || 0,
    changedMs: Date.parse(textOf(one, 'LastModified') ?? '') || Number.POSITIVE_INFINITY,
  }));
  const more = textOf(text, 'IsTruncated') === 'true';
  return { objects, next: more ? textOf(text, 'NextContinuationToken') : null };
}

/** Of an element without children; entities resolved. */
function textOf(text: string, element: string): string | null {
  const found = new RegExp(`<${element}>([^<]*)</${element}>`).exec(text);
  if (found === null) return null;
  return found[1].replace(/&(lt|gt|quot|apos|amp|#\d+|#x[\da-f]+);/gi, (_all, name) => entity(name));
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function entity(name: string): string {
  if (!name.startsWith('#')) return NAMED[name.toLowerCase()];
  const number = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return number <= 0x10ffff ? String.fromCodePoint(number) : '\ufffd';
}

/** A key that is not escaped as it should be is not one of ours. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
