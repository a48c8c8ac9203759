import type { Lead, LeadDisposition, LeadEventKind, LeadReason, LeadStatus } from '../../vector/lead.js';
import type { LeadLife, NewLeadEvent } from '../../vector/store/lead-events.js';
import type { LeadFinding, StoredFinding } from '../../vector/store/lead-findings.js';

/** Who makes leads and changes them by rule. */
export const MACHINE = 'tuban';

/** What a look of the rules at a patch leads to; null where nothing has changed. */
export interface Settled {
  readonly finding: StoredFinding;
  readonly life: LeadLife;
  readonly events: readonly NewLeadEvent[];
}

/**
 * Brings a lead and what the rules find now together. Rules decide over a lead until somebody has been there; then people
 * do, and a closed lead changes no more. What was sent does not go back to the watch list: a confidence that falls a little
 * in a re-run recalls nobody. A lead that a team has is only recalled where its patch is gone, or where permits that were
 * not known when it was sent cover it.
 * @param lead as stored, null where there is none
 * @param found by the rules; null where no rule fits, `gone` where the patch is no longer there
 */
export function settle(
  place: { readonly number: string; readonly month: string },
  lead: Lead | null,
  found: LeadFinding | 'gone' | null,
  at: Date,
): Settled | null {
  if (lead === null) {
    return found === null || found === 'gone' || found.disposition === 'withdrawn'
      ? null
      : create(place, found, at);
  }
  if (lead.status === 'closed') return null;
  const finding = found === 'gone' ? without(lead, GONE) : (found ?? without(lead, UNFIT));
  const disposition = nextDisposition(lead, finding);
  const next: LeadFinding = { ...finding, disposition };
  const changed = changes(lead, next);
  if (Object.keys(changed).length === 0) return null;
  const sentAt = disposition === 'sent' ? (lead.sentAt ?? at.toISOString()) : lead.sentAt;
  const kind = eventKind(lead.disposition, disposition);
  return {
    finding: { ...place, ...next },
    life: { ...lifeOf(lead), disposition, sentAt },
    events: [{ ...machine(place.number, kind, lead.status, disposition), data: { changed } }],
  };
}

function create(
  place: { readonly number: string; readonly month: string },
  found: LeadFinding,
  at: Date,
): Settled {
  const { disposition } = found;
  const sent = disposition === 'sent';
  const event = (kind: LeadEventKind) => ({
    ...machine(place.number, kind, 'new', disposition),
    data: {
      priority: found.priority,
      suspectedM2: found.suspectedM2,
      rules: found.reasons.map(({ rule }) => rule),
    },
  });
  return {
    finding: { ...place, ...found },
    life: {
      status: 'new',
      disposition,
      verdict: null,
      rejectReason: null,
      team: null,
      due: null,
      sentAt: sent ? at.toISOString() : null,
      visitedAt: null,
    },
    events: sent ? [event('created'), event('sent')] : [event('created')],
  };
}

function machine(number: string, kind: LeadEventKind, status: LeadStatus, disposition: LeadDisposition) {
  return { number, kind, who: MACHINE, note: null, status, disposition };
}

const GONE: LeadReason = { rule: 'not-found', zh: '图斑不再被检出', en: 'the patch is no longer found' };
const UNFIT: LeadReason = {
  rule: 'no-rule',
  zh: '图斑不再符合任何规则',
  en: 'no rule fits the patch any more',
};

/** What is left of a lead for a reason that is none of the rules'. */
function without(lead: Lead, reason: LeadReason): LeadFinding {
  const { priority, suspectedM2, permits, zones, address, cameras, repeatOf } = lead;
  // a threshold that a re-run just misses recalls nobody
  const disposition = reason === UNFIT && lead.disposition === 'sent' ? 'sent' : 'withdrawn';
  return {
    disposition,
    priority,
    reasons: [reason],
    suspectedM2,
    permits,
    zones,
    address,
    cameras,
    repeatOf,
  };
}

function nextDisposition(lead: Lead, found: LeadFinding): LeadDisposition {
  const now = lead.disposition;
  switch (lead.status) {
    case 'new':
      return now === 'sent' && found.disposition === 'watch' ? 'sent' : found.disposition;
    case 'assigned':
      if (now === 'withdrawn') return found.disposition;
      if (found.disposition === 'withdrawn') return 'withdrawn';
      return found.disposition === 'permitted' && !same(lead.permits, found.permits) ? 'permitted' : now;
    default:
      return now;
  }
}

function eventKind(before: LeadDisposition, after: LeadDisposition): LeadEventKind {
  if (before === after) return 'changed';
  return after === 'sent' ? 'sent' : after === 'withdrawn' ? 'withdrawn' : 'changed';
}

const FIELDS = [
  'disposition',
  'priority',
  'reasons',
  'suspectedM2',
  'permits',
  'zones',
  'address',
  'cameras',
  'repeatOf',
] as const satisfies readonly (keyof LeadFinding)[];

/** The fields that are not what they were, with both values: an event keeps what the row no longer says. */
function changes(lead: Lead, next: LeadFinding): Record<string, { from: unknown; to: unknown }> {
  return Object.fromEntries(
    FIELDS.flatMap((field) =>
      same(lead[field], next[field]) ? [] : [[field, { from: lead[field], to: next[field] }]],
    ),
  );
}

/** Equal as JSON, whatever the order of keys: jsonb keeps none. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function lifeOf(lead: Lead): LeadLife {
  const { status, verdict, rejectReason, team, due, sentAt, visitedAt, disposition } = lead;
  return { status, verdict, rejectReason, team, due, sentAt, visitedAt, disposition };
}
