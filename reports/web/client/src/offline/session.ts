import type { App } from '../app.js';
import { ask, setCsrf, Unreachable } from '../kit/api.js';
import { Meta, Session, User } from '../kit/shapes.js';
import { askOrKept, forgetKept, keep, keepFor, keptFor } from './kept.js';

/** Stands for whoever used this device last: their name and role, not a sign-in. */
const [DEVICE, LAST] = ['device', 'last-user'];

export interface Entered {
  /** Null: nobody has signed in. */
  readonly app: App | null;
  /** Without a signal, since when what is shown is known. */
  readonly keptAt: Date | null;
  /** Somebody was signed in on this device, and the server no longer knows them. */
  readonly ranOut: boolean;
}

/** Who this is, from the server; without a signal whoever used this device last, if it is an officer. */
export async function enter(): Promise<Entered> {
  const last = await keptFor(DEVICE, LAST, User);
  try {
    const { user, csrf } = await ask('/api/session', Session);
    setCsrf(csrf ?? '');
    const keeps = user?.role === 'officer';
    // what was another's is not this one's to read
    if (last !== null && last.value.name !== user?.name) await forgetKept();
    keepFor(keeps ? user.name : null);
    if (user === null) return { app: null, keptAt: null, ranOut: last !== null };
    const { value: meta } = await askOrKept('/api/meta', Meta);
    if (keeps) await keep(DEVICE, LAST, user);
    return { app: { user, meta }, keptAt: null, ranOut: false };
  } catch (error) {
    if (!(error instanceof Unreachable) || last === null) throw error;
    keepFor(last.value.name);
    const meta = await keptFor(last.value.name, '/api/meta', Meta);
    if (meta === null) throw error;
    return { app: { user: last.value, meta: meta.value }, keptAt: meta.keptAt, ranOut: false };
  }
}

/** Lets a phone open the page without a signal. Only https pages and this machine's own may. */
export function keepShell(): void {
  if (!('serviceWorker' in navigator)) return;
  // a browser that refuses (private windows) goes on without
  navigator.serviceWorker.register('/sw.js').catch(() => {});
}
