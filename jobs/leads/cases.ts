import { z } from 'zod';
import { SENSORS } from '../../raster/sensors.js';
import type { LeadCase, LeadRun } from '../../reports/leads/case.js';
import type { Lead } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import { type LeadFilter, listLeads } from '../../vector/store/leads.js';
import { crsOfRun, publishedRun, type RunRecord } from '../../vector/store/runs.js';

/** What a run wrote about the scenes it read. */
const Summary = z.object({
  sensors: z
    .object({ before: z.array(z.string()), after: z.array(z.string()) })
    .default({ before: [], after: [] }),
});

/** Leads, each with the run its patch comes from. */
export async function listCases(db: Db, filter: LeadFilter): Promise<LeadCase[]> {
  const leads = await listLeads(db, filter);
  const runs = new Map<string, LeadRun>();
  const cases: LeadCase[] = [];
  for (const lead of leads) {
    const scope = { month: lead.month, against: againstOf(lead) } as const;
    const key = `${scope.month} ${scope.against}`;
    const known = runs.get(key) ?? runOf(await publishedRun(db, scope), lead);
    runs.set(key, known);
    cases.push({ lead, run: known });
  }
  return cases;
}

/** A number tells what its month was compared with (vector/number.ts). */
function againstOf({ number }: Lead): 'mom' | 'yoy' {
  return /^\d{6}-Y-/.test(number) ? 'yoy' : 'mom';
}

function runOf(run: RunRecord | null, lead: Lead): LeadRun {
  if (run === null) throw new Error(`lead ${lead.number} is of a month without a published run`);
  const { sensors } = Summary.parse(run.summary ?? {});
  const { resolution, width, height, transform } = run.grid;
  return {
    grid: { crs: crsOfRun(run), resolution, width, height, transform },
    beforeMonth: run.beforeMonth,
    month: run.month,
    sensors: { before: titles(sensors.before), after: titles(sensors.after) },
  };
}

/** A sensor that is no longer known stands under its name. */
function titles(names: readonly string[]): string[] {
  return names.map((name) => SENSORS.find((sensor) => sensor.name === name)?.titleZh ?? name);
}

/** Reads one lead at a time, as it stands at that moment. */
export function caseReader(db: Db): (number: string) => Promise<LeadCase> {
  return async (number) => {
    const [one] = await listCases(db, { numbers: [number] });
    if (one === undefined) throw new Error(`lead ${number} has events and is not there`);
    return one;
  };
}
