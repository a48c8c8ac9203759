import { z } from 'zod';
import { ask, Unreachable } from '../kit/api.js';
import { read, write } from '../kit/database.js';

/** An answer of the server that may be read again without a signal. */
const Kept = z.object({
  /** Key: whose, and of which address. */
  url: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
  body: z.unknown(),
});

/** Older than a session can be it is nobody's any more. */
const MOST_AGE_MS = 7 * 24 * 3_600_000;
/** Also named in worker/sw.ts, which fills it. */
const PICTURES = 'tuban-pictures';

/** What was asked, and since when it is known; null: it has just been answered. */
export interface Known<T> {
  readonly value: T;
  readonly keptAt: Date | null;
}

/** Whose answers are kept: an officer's, who is where the signal is bad. Null: nobody's. */
let owner: string | null = null;

export function keepFor(user: string | null): void {
  owner = user;
}

/** Asks the server, and keeps what it says; without a signal gives what was kept. @throws Unreachable without either. */
export async function askOrKept<T>(url: string, shape: z.ZodType<T>): Promise<Known<T>> {
  try {
    // as it came: what a shape makes of it need not fit the shape again
    const body = await ask(url, z.unknown());
    const value = shape.parse(body);
    if (owner !== null) await keep(owner, url, body);
    return { value, keptAt: null };
  } catch (error) {
    const kept = error instanceof Unreachable && owner !== null ? await keptFor(owner, url, shape) : null;
    if (kept === null) throw error;
    return kept;
  }
}

/** Keeps an answer for somebody. A full device is no reason to fail. */
export async function keep(user: string, url: string, body: unknown): Promise<void> {
  await write('kept', (store) => store.put({ url: `${user} ${url}`, at: Date.now(), body })).catch(() => {});
}

export async function keptFor<T>(user: string, url: string, shape: z.ZodType<T>): Promise<Known<T> | null> {
  const found = Kept.safeParse(await read('kept', (store) => store.get(`${user} ${url}`)).catch(() => null));
  if (!found.success || Date.now() - found.data.at > MOST_AGE_MS) return null;
  const value = shape.safeParse(found.data.body);
  return value.success ? { value: value.data, keptAt: new Date(found.data.at) } : null;
}

/** Forgets all that was kept, pictures too. What waits to be sent stays: it is the user's own. */
export async function forgetKept(): Promise<void> {
  owner = null;
  await write('kept', (store) => store.clear()).catch(() => {});
  if ('caches' in window) await caches.delete(PICTURES).catch(() => false);
}
