import type { Lead, LeadEvent, LeadPhoto } from '../lead.js';
import type { Db } from './db.js';

/** An event to be added; id, number in the sequence and time are given here. */
export type NewLeadEvent = Omit<LeadEvent, 'id' | 'seq' | 'at'>;

/** The columns of a lead that follow from its events. */
export type LeadLife = Pick<
  Lead,
  'status' | 'verdict' | 'rejectReason' | 'team' | 'due' | 'sentAt' | 'visitedAt' | 'disposition'
>;

/**
 * Adds events in their order and brings the leads' columns to where the events leave them, in one transaction.
 * @param at when they happened
 * @returns the events as stored
 */
export async function appendLeadEvents(
  tx: Db,
  events: readonly NewLeadEvent[],
  lives: ReadonlyMap<string, LeadLife>,
  at: Date,
): Promise<LeadEvent[]> {
  const stored = await tx.query<LeadEvent>(
    // an identity column counts in the order rows are inserted, and they are in that of the sorted query
    `INSERT INTO tuban.lead_event (number, kind, at, who, note, status, disposition, data)
     SELECT number, kind, $7::timestamptz, who, note, status, disposition, data::jsonb
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $8::text[])
       WITH ORDINALITY AS e(number, kind, who, note, status, disposition, data, place) ORDER BY place
     RETURNING ${EVENT_COLUMNS}`,
    [
      events.map((event) => event.number),
      events.map((event) => event.kind),
      events.map((event) => event.who),
      events.map((event) => event.note),
      events.map((event) => event.status),
      events.map((event) => event.disposition),
      at.toISOString(),
      events.map((event) => JSON.stringify(event.data)),
    ],
  );
  const changed = [...lives];
  await tx.query(
    `UPDATE tuban.lead l SET status = n.status, verdict = n.verdict, reject_reason = n.reason, team = n.team, due = n.due,
       sent_at = n.sent, visited_at = n.visited, disposition = n.disposition
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::timestamptz[], $8::timestamptz[],
       $9::text[]) AS n(number, status, verdict, reason, team, due, sent, visited, disposition)
     WHERE l.number = n.number`,
    [
      changed.map(([number]) => number),
      changed.map(([, life]) => life.status),
      changed.map(([, life]) => life.verdict),
      changed.map(([, life]) => life.rejectReason),
      changed.map(([, life]) => life.team),
      changed.map(([, life]) => life.due),
      changed.map(([, life]) => life.sentAt),
      changed.map(([, life]) => life.visitedAt),
      changed.map(([, life]) => life.disposition),
    ],
  );
  return stored.sort((a, b) => a.seq - b.seq);
}

const EVENT_COLUMNS = 'id, seq, number, kind, at, who, note, status, disposition, data';

/** The events of leads, oldest first. */
export function listLeadEvents(db: Db, numbers: readonly string[]): Promise<LeadEvent[]> {
  return db.query<LeadEvent>(
    `SELECT ${EVENT_COLUMNS} FROM tuban.lead_event WHERE number = ANY ($1::text[]) ORDER BY seq`,
    [numbers],
  );
}

/** Keeps what is known of a photo; the same picture is one photo of a lead however often it is handed in. */
export async function addLeadPhoto(tx: Db, photo: LeadPhoto): Promise<void> {
  const [lon, lat] = photo.position ?? [null, null];
  await tx.query(
    `INSERT INTO tuban.lead_photo (event_id, number, hash, media_type, position, distance_m, taken_at)
     VALUES ($1, $2, $3, $4, ST_SetSRID(ST_MakePoint($5::float8, $6::float8), 4326), $7, $8)
     ON CONFLICT (number, hash) DO NOTHING`,
    [photo.eventId, photo.number, photo.hash, photo.mediaType, lon, lat, photo.distanceM, photo.takenAt],
  );
}

/** The photos of leads in the order they were handed in. */
export async function listLeadPhotos(db: Db, numbers: readonly string[]): Promise<LeadPhoto[]> {
  const rows = await db.query<Omit<LeadPhoto, 'position'> & { lon: number | null; lat: number | null }>(
    `SELECT f.number, hash, media_type AS "mediaType", ST_X(position) AS lon, ST_Y(position) AS lat, distance_m AS "distanceM",
       taken_at AS "takenAt", event_id AS "eventId"
     FROM tuban.lead_photo f JOIN tuban.lead_event e ON e.id = f.event_id
     WHERE f.number = ANY ($1::text[]) ORDER BY e.seq`,
    [numbers],
  );
  return rows.map(({ lon, lat, ...photo }) => ({
    ...photo,
    position: lon === null || lat === null ? null : [lon, lat],
  }));
}

/** Metres from a point (WGS84 longitude, latitude) to a lead's patch; 0 inside it. */
export async function metresFromPatch(
  db: Db,
  number: string,
  [lon, lat]: readonly [number, number],
): Promise<number> {
  const [row] = await db.query<{ metres: number }>(
    `SELECT ST_Distance(ST_Transform(geom, 4326)::geography, ST_SetSRID(ST_MakePoint($2::float8, $3::float8), 4326)::geography) AS metres
     FROM tuban.patch WHERE number = $1`,
    [number, lon, lat],
  );
  return row.metres;
}
