import { createHmac, timingSafeEqual } from 'node:crypto';
import { WGS84 } from '../../raster/crs.js';
import { polygonFeature, ringPlacer } from '../../vector/export/features.js';
import type { LeadEvent } from '../../vector/lead.js';
import type { LeadCase } from './case.js';
import { leadRecord } from './record.js';
import { NOTICE } from './words.js';

/** Version of the message: fields are added to it, never changed. */
const SCHEMA = 1;

/**
 * The message: what happened, and the lead as it stands when the message is sent (a GeoJSON feature in WGS84 with all fields of
 * the record by their English names).
 */
export function webhookBody(event: LeadEvent, { lead, run }: LeadCase): string {
  const rings = ringPlacer(run.grid.crs, WGS84)(lead.patch.rings);
  return JSON.stringify({
    schema: SCHEMA,
    id: event.id,
    type: `lead.${event.kind}`,
    seq: event.seq,
    at: event.at,
    number: event.number,
    who: event.who,
    note: event.note,
    status: event.status,
    disposition: event.disposition,
    data: event.data,
    notice: NOTICE,
    lead: polygonFeature(rings, leadRecord({ lead, run })),
  });
}

/** Headers of the message; the signature is over the time and the body as they are sent. @param at when it is sent */
export function webhookHeaders(
  event: Pick<LeadEvent, 'id' | 'kind'>,
  body: string,
  secret: string,
  at: Date,
): Record<string, string> {
  const t = Math.floor(at.getTime() / 1000);
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': 'tuban',
    'X-Tuban-Event': `lead.${event.kind}`,
    'X-Tuban-Event-Id': event.id,
    'X-Tuban-Signature': `t=${t},v1=${sign(secret, t, body)}`,
  };
}

/** HMAC-SHA256 of `t.body`, hexadecimal; `t` are seconds since 1970. */
export function sign(secret: string, t: number, body: string): string {
  return createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
}

/** What a receiver does: whether the signature is ours and not older than `toleranceS`. */
export function verify(header: string, body: string, secret: string, now: Date, toleranceS = 300): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (!match) return false;
  const t = Number(match[1]);
  if (Math.abs(now.getTime() / 1000 - t) > toleranceS) return false;
  return timingSafeEqual(Buffer.from(match[2]), Buffer.from(sign(secret, t, body)));
}

const [FIRST_WAIT_MS, MOST_WAIT_MS] = [5_000, 3_600_000];

/**
 * Wait after a failed try: 5 s, doubled with every try, an hour at most; between half and one and a half of it, so that a receiver
 * that comes back is not run over.
 * @param attempt tries so far, from 1
 * @param random 0-1
 */
export function backOffMs(attempt: number, random: number): number {
  return Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (0.5 + random);
}
