import type { Grid } from '../../raster/grid.js';
import { boundsOf, type Zone, zoneOfRings } from '../../raster/zones.js';
import type { Lead } from '../../vector/lead.js';
import type { Db } from '../../vector/store/db.js';
import { listLeads } from '../../vector/store/leads.js';
import { groundAt, type Place, type Split, splitOfGround } from './split.js';

/** A lead that somebody has been to and found right or wrong, where it lies on the district's grid. */
export interface JudgedLead {
  readonly lead: Lead;
  readonly right: boolean;
  readonly zone: Zone;
  /** Months compared, YYYY-MM. */
  readonly before: string;
  readonly after: string;
}

/** Leads that were found right or wrong, by number. What was not found on site says neither. */
export async function leadsWithVerdict(db: Db): Promise<Lead[]> {
  return (await listLeads(db)).filter(({ verdict }) => verdict === 'confirmed' || verdict === 'rejected');
}

/** The same on the district's grid. */
export function judgedLeads(leads: readonly Lead[], grid: Grid): JudgedLead[] {
  return leads.flatMap((lead) => {
    const { before, after } = lead.patch;
    if (before === null || after === null) return [];
    const zone = zoneOfRings(lead.patch.rings, grid);
    return [{ lead, right: lead.verdict === 'confirmed', zone, before, after }];
  });
}

/** Where the ground of a zone's middle goes. */
export function splitOfZone(zone: Zone): Split {
  const { minX, minY, maxX, maxY } = boundsOf(zone);
  return splitOfGround(groundAt((minX + maxX) / 2, (minY + maxY) / 2));
}

/** Places of the chips a zone touches. */
export function placesOfZone(zone: Zone, side: number): Place[] {
  const { minX, minY, maxX, maxY } = boundsOf(zone);
  const places: Place[] = [];
  for (let row = Math.max(0, Math.floor(minY / side)); row * side < maxY; row++)
    for (let column = Math.max(0, Math.floor(minX / side)); column * side < maxX; column++)
      places.push({ column, row });
  return places;
}
