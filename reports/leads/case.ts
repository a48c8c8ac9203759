import type { Grid } from '../../raster/grid.js';
import type { Lead } from '../../vector/lead.js';

/** What is known of the run that found a lead's patch, besides the lead itself. */
export interface LeadRun {
  /** The patch's rings are in its CRS. */
  readonly grid: Grid;
  /** Months compared, YYYY-MM. */
  readonly beforeMonth: string | null;
  readonly month: string;
  /** Chinese titles of the sensors of both dates; empty where the run told none. */
  readonly sensors: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** A lead with the run it comes from: what a record, a sheet or a message is made of. */
export interface LeadCase {
  readonly lead: Lead;
  readonly run: LeadRun;
}
