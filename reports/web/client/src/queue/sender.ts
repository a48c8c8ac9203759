import { ask, hasCsrf, Refused, send, setCsrf, Unreachable } from '../kit/api.js';
import { Session } from '../kit/shapes.js';
import { dropEntry, type Entry, keepEntries, listEntries } from './store.js';

/** Why nothing goes out just now. */
export type Halt = 'offline' | 'signed-out' | null;

export interface QueueState {
  readonly entries: readonly Entry[];
  readonly halt: Halt;
  readonly sending: boolean;
}

const RETRY_MS = 20_000;

let user: string | null = null;
let halt: Halt = null;
let running: Promise<void> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const watchers = new Set<(state: QueueState) => void>();
const delivered = new Set<(lead: string) => void>();

/** Calls with every change; the result ends it. */
export function watchQueue(watcher: (state: QueueState) => void): () => void {
  watchers.add(watcher);
  void tell();
  return () => watchers.delete(watcher);
}

/** Calls when everything about a lead has arrived. */
export function onDelivered(listener: (lead: string) => void): () => void {
  delivered.add(listener);
  return () => delivered.delete(listener);
}

async function tell(): Promise<void> {
  const state = { entries: await listEntries(), halt, sending: running !== null };
  for (const watcher of watchers) watcher(state);
}

/** Who is signed in; null: nobody, and nothing is sent. */
export function setSender(name: string | null): void {
  user = name;
  halt = name === null ? 'signed-out' : null;
  void tell();
  if (name !== null) flush();
}

/** What is to be told of a lead, before it has an id and an order. */
export type Draft = Pick<Entry, 'kind' | 'fields' | 'photo'>;

/** Keeps them on the device, in this order, and starts sending. Resolves once they are safe on the device. */
export async function enqueue(lead: string, by: string, drafts: readonly Draft[]): Promise<void> {
  const start = Date.now();
  await keepEntries(
    drafts.map((draft, i) => ({ ...draft, id: newId(), order: start + i / 1000, lead, by, refused: null })),
  );
  await tell();
  flush();
}

/** A random UUID, on pages without https too, where crypto.randomUUID is not there. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export async function discard(id: string): Promise<void> {
  await dropEntry(id);
  await tell();
  flush();
}

/** Sends a refused entry, and what waits behind it, once more. */
export async function sendAgain(entry: Entry): Promise<void> {
  await keepEntries([{ ...entry, refused: null }]);
  flush();
}

/** Starts sending what waits, unless that is going on. */
export function flush(): void {
  if (running || user === null) return;
  clearTimeout(timer);
  // one tab at a time, where the browser has locks; elsewhere the ids keep what is sent twice from counting twice
  running = alone(sendAll).finally(() => {
    running = null;
    void tell();
  });
}

async function alone(work: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request('tuban-outbox', work);
  else await work();
}

/** In order; what was refused holds back the rest of its lead, since a verdict without its visit makes no sense. */
async function sendAll(): Promise<void> {
  const held = new Set<string>();
  for (;;) {
    const next = (await listEntries()).find(
      (entry) => entry.by === user && entry.refused === null && !held.has(entry.lead),
    );
    if (!next) return;
    await tell();
    const before = await listEntries();
    if (
      before.some(({ lead, refused, order }) => lead === next.lead && refused !== null && order < next.order)
    ) {
      held.add(next.lead);
      continue;
    }
    if (!(await sendOne(next))) return;
  }
}

/** False where sending has to wait. */
async function sendOne(entry: Entry): Promise<boolean> {
  try {
    await deliver(entry);
    halt = null;
    await dropEntry(entry.id);
    if (!(await listEntries()).some(({ lead }) => lead === entry.lead)) {
      for (const listener of delivered) listener(entry.lead);
    }
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      halt = 'signed-out';
      return false;
    }
    // a busy or broken server is asked again later; what it says no to is shown to the person
    if (
      error instanceof Unreachable ||
      (error instanceof Refused && (error.status === 429 || error.status >= 500))
    ) {
      halt = 'offline';
      timer = setTimeout(flush, RETRY_MS);
      return false;
    }
    await keepEntries([{ ...entry, refused: error instanceof Error ? error.message : String(error) }]);
    return true;
  }
}

/** Sends it with a token that the server knows: a page opened without a signal has none, and a new sign-in makes another. */
async function deliver(entry: Entry): Promise<void> {
  if (!hasCsrf()) await renew();
  try {
    await post(entry);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 403)) throw error;
    await renew();
    await post(entry);
  }
}

/** @throws Refused 401 where somebody else or nobody is signed in: it waits for its own user. */
async function renew(): Promise<void> {
  const session = await ask('/api/session', Session);
  setCsrf(session.csrf ?? '');
  if (session.user?.name !== user) throw new Refused(401, '');
}

async function post({ id, lead, kind, fields, photo }: Entry): Promise<void> {
  const url = `/api/leads/${encodeURIComponent(lead)}`;
  if (kind === 'step' || photo === null) {
    await send(`${url}/steps`, { method: 'POST', json: { ...fields, id }, quiet: true });
    return;
  }
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, id })) {
    if (value === null || value === undefined) continue;
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  // fields stand before the file, so that a server that reads on the fly knows them
  form.set('file', photo, photo instanceof File ? photo.name : 'photo.jpg');
  await send(`${url}/photos`, { method: 'POST', form, quiet: true });
}

addEventListener('online', flush);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') flush();
});
