import { BadInput } from '../../raster/errors.js';
import type { Lead, LeadEvent, LeadVerdict, RejectReason } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import {
  addLeadPhoto,
  appendLeadEvents,
  type LeadLife,
  listLeadPhotos,
  metresFromPatch,
  type NewLeadEvent,
} from '../../vector/store/lead-events.js';
import { listLeads } from '../../vector/store/leads.js';
import { type LeadStep, type LivingLead, takeStep } from './life.js';
import type { ReadPhoto } from './photos.js';
import type { LeadSettings } from './refresh.js';
import { dueAfter, teamOf } from './teams.js';

/** What a person says of leads; what is not said stays. Steps are taken in the order of a lead's life. */
export interface LeadUpdate {
  readonly reopen?: boolean;
  /** A team, or true for that of the lead's subdistrict. */
  readonly assign?: string | true;
  /** Last day for the visit, YYYY-MM-DD; so many working days ahead where not said. */
  readonly due?: string;
  readonly visited?: boolean;
  readonly verdict?: LeadVerdict;
  readonly reason?: RejectReason;
  readonly close?: boolean;
  readonly note?: string;
  /** Kept already (photos.ts). */
  readonly photos?: readonly ReadPhoto[];
}

/**
 * Updates leads together or, where one cannot be, none of them.
 * @returns the events added, and what a person should look at.
 * @throws BadInput where a number is unknown or a step cannot be taken.
 */
export async function updateLeads(
  db: Db,
  settings: LeadSettings,
  numbers: readonly string[],
  update: LeadUpdate,
  by: { readonly who: string; readonly at: Date },
): Promise<{ readonly events: readonly LeadEvent[]; readonly warnings: readonly string[] }> {
  return db.transaction(async (tx) => {
    await tx.query(
      'SELECT number FROM tuban.lead WHERE number = ANY ($1::text[]) ORDER BY number FOR UPDATE',
      [numbers],
    );
    const leads = await listLeads(tx, { numbers });
    const unknown = numbers.filter((number) => !leads.some((lead) => lead.number === number));
    if (unknown.length > 0) {
      throw new BadInput(`There is no lead ${unknown.join(', ')}; tuban leads list shows those there are`);
    }
    const events: NewLeadEvent[] = [];
    const lives = new Map<string, LeadLife>();
    const warnings: string[] = [];
    for (const lead of leads) {
      const photos = await photoEvents(tx, lead, update.photos ?? [], settings.leads.photoDistanceM);
      const done = through(lead, steps(lead, update, settings, by.at), photos.data, update.note ?? null, by);
      warnings.push(...photos.warnings);
      events.push(...done.events);
      lives.set(lead.number, done.life);
    }
    const stored = await appendLeadEvents(tx, events, lives, by.at);
    await keepPhotoRows(tx, stored, update.photos ?? []);
    return { events: stored, warnings };
  });
}

function steps(lead: Lead, update: LeadUpdate, settings: LeadSettings, at: Date): LeadStep[] {
  const due = update.due ?? dueAfter(at, settings.timeZone, settings.leads);
  const team = update.assign === true ? teamOf(lead.patch, settings.leads) : update.assign;
  return [
    ...(update.reopen ? [{ kind: 'reopen', due } as const] : []),
    ...(team === undefined ? [] : [{ kind: 'assign', team, due } as const]),
    ...(update.visited ? [{ kind: 'visit' } as const] : []),
    ...(update.verdict
      ? [{ kind: 'verdict', verdict: update.verdict, reason: update.reason ?? null } as const]
      : []),
    ...(update.close ? [{ kind: 'close' } as const] : []),
  ];
}

/** The steps in order, the photos where the visit was; the note stands with the first event, or alone. */
function through(
  lead: Lead,
  taken: readonly LeadStep[],
  photos: readonly NewLeadEvent['data'][],
  note: string | null,
  by: { readonly who: string; readonly at: Date },
): { readonly life: LivingLead; readonly events: readonly NewLeadEvent[] } {
  let life: LivingLead = lead;
  const events: NewLeadEvent[] = [];
  const noteOnce = () => (events.length === 0 ? note : null);
  const plain = (kind: 'photo' | 'note', data: NewLeadEvent['data']): NewLeadEvent => {
    const { number, status, disposition } = life;
    return { number, kind, who: by.who, note: noteOnce(), status, disposition, data };
  };
  const after = taken.findIndex(({ kind }) => kind === 'verdict' || kind === 'close');
  const split = after < 0 ? taken.length : after;
  const take = (step: LeadStep) => {
    const next = takeStep(life, step, { ...by, note: noteOnce() });
    life = next.life;
    events.push(...next.events);
  };
  for (const step of taken.slice(0, split)) take(step);
  for (const data of photos) events.push(plain('photo', data));
  for (const step of taken.slice(split)) take(step);
  if (events.length === 0 && note !== null) events.push(plain('note', {}));
  return { life, events };
}

/** What is said of each photo that the lead does not have yet; it is kept whatever its position, and warned of. */
async function photoEvents(tx: Db, lead: Lead, photos: readonly ReadPhoto[], farM: number) {
  const known = new Set((await listLeadPhotos(tx, [lead.number])).map(({ hash }) => hash));
  const data: NewLeadEvent['data'][] = [];
  const warnings: string[] = [];
  for (const photo of photos) {
    const { path, hash, mediaType, position, takenAt } = photo;
    if (known.has(hash)) {
      warnings.push(`${path} is already among the photos of lead ${lead.number}`);
      continue;
    }
    known.add(hash);
    const distanceM = position === null ? null : Math.round(await metresFromPatch(tx, lead.number, position));
    if (distanceM === null) warnings.push(`${path} has no position in its EXIF; it is kept, unchecked`);
    else if (distanceM > farM) {
      warnings.push(
        `${path} was taken ${distanceM} m from the patch of lead ${lead.number}; it is kept, but look at it`,
      );
    }
    const far = distanceM !== null && distanceM > farM;
    const said = photo.said === undefined ? {} : { said: photo.said };
    data.push({ hash, mediaType, position, distanceM, takenAt, far, ...said });
  }
  return { data, warnings };
}

async function keepPhotoRows(
  tx: Db,
  stored: readonly LeadEvent[],
  photos: readonly ReadPhoto[],
): Promise<void> {
  for (const event of stored) {
    const photo = photos.find(({ hash }) => hash === event.data.hash);
    if (event.kind !== 'photo' || photo === undefined) continue;
    const { hash, mediaType, position, takenAt } = photo;
    const { distanceM } = event.data;
    await addLeadPhoto(tx, {
      number: event.number,
      hash,
      mediaType,
      position,
      distanceM: typeof distanceM === 'number' ? distanceM : null,
      takenAt,
      eventId: event.id,
    });
  }
}
