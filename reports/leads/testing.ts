import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { PermitOverlap } from '../../vector/lead.js';
import type { Patch, PolygonRings } from '../../vector/patch.js';
import type { EarlierLead, LeadFacts } from '../../vector/store/lead-facts.js';
import { draftAt, square } from '../../vector/store/sample.js';
import { LeadConfig } from './rule-config.js';

/** Small made values for the tests of leads. Metres are those of the store's sample grid (EPSG:4547). */

export const RULES: LeadConfig = LeadConfig.parse({});

export function rulesWith(change: Partial<LeadConfig>): LeadConfig {
  return { ...RULES, ...change };
}

export function patchOf(change: Partial<Patch> = {}): Patch {
  const number = '202608-M-440303003-10001';
  return { ...draftAt(0, 0, 20), number, filtering: null, state: 'confirmed', ...change };
}

export function factsOf(change: Partial<LeadFacts> = {}): LeadFacts {
  return {
    permits: [],
    outsideM2: 400,
    beyondM2: 400,
    zones: [],
    address: null,
    cameras: [],
    earlier: [],
    ...change,
  };
}

export function permitOf(change: Partial<PermitOverlap> = {}): PermitOverlap {
  return {
    number: '建字第1号',
    authority: null,
    level: null,
    date: null,
    validFrom: '2026-01-01',
    validTo: '2026-12-31',
    approvedM2: null,
    overlapM2: 400,
    valid: true,
    ...change,
  };
}

export function earlierOf(change: Partial<EarlierLead> = {}): EarlierLead {
  return {
    number: '202605-M-440303003-10007',
    month: '2026-05',
    disposition: 'sent',
    status: 'closed',
    verdict: 'rejected',
    rejectReason: 're_roofed',
    covered: 0.9,
    distanceM: 0,
    ...change,
  };
}

const toLonLat = transformer(crsFromEpsg(4547), WGS84);

/** A square of the sample grid in longitude, latitude. */
export function lonLatSquare(x: number, y: number, side: number): PolygonRings {
  return square(x, y, side).map((ring) => ring.map(([east, north]) => toLonLat(east, north)));
}

/** A point of the sample grid in longitude, latitude. */
export function lonLatAt(x: number, y: number) {
  return toLonLat(500_000 + x, 2_490_000 + y);
}
