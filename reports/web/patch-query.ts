import type { PatchQuery } from '../../vector/store/patch-index.js';

/** The filters of lists, exports and tiles, as their addresses name them. */
interface PatchFilters {
  readonly month?: string;
  readonly against?: PatchQuery['against'];
  readonly class?: PatchQuery['classes'];
  readonly state?: PatchQuery['states'];
  readonly subdistrict?: readonly string[];
  readonly min_area?: number;
  readonly min_confidence?: number;
}

/** @param scope codes of subdistricts that may be seen; null: all */
export function patchQuery(filters: PatchFilters, scope: readonly string[] | null): PatchQuery {
  return {
    month: filters.month,
    against: filters.against,
    classes: filters.class,
    states: filters.state,
    subdistricts: filters.subdistrict,
    minAreaM2: filters.min_area,
    minConfidence: filters.min_confidence,
    scope,
  };
}
