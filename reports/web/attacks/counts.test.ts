import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BAD_BODIES, BAD_MULTIPARTS, BAD_PATHS, BAD_PHOTOS, BAD_TABLES, BAD_TEXTS } from './bad-input.js';
import { OIDC_FORGERIES } from './oidc-forgeries.js';
import { PDF_PIVOTS } from './pdf-pivots.js';
import { REQUESTS } from './scope.js';
import { SQL_PAYLOADS } from './sql.js';
import { SSRF_ADDRESSES } from './ssrf.js';
import { TOKEN_FORGERIES } from './token-forgeries.js';
import { XSS_PAYLOADS } from './xss.js';

const BAD_INPUT = [BAD_TEXTS, BAD_BODIES, BAD_MULTIPARTS, BAD_PATHS, BAD_PHOTOS, BAD_TABLES];

/** What stands in docs/security.md, the attacks there are, and the fewest there may be. */
const COLLECTIONS: readonly (readonly [string, readonly unknown[] | number, number])[] = [
  ['SQL in parameters', SQL_PAYLOADS, 200],
  ['Bad input', BAD_INPUT.flat(), 100],
  ['Forged answers of the identity provider', OIDC_FORGERIES, 40],
  ['Forged API tokens, cookies, CSRF tokens', TOKEN_FORGERIES, 30],
  ['Addresses that lead inside', SSRF_ADDRESSES, 100],
  ['PDF pivots', PDF_PIVOTS, 50],
  ['Stored scripts', XSS_PAYLOADS, 100],
  ['Requests of two districts at once', REQUESTS.drill, 10_000],
];

const rows = new Map(
  [
    ...readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8').matchAll(
      /^\| ([^|`]+) \| ([\d,]+) \| /gm,
    ),
  ].map(([, name, count]) => [name, Number(count.replaceAll(',', ''))]),
);

it('the document counts every collection of attacks, and no other', () => {
  expect([...rows.keys()]).toEqual(COLLECTIONS.map(([name]) => name));
});

it.each(
  COLLECTIONS,
)('%s are as many as the document says, no two of them the same', (name, attacks, least) => {
  const count = typeof attacks === 'number' ? attacks : attacks.length;
  expect(rows.get(name)).toBe(count);
  expect(count).toBeGreaterThanOrEqual(least);
  if (typeof attacks === 'number') return;
  const words = attacks.map((one) => (isNamed(one) ? one.name : JSON.stringify(one)));
  expect(new Set(words).size).toBeGreaterThanOrEqual(Math.min(count, least));
});

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}
