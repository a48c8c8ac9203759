import type { Lead } from '../../vector/lead.js';
import type { Patch } from '../../vector/patch.js';
import type { Db } from '../../vector/store/db.js';
import { appendLeadEvents, type LeadLife, type NewLeadEvent } from '../../vector/store/lead-events.js';
import { leadFacts } from '../../vector/store/lead-facts.js';
import {
  type AskedPatch,
  monthsToJudge,
  patchesToJudge,
  patchesTouched,
  storeFindings,
} from '../../vector/store/lead-findings.js';
import { listLeads } from '../../vector/store/leads.js';
import { patchesByNumber } from '../../vector/store/patches.js';
import { takeStep } from './life.js';
import { farthestEarlier, type LeadConfig } from './rule-config.js';
import { judge } from './rules.js';
import { MACHINE, type Settled, settle } from './settle.js';
import { dueAfter, teamOf } from './teams.js';

/** What of the configuration leads are made with. */
export interface LeadSettings {
  readonly leads: LeadConfig;
  readonly timeZone: string;
}

/**
 * Patches to judge: those of a month or of all, or those that this transaction has written (a run that is being published:
 * its own patches, and earlier ones whose state its looks have moved).
 */
export type RefreshScope = { readonly month: string } | 'all' | 'touched';

export interface RefreshCount {
  readonly made: number;
  readonly changed: number;
  readonly unchanged: number;
}

/**
 * Makes the leads of month-on-month patches and brings known ones up to date, in one transaction. Comparisons with last
 * year and a district's first month make none: the same building would be a second lead, or every building one.
 * Done again with nothing new it writes nothing.
 */
export async function refreshLeads(
  db: Db,
  settings: LeadSettings,
  scope: RefreshScope,
  at: Date,
): Promise<RefreshCount> {
  return db.transaction(async (tx) => {
    // two refreshes of the same ground would both make the lead
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('tuban.leads'))`);
    const count = { made: 0, changed: 0, unchanged: 0 };
    // oldest first: a lead is named by those that come after it on its ground
    for (const asked of await askedByMonth(tx, scope)) {
      const done = await refreshMonth(tx, settings, asked, at);
      count.made += done.made;
      count.changed += done.changed;
      count.unchanged += done.unchanged;
    }
    return count;
  });
}

async function askedByMonth(tx: Db, scope: RefreshScope): Promise<AskedPatch[][]> {
  if (scope === 'touched') {
    const touched = await patchesTouched(tx);
    return [...new Set(touched.map(({ month }) => month))].map((month) =>
      touched.filter((patch) => patch.month === month),
    );
  }
  const months = scope === 'all' ? await monthsToJudge(tx) : [scope.month];
  return Promise.all(months.map((month) => patchesToJudge(tx, month)));
}

async function refreshMonth(
  tx: Db,
  settings: LeadSettings,
  asked: readonly AskedPatch[],
  at: Date,
): Promise<RefreshCount> {
  const config = settings.leads;
  const numbers = asked.map(({ number }) => number);
  const leads = new Map((await listLeads(tx, { numbers })).map((lead) => [lead.number, lead]));
  const retired = new Set(asked.flatMap((patch) => (patch.retired ? [patch.number] : [])));
  const patches = (await patchesByNumber(tx, numbers)).filter(
    (patch) => leads.has(patch.number) || (!retired.has(patch.number) && mayBeLead(patch, config)),
  );
  const facts = await leadFacts(
    tx,
    patches.map(({ number }) => number).filter((number) => !retired.has(number)),
    { nearM: farthestEarlier(config) },
  );
  const months = new Map(asked.map(({ number, month }) => [number, month]));
  const settled = patches.flatMap((patch): Moved[] => {
    const { number } = patch;
    const place = { number, month: months.get(number) ?? '' };
    const known = leads.get(number) ?? null;
    const ground = facts.get(number);
    const found = ground === undefined ? 'gone' : judge(patch, place.month, ground, config);
    const moved = settle(place, known, found, at);
    return moved === null ? [] : [{ known, ...assignedAtOnce(patch, moved, settings, at) }];
  });
  await store(tx, settled, at);
  const made = settled.filter(({ known }) => known === null).length;
  return { made, changed: settled.length - made, unchanged: leads.size - (settled.length - made) };
}

interface Moved extends Settled {
  readonly known: Lead | null;
}

/** Whether a rule can fit a patch by what it is alone: most patches need not be looked up in the registers. */
function mayBeLead(patch: Patch, { rules }: LeadConfig): boolean {
  return rules.some(
    ({ when }) => (when.class?.includes(patch.class) ?? true) && patch.areaM2 >= (when.minAreaM2 ?? 0),
  );
}

/** With `autoAssign`, what is sent goes to the team of its subdistrict in the same breath. */
function assignedAtOnce(
  patch: Patch,
  moved: Settled,
  { leads: config, timeZone }: LeadSettings,
  at: Date,
): Settled {
  const sent = moved.events.some(({ kind }) => kind === 'sent') && moved.life.status === 'new';
  if (!config.autoAssign || !sent) return moved;
  const step = { kind: 'assign', team: teamOf(patch, config), due: dueAfter(at, timeZone, config) } as const;
  const { life, events } = takeStep({ number: patch.number, ...moved.life }, step, {
    who: MACHINE,
    note: null,
    at,
  });
  return { ...moved, life, events: [...moved.events, ...events] };
}

async function store(tx: Db, settled: readonly Settled[], at: Date): Promise<void> {
  if (settled.length === 0) return;
  await storeFindings(
    tx,
    settled.map(({ finding }) => finding),
    at,
  );
  const events = settled.flatMap((one): readonly NewLeadEvent[] => one.events);
  const lives = new Map(settled.map(({ finding, life }): [string, LeadLife] => [finding.number, life]));
  await appendLeadEvents(tx, events, lives, at);
}
