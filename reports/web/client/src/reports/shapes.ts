import { z } from 'zod';

/** What the charts need of a report's JSON (docs/report.schema.json); areas m². */

const Area = z.object({ m2: z.number() });
const Observed = z.object({ share: z.number(), usable_m2: z.number() }).nullable();
const Sum = z.object({ count: z.number(), area: Area });
const Classes = z.record(z.string(), Sum.nullable()).nullable();
const Change = z.object({
  before: Area,
  after: Area,
  net: Area,
  gain: Area.nullable(),
  loss: Area.nullable(),
});

const PlaceFigures = z.object({
  place: z.object({ kind: z.string(), code: z.string().nullable(), name: z.string() }),
  /** Null: nobody recorded it. No number is printed without it. */
  observed: Observed,
  states: z.record(z.string(), Change.nullable()).nullable(),
  classes: Classes,
  patches: Sum.nullable(),
});
export type PlaceFigures = z.infer<typeof PlaceFigures>;

const Comparison = z.object({
  against: z.string(),
  before: z.string(),
  after: z.string(),
  places: z.array(PlaceFigures),
});
export type Comparison = z.infer<typeof Comparison>;

const TrendMonth = z.object({
  month: z.string(),
  observed: Observed,
  /** False: too little was seen; a gap. */
  drawn: z.boolean(),
  states: z.record(z.string(), Area.nullable()).nullable(),
  classes: Classes,
});
export type TrendMonth = z.infer<typeof TrendMonth>;

export const Report = z.object({
  low_observed: z.number(),
  comparisons: z.array(Comparison),
  trend: z.array(TrendMonth),
});
export type Report = z.infer<typeof Report>;

/** The share of a place's ground that was seen; null where no number of it may be printed. */
export function seen({ observed }: { readonly observed: { readonly share: number } | null }): number | null {
  return observed === null || observed.share <= 0 ? null : observed.share;
}
