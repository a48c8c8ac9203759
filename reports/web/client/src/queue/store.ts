import { z } from 'zod';

/** Something to tell the server about a lead, kept on the device until it has been told. */
const Entry = z.object({
  /** UUID the server knows it by: sent twice it counts once. */
  id: z.string(),
  /** Order it was made in. */
  order: z.number(),
  lead: z.string(),
  /** Who made it: it is sent in nobody else's name. */
  by: z.string(),
  kind: z.enum(['step', 'photo']),
  /** What a step's body or a photo's fields are. */
  fields: z.record(z.string(), z.unknown()),
  photo: z.instanceof(Blob).nullable(),
  /** Why the server refused it; null while it waits. */
  refused: z.string().nullable(),
});
export type Entry = z.infer<typeof Entry>;

const NAME = 'tuban';
const STORE = 'outbox';

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Resolves when the transaction is whole, so that what was promised to be kept is. */
async function write(change: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open();
  await new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    change(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Keeps all of them or none. */
export function keepEntries(entries: readonly Entry[]): Promise<void> {
  return write((store) => {
    for (const entry of entries) store.put(entry);
  });
}

export function dropEntry(id: string): Promise<void> {
  return write((store) => store.delete(id));
}

/** What waits, oldest first. */
export async function listEntries(): Promise<Entry[]> {
  const database = await open();
  const found = await new Promise<unknown[]>((resolve, reject) => {
    const request = database.transaction(STORE).objectStore(STORE).getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return z
    .array(Entry)
    .parse(found)
    .toSorted((a, b) => a.order - b.order);
}
