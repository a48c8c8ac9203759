import type { LeadEvent, LeadEventKind } from '../lead.js';
import type { Db } from './db.js';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead', 'skipped'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event on its way to one receiver. */
export interface Delivery {
  readonly id: number;
  /** Name of the receiver. */
  readonly endpoint: string;
  readonly eventId: string;
  /** Of the lead. */
  readonly number: string;
  readonly kind: LeadEventKind;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** When it is tried next, ISO 8601. */
  readonly nextAt: string;
  readonly lastError: string | null;
  readonly deliveredAt: string | null;
}

export interface Subscription {
  readonly name: string;
  /** Kinds it wants; all where absent. */
  readonly events?: readonly LeadEventKind[];
  /** First day (UTC) it wants, YYYY-MM-DD. */
  readonly since?: string;
}

/**
 * Makes deliveries of the events that have none yet. A receiver is told of a lead from when it was sent: what waits on the
 * watch list is nobody's business, what was sent and withdrawn is.
 * @returns how many were made
 */
export async function enqueueDeliveries(db: Db, to: Subscription, now: Date): Promise<number> {
  const rows = await db.query(
    `INSERT INTO tuban.webhook_delivery (endpoint, event_id, number, seq, kind, next_at)
     SELECT $1::text, e.id, e.number, e.seq, e.kind, $2::timestamptz
     FROM tuban.lead_event e
     WHERE ($3::text[] IS NULL OR e.kind = ANY ($3::text[])) AND ($4::date IS NULL OR e.at >= ($4::date)::timestamp AT TIME ZONE 'UTC')
       AND EXISTS (SELECT 1 FROM tuban.lead_event s WHERE s.number = e.number AND s.seq <= e.seq AND s.disposition = 'sent')
       AND NOT EXISTS (SELECT 1 FROM tuban.webhook_delivery d WHERE d.endpoint = $1 AND d.event_id = e.id)
     ORDER BY e.seq
     ON CONFLICT (endpoint, event_id) DO NOTHING
     RETURNING id`,
    [to.name, now.toISOString(), to.events ?? null, to.since ?? null],
  );
  return rows.length;
}

export interface Claimed {
  readonly delivery: Delivery;
  readonly event: LeadEvent;
}

/**
 * Takes the next delivery that is due and holds it until `until`; null where none is. An event waits until every earlier one of
 * its lead is delivered or skipped. Two dispatchers never get the same; one that died loses its own when the time is over.
 */
export async function claimDelivery(
  db: Db,
  endpoint: string,
  now: Date,
  until: Date,
): Promise<Claimed | null> {
  const claimed = await db.query<DeliveryRow>(
    `UPDATE tuban.webhook_delivery SET leased_until = $3::timestamptz, attempts = attempts + 1
     WHERE id = (
       SELECT d.id FROM tuban.webhook_delivery d
       WHERE d.endpoint = $1 AND d.status = 'pending' AND d.next_at <= $2::timestamptz
         AND (d.leased_until IS NULL OR d.leased_until <= $2::timestamptz)
         AND NOT EXISTS (SELECT 1 FROM tuban.webhook_delivery b WHERE b.endpoint = d.endpoint AND b.number = d.number
                           AND b.seq < d.seq AND b.status IN ('pending', 'dead'))
       ORDER BY d.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${COLUMNS}`,
    [endpoint, now.toISOString(), until.toISOString()],
  );
  if (claimed.length === 0) return null;
  const events = await db.query<LeadEvent>(
    'SELECT id, seq, number, kind, at, who, note, status, disposition, data FROM tuban.lead_event WHERE id = $1::uuid',
    [claimed[0].event_id],
  );
  return { delivery: fromRow(claimed[0]), event: events[0] };
}

export type Outcome =
  | { readonly status: 'delivered'; readonly at: Date }
  | { readonly status: 'pending'; readonly nextAt: Date; readonly error: string }
  | { readonly status: 'dead'; readonly error: string };

