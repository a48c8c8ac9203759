/** A property that filters and query parameters may ask for (OGC 19-079r2, queryables). */
export interface Queryable {
  readonly name: string;
  readonly title: string;
  readonly type: 'string' | 'number' | 'boolean' | 'date' | 'instant' | 'geometry';
  /** What it is in the collection's FROM. */
  readonly sql: string;
  /** All values it can have. */
  readonly values?: readonly string[];
  /** m², m, … */
  readonly unit?: string;
}
