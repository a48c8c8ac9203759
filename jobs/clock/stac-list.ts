import { z } from 'zod';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { shownAddress } from '../../raster/tiff/address.js';

/** A page of a search is some MB at most. */
const MOST_BYTES = 32 << 20;
const MOST_PAGES = 50;
const TIMEOUT_MS = 60_000;

const Link = z.object({ rel: z.string(), href: z.string(), method: z.string().optional() });
const Page = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(z.object({ id: z.string(), links: z.array(Link).default([]) })),
  links: z.array(Link).default([]),
});

/**
 * Addresses of the Items a STAC search or list of items answers with (an ItemCollection, STAC API), over all its pages.
 * @throws BadInput where the answer is something else, Unavailable where there is none.
 */
export async function stacItems(address: string, signal?: AbortSignal): Promise<string[]> {
  const items: string[] = [];
  const visited = new Set<string>();
  let next: string | null = address;
  while (next !== null && !visited.has(next) && visited.size < MOST_PAGES) {
    visited.add(next);
    const page: z.infer<typeof Page> = await pageAt(next, signal);
    const base: string = next;
    for (const { id, links } of page.features) {
      const self = links.find(({ rel }) => rel === 'self');
      if (self === undefined) {
        throw new BadInput(
          `${shownAddress(address)}: item "${id}" has no link "self", by which it could be read again; the catalogue must give one`,
        );
      }
      items.push(absolute(self.href, base));
    }
    const link = page.links.find(
      ({ rel, method = 'GET' }) => rel === 'next' && method.toUpperCase() === 'GET',
    );
    next = link === undefined ? null : absolute(link.href, base);
  }
  return [...new Set(items)];
}

function absolute(href: string, base: string): string {
  if (!URL.canParse(href, base)) throw new BadInput(`${shownAddress(base)}: "${href}" is no address`);
  return new URL(href, base).href;
}

async function pageAt(address: string, signal?: AbortSignal): Promise<z.infer<typeof Page>> {
  const name = shownAddress(address);
  const json = await textOf(address, name, signal);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new BadInput(
      `${name}: answers no JSON; expected a STAC ItemCollection (a search, or a collection's items)`,
    );
  }
  const page = Page.safeParse(value);
  if (page.success) return page.data;
  const [issue] = page.error.issues;
  throw new BadInput(
    `${name}: is no STAC ItemCollection (${issue?.path.join('.')}: ${issue?.message}); expected a search, or a collection's items`,
  );
}

async function textOf(address: string, name: string, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(address, {
      headers: { accept: 'application/geo+json, application/json' },
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      const text = `${name}: answered ${answer.status}; check schedule.stac in tuban.json`;
      throw refused ? new BadInput(text) : new Unavailable(text);
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of answer.body ?? []) {
      bytes += part.length;
      if (bytes > MOST_BYTES)
        throw new BadInput(`${name}: answers more than ${MOST_BYTES >> 20} MiB; ask for fewer items a page`);
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  } catch (error) {
    if (error instanceof BadInput || error instanceof Unavailable) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new Unavailable(`${name}: not reached (${messageOf(cause).split('\n')[0]}); the clock asks again`);
  }
}
