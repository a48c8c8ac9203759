import { z } from 'zod';
import { read, write } from '../kit/database.js';

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

/** Keeps all of them or none. */
export function keepEntries(entries: readonly Entry[]): Promise<void> {
  return write('outbox', (store) => {
    for (const entry of entries) store.put(entry);
  });
}

export function dropEntry(id: string): Promise<void> {
  return write('outbox', (store) => store.delete(id));
}

/** What waits, oldest first. */
export async function listEntries(): Promise<Entry[]> {
  const found = await read('outbox', (store) => store.getAll());
  return z
    .array(Entry)
    .parse(found)
    .toSorted((a, b) => a.order - b.order);
}
