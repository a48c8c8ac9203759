import { patchProperties } from '../../vector/export/features.js';
import type { Lead } from '../../vector/lead.js';
import { isOverdue } from '../../vector/store/leads.js';

/** A lead as JSON listings have it: its patch's properties, then its own. `today` is YYYY-MM-DD. */
export function leadProperties(lead: Lead, today: string) {
  const { patch, number: _, ...own } = lead;
  return { ...patchProperties(patch), ...own, overdue: isOverdue(lead, today) };
}