/** Records how a try ended. What another has taken over meanwhile is left to that one; false then. */
export async function settleDelivery(db: Db, { id, attempts }: Delivery, outcome: Outcome): Promise<boolean> {
  const rows = await db.query(
    `UPDATE tuban.webhook_delivery SET status = $3, leased_until = NULL, next_at = coalesce($4::timestamptz, next_at),
       last_error = $5, delivered_at = $6::timestamptz
     WHERE id = $1 AND attempts = $2 AND status = 'pending' RETURNING id`,
    [
      id,
      attempts,
      outcome.status,
      outcome.status === 'pending' ? outcome.nextAt.toISOString() : null,
      outcome.status === 'delivered' ? null : outcome.error,
      outcome.status === 'delivered' ? outcome.at.toISOString() : null,
    ],
  );
  return rows.length > 0;
}

/** Deliveries by receiver and in the order of their events. */
export async function listDeliveries(
  db: Db,
  filter: { readonly status?: DeliveryStatus; readonly endpoint?: string } = {},
): Promise<Delivery[]> {
  const rows = await db.query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM tuban.webhook_delivery
     WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR endpoint = $2) ORDER BY endpoint, seq`,
    [filter.status ?? null, filter.endpoint ?? null],
  );
  return rows.map(fromRow);
}

/** How many deliveries stand how. */
export async function countDeliveries(
  db: Db,
  endpoint: string,
): Promise<Readonly<Record<DeliveryStatus, number>>> {
  const rows = await db.query<{ status: DeliveryStatus; count: number }>(
    'SELECT status, count(*) AS count FROM tuban.webhook_delivery WHERE endpoint = $1 GROUP BY status',
    [endpoint],
  );
  const counts = { pending: 0, delivered: 0, dead: 0, skipped: 0 };
  for (const { status, count } of rows) counts[status] = count;
  return counts;
}

/**
 * Dead letters become due again, or are given up so that the later events of their leads go on.
 * @param ids null: all of them
 * @returns the ids of those that were dead
 */
export async function reviveDeliveries(
  db: Db,
  ids: readonly number[] | null,
  now: Date,
  to: 'pending' | 'skipped' = 'pending',
): Promise<number[]> {
  const rows = await db.query<{ id: number }>(
    `UPDATE tuban.webhook_delivery SET status = $3, attempts = 0, next_at = $2::timestamptz, leased_until = NULL
     WHERE status = 'dead' AND ($1::bigint[] IS NULL OR id = ANY ($1::bigint[])) RETURNING id`,
    [ids, now.toISOString(), to],
  );
  return rows.map(({ id }) => id);
}

const COLUMNS = 'id, endpoint, event_id, number, kind, status, attempts, next_at, last_error, delivered_at';

interface DeliveryRow {
  readonly id: number;
  readonly endpoint: string;
  readonly event_id: string;
  readonly number: string;
  readonly kind: LeadEventKind;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly next_at: string;
  readonly last_error: string | null;
  readonly delivered_at: string | null;
}

function fromRow(row: DeliveryRow): Delivery {
  const { id, endpoint, number, kind, status, attempts } = row;
  return {
    id,
    endpoint,
    eventId: row.event_id,
    number,
    kind,
    status,
    attempts,
    nextAt: row.next_at,
    lastError: row.last_error,
    deliveredAt: row.delivered_at,
  };
}

/** Deliveries whose dispatcher's time is over; freed where `free` says so. They would be taken up anyway: this shows them. */
export async function freeDeliveries(db: Db, now: Date, free: boolean): Promise<number> {
  const held = `status = 'pending' AND leased_until <= $1::timestamptz`;
  const rows = await db.query(
    free
      ? `UPDATE tuban.webhook_delivery SET leased_until = NULL WHERE ${held} RETURNING id`
      : `SELECT id FROM tuban.webhook_delivery WHERE ${held}`,
    [now.toISOString()],
  );
  return rows.length;
}
