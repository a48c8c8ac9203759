import { z } from 'zod';

/** Key `filter` of the configuration: what may be learned from verdicts, and what may be done with it. */
export const FilterConfig = z.strictObject({
  /** False: nothing is learned, and what was held back is given back by the next run. */
  use: z.boolean().default(true),
  /** Fewer verdicts teach nothing. */
  minVerdicts: z.number().int().min(20).max(100_000).default(50),
  /** Share of a month's patches of a class that may be held back at most. */
  mostShare: z.number().min(0).max(0.9).default(0.6),
  /** From this confidence on a patch is never held back. */
  sureConfidence: z.number().min(0.5).max(1).default(0.97),
});
export type FilterConfig = z.infer<typeof FilterConfig>;
