import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { Unavailable } from '../../raster/errors.js';

/** A name that one process has for itself. Whoever dies loses it, however it dies: it lives with the process or its connection. */
export interface Hold {
  /** Aborts where the hold is gone and could not be had again: another may have it, so the work under it must end. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** Waits between tries to have a hold again whose connection was lost, ms: a server that restarts is back by then. */
const AGAIN_MS = [100, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** A connection that breaks while it is given back is replaced; without a listener it would end the process. */
const ignore = () => {};

/** Holds of the embedded database: one process owns it, so its memory is the place for them. */
export function holdsInMemory(): (name: string) => Promise<Hold | null> {
  const held = new Set<string>();
  return async (name) => {
    if (held.has(name)) return null;
    held.add(name);
    return { lost: new AbortController().signal, release: async () => void held.delete(name) };
  };
}

/**
 * Holds `name` on a server by an advisory lock on a connection of its own, null where another holds it. The server frees it
 * when the connection ends; of a machine that vanished it learns within a minute, by TCP keep-alive.
 */
export async function holdOnServer(pool: pg.Pool, name: string): Promise<Hold | null> {
  const gone = new AbortController();
  const stop = new AbortController();
  let client: pg.PoolClient | null = null;

  async function take(): Promise<boolean> {
    const one = await pool.connect();
    try {
      await one.query(
        'SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3',
      );
      const { rows } = await one.query<{ got: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got',
        [`tuban ${name}`],
      );
      if (!rows[0].got) {
        one.release();
        return false;
      }
    } catch (error) {
      one.release(true);
      throw error;
    }
    client = one;
    one.on('error', lose);
    return true;
  }

  function lose(): void {
    const dead = client;
    client = null;
    dead?.off('error', lose);
    dead?.on('error', ignore);
    dead?.release(true);
    void again();
  }

  async function again(): Promise<void> {
    for (const ms of AGAIN_MS) {
      await wait(ms, undefined, { signal: stop.signal, ref: false }).catch(() => {});
      if (stop.signal.aborted) return;
      if (await take().catch(() => false)) return;
    }
    gone.abort(
      new Unavailable(
        `The connection to the database was lost, and with it "${name}"; run the command again when the server is back`,
      ),
    );
  }

  if (!(await take())) return null;
  return {
    lost: gone.signal,
    async release() {
      stop.abort();
      const last = client;
      client = null;
      if (last === null) return;
      last.off('error', lose);
      last.on('error', ignore);
      const freed = await last.query('SELECT pg_advisory_unlock_all()').then(
        () => true,
        () => false,
      );
      last.release(!freed);
      // the pool listens from here on
      if (freed) last.off('error', ignore);
    },
  };
}
