import { BadInput } from '../../raster/errors.js';
import type { Lead, LeadEventKind, LeadVerdict, RejectReason } from '../../vector/lead.js';
import type { LeadLife, NewLeadEvent } from '../../vector/store/lead-events.js';

/** A step a person takes with a lead. */
export type LeadStep =
  | { readonly kind: 'assign'; readonly team: string; readonly due: string }
  | { readonly kind: 'visit' }
  | { readonly kind: 'verdict'; readonly verdict: LeadVerdict; readonly reason: RejectReason | null }
  | { readonly kind: 'close' }
  /** The new last day for the visit, for the team that has it. */
  | { readonly kind: 'reopen'; readonly due: string };

export interface StepBy {
  readonly who: string;
  readonly note: string | null;
  readonly at: Date;
}

/** What of a lead its life is. */
export type LivingLead = LeadLife & Pick<Lead, 'number'>;

/** From which statuses a step may be taken. */
const FROM: Readonly<Record<LeadStep['kind'], readonly Lead['status'][]>> = {
  assign: ['new', 'assigned'],
  visit: ['assigned'],
  // a verdict may be corrected until the lead is closed; both stay among the events
  verdict: ['visited', 'confirmed', 'rejected', 'not_found'],
  close: ['confirmed', 'rejected', 'not_found'],
  reopen: ['confirmed', 'rejected', 'not_found', 'closed'],
};

const NAMES: Readonly<Record<LeadStep['kind'], string>> = {
  assign: 'assigned (--assign)',
  visit: 'visited (--visited)',
  verdict: 'given a verdict (--verdict)',
  close: 'closed (--close)',
  reopen: 'reopened (--reopen)',
};

/**
 * Takes a step: new → assigned → visited → verdict → closed, and back by reopening. Assigning sends a lead that waits on
 * the watch list, is filed or suppressed: a person decides over the rules.
 * @returns the lead's life after it, and the events that say so.
 * @throws BadInput where the step cannot be taken, naming those that can.
 */
export function takeStep(
  lead: LivingLead,
  step: LeadStep,
  by: StepBy,
): { readonly life: LivingLead; readonly events: readonly NewLeadEvent[] } {
  refuse(lead, step);
  const at = by.at.toISOString();
  const event = (
    kind: LeadEventKind,
    life: LivingLead,
    data: NewLeadEvent['data'],
    note = by.note,
  ): NewLeadEvent => ({
    number: lead.number,
    kind,
    who: by.who,
    note,
    status: life.status,
    disposition: life.disposition,
    data,
  });
  switch (step.kind) {
    case 'assign': {
      const sent: LivingLead = { ...lead, disposition: 'sent', sentAt: lead.sentAt ?? at };
      const { team, due } = step;
      const life: LivingLead = { ...sent, status: 'assigned', team, due };
      const assigned = event('assigned', life, { team, due });
      if (lead.disposition === 'sent') return { life, events: [assigned] };
      return { life, events: [event('sent', sent, { from: lead.disposition }, null), assigned] };
    }
    case 'visit': {
      const life: LivingLead = { ...lead, status: 'visited', visitedAt: at };
      return { life, events: [event('visited', life, { team: lead.team, due: lead.due })] };
    }
    case 'verdict': {
      const { verdict, reason } = step;
      const life: LivingLead = { ...lead, status: verdict, verdict, rejectReason: reason };
      const before = lead.verdict === null ? {} : { before: lead.verdict };
      return { life, events: [event('verdict', life, { verdict, reason, ...before })] };
    }
    case 'close': {
      const life: LivingLead = { ...lead, status: 'closed' };
      return { life, events: [event('closed', life, { verdict: lead.verdict })] };
    }
    case 'reopen': {
      const due = lead.team === null ? null : step.due;
      const life: LivingLead = {
        ...lead,
        status: lead.team === null ? 'new' : 'assigned',
        verdict: null,
        rejectReason: null,
        visitedAt: null,
        due,
      };
      return {
        life,
        events: [event('reopened', life, { verdict: lead.verdict, reason: lead.rejectReason, due })],
      };
    }
  }
}

function refuse(lead: LivingLead, step: LeadStep): void {
  const { number, status, disposition } = lead;
  if (disposition === 'withdrawn' && step.kind !== 'close') {
    throw new BadInput(
      `Lead ${number} is withdrawn: its patch was dismissed or is no longer found. Nothing can be done with it but notes and photos (--note, --photo)`,
    );
  }
  if (!FROM[step.kind].includes(status)) {
    const allowed = Object.entries(FROM).flatMap(([kind, from]) =>
      from.includes(status) ? [NAMES[kind as LeadStep['kind']]] : [],
    );
    throw new BadInput(
      `Lead ${number} is ${status} and cannot be ${NAMES[step.kind]}; it can be ${allowed.join(' or ')}`,
    );
  }
  if (step.kind === 'verdict' && (step.verdict === 'rejected') !== (step.reason !== null)) {
    throw new BadInput(
      step.verdict === 'rejected'
        ? `Lead ${number} cannot be rejected without a reason (--reason)`
        : `A reason (--reason) belongs to a rejected lead; lead ${number} is said to be ${step.verdict}`,
    );
  }
}
