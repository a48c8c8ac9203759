import { BadInput } from '../../raster/errors.js';
import { type LivingLead, takeStep } from '../../reports/leads/life.js';
import type { VisitResult } from '../../reports/leads/results.js';
import type { Lead, LeadEvent } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import { appendLeadEvents, listLeadEvents, type NewLeadEvent } from '../../vector/store/lead-events.js';
import { listLeads } from '../../vector/store/leads.js';

export interface ImportedResults {
  readonly done: number;
  /** Those the leads say already. */
  readonly unchanged: number;
}

/**
 * Applies results, all of them or, where one cannot be, none. A result that a lead's events say already changes nothing, also
 * where a later verdict has corrected it: importing a file again is safe.
 * @throws BadInput naming the lead that is unknown or cannot take the result.
 */
export async function importResults(db: Db, results: readonly VisitResult[]): Promise<ImportedResults> {
  const numbers = results.map(({ number }) => number);
  return db.transaction(async (tx) => {
    await tx.query(
      'SELECT number FROM tuban.lead WHERE number = ANY ($1::text[]) ORDER BY number FOR UPDATE',
      [numbers],
    );
    const leads = new Map((await listLeads(tx, { numbers })).map((lead) => [lead.number, lead]));
    const unknown = numbers.filter((number) => !leads.has(number));
    if (unknown.length > 0) {
      throw new BadInput(
        `There is no lead ${unknown.slice(0, 5).join(', ')}; tuban leads list shows those there are`,
      );
    }
    const said = new Set((await listLeadEvents(tx, numbers)).map(verdictOf));
    let done = 0;
    for (const result of results) {
      const lead = leads.get(result.number);
      if (lead === undefined || said.has(contentOf(result))) continue;
      await apply(tx, lead, result);
      done++;
    }
    return { done, unchanged: results.length - done };
  });
}

/** What makes two results the same. */
function contentOf({ number, verdict, reason, who, at, note }: VisitResult): string {
  return JSON.stringify([number, verdict, reason, who, at, note]);
}

function verdictOf({ number, kind, who, at, note, data }: LeadEvent): string {
  return kind === 'verdict' ? JSON.stringify([number, data.verdict, data.reason ?? null, who, at, note]) : '';
}

/** Takes the steps that lead to the verdict: a platform that sends its own people has told of none of them. */
async function apply(tx: Db, lead: Lead, result: VisitResult): Promise<void> {
  const { verdict, reason, who } = result;
  const at = new Date(result.at);
  if (lead.disposition !== 'sent') {
    throw new BadInput(
      `Lead ${lead.number} was not sent (${lead.disposition}); send it first: tuban leads update ${lead.number} --assign`,
    );
  }
  let life: LivingLead = lead;
  const events: NewLeadEvent[] = [];
  const take = (step: Parameters<typeof takeStep>[1], note: string | null) => {
    const next = takeStep(life, step, { who, note, at });
    life = next.life;
    events.push(...next.events);
  };
  if (life.status === 'new') take({ kind: 'assign', team: who, due: result.at.slice(0, 10) }, null);
  if (life.status === 'assigned') take({ kind: 'visit' }, null);
  take({ kind: 'verdict', verdict, reason }, result.note);
  await appendLeadEvents(tx, events, new Map([[lead.number, life]]), at);
}
