import type { Db } from './db.js';

/** Counts over the whole store, for monitoring. */
export interface StoreFigures {
  readonly runs: readonly { readonly status: string; readonly count: number }[];
  /** How long the last published run of each kind took, seconds from start to publishing, and when it was published. */
  readonly lastRuns: readonly { readonly against: string; readonly seconds: number; readonly at: string }[];
  readonly patches: readonly { readonly class: string; readonly state: string; readonly count: number }[];
  readonly leads: readonly {
    readonly status: string;
    readonly disposition: string;
    readonly count: number;
  }[];
  readonly deliveries: readonly {
    readonly endpoint: string;
    readonly status: string;
    readonly count: number;
  }[];
  /** Months the clock has not brought to an end, by how the last try ended. */
  readonly clock: readonly { readonly outcome: string; readonly count: number }[];
}

export async function storeFigures(db: Db): Promise<StoreFigures> {
  const runs = await db.query<StoreFigures['runs'][number]>(
    'SELECT status, count(*) AS count FROM tuban.run GROUP BY 1 ORDER BY 1',
  );
  const lastRuns = await db.query<StoreFigures['lastRuns'][number]>(
    `SELECT DISTINCT ON (against) against, extract(epoch FROM published_at - started_at)::float8 AS seconds, published_at AS at
     FROM tuban.run WHERE status = 'published' ORDER BY against, published_at DESC`,
  );
  const patches = await db.query<StoreFigures['patches'][number]>(
    'SELECT class, state, count(*) AS count FROM tuban.patch WHERE retired_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2',
  );
  const leads = await db.query<StoreFigures['leads'][number]>(
    'SELECT status, disposition, count(*) AS count FROM tuban.lead GROUP BY 1, 2 ORDER BY 1, 2',
  );
  const deliveries = await db.query<StoreFigures['deliveries'][number]>(
    'SELECT endpoint, status, count(*) AS count FROM tuban.webhook_delivery GROUP BY 1, 2 ORDER BY 1, 2',
  );
  const clock = await db.query<StoreFigures['clock'][number]>(
    `SELECT outcome, count(*) AS count FROM tuban.clock_month WHERE outcome NOT IN ('none', 'published') GROUP BY 1 ORDER BY 1`,
  );
  return { runs, lastRuns, patches, leads, deliveries, clock };
}
