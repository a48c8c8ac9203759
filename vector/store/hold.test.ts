import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDatabase } from './db.js';
import { openTestServer, testPlaces, testServerUrl } from './testing.js';

const server = testServerUrl();
const places = testPlaces('holds on a server are');

describe.each(places)('holds on the $name database', ({ open }) => {
  it('a name is held by one, others are free, and it is free again after', async () => {
    const { db, dispose } = await open();
    try {
      const first = await db.hold('run 2026-08');
      expect(first).not.toBeNull();
      expect(await db.hold('run 2026-08')).toBeNull();
      const other = await db.hold('run 2026-09');
      expect(other).not.toBeNull();
      await first?.release();
      const again = await db.hold('run 2026-08');
      expect(again).not.toBeNull();
      await again?.release();
      await other?.release();
      await expect(db.transaction((tx) => tx.hold('x'))).rejects.toThrow(/outside of transactions/);
    } finally {
      await dispose();
    }
  });
});

describe.skipIf(server === null)('a hold on a server', () => {
  const cutOff = `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.pid <> pg_backend_pid()`;

  it('goes with its process, and is had again after a connection that was lost', async () => {
    const { db, url, dispose } = await openTestServer(server ?? '');
    const other = await openDatabase({ url, dataDir: '', holder: 'test' });
    try {
      const held = await db.hold('run 2026-08');
      for (let i = 0; i < 3; i++) {
        await other.query(cutOff);
        await wait(400);
      }
      expect(held?.lost.aborted).toBe(false);
      expect(await other.hold('run 2026-08')).toBeNull();
      await held?.release();
      const taken = await other.hold('run 2026-08');
      expect(taken).not.toBeNull();
      await other.close();
      expect(await db.hold('run 2026-08')).not.toBeNull();
    } finally {
      await dispose();
    }
  });
});
