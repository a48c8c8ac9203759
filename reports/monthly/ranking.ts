import type { ComparisonSums } from './sums.js';
import { type ClassRow, observedShare } from './tally.js';

export interface Ranked {
  /** From 1; places of equal patch area have the same. */
  readonly rank: number;
  readonly row: ClassRow;
  /** Patch area in m² a km² of ground seen; null where nobody recorded what was seen. */
  readonly m2PerKm2: number | null;
}

/** Subdistricts by the area of their standing patches, the most first. A place nobody saw has no rank: it is not the quietest. */
export function rankPlaces(sums: ComparisonSums): Ranked[] {
  const rows = sums.places
    .filter((row) => row.place.kind === 'subdistrict')
    .filter((row) => observedShare(row.observed) !== 0 || row.total.count > 0)
    .sort((a, b) => b.total.areaM2 - a.total.areaM2 || b.total.count - a.total.count);
  return rows.map((row) => ({
    rank: rows.findIndex((other) => other.total.areaM2 === row.total.areaM2) + 1,
    row,
    m2PerKm2:
      row.observed && row.observed.usableM2 > 0 ? (row.total.areaM2 / row.observed.usableM2) * 1e6 : null,
  }));
}
