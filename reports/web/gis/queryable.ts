import type { PatchEntry } from '../../../vector/store/patch-index.js';

/** A property that filters and query parameters may ask for (OGC 19-079r2, queryables). */
export interface Queryable {
  readonly name: string;
  readonly title: string;
  readonly type: 'string' | 'number' | 'boolean' | 'date' | 'instant' | 'geometry';
  /** What it is in the collection's FROM. */
  readonly sql: string;
  /** What it is of a patch in memory; absent where memory does not have it. */
  readonly inMemory?: (patch: PatchEntry) => string | number | boolean | null;
  /** All values it can have. */
  readonly values?: readonly string[];
  /** m², m, … */
  readonly unit?: string;
}
