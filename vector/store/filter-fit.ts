import { fitFilter } from '../filter/fit.js';
import type { Db } from './db.js';
import { verdictsBefore } from './filter-facts.js';
import {
  filterUse,
  fingerprintOf,
  knownFilter,
  type StoredFilter,
  setFilterUse,
  storeFilter,
} from './filters.js';

/** Key `filter` of the configuration, as far as fitting goes. */
export interface FitSettings {
  /** False: filters neither learn nor judge. */
  readonly use: boolean;
  /** Fewer verdicts than this teach nothing. */
  readonly minVerdicts: number;
  readonly mostShare: number;
  readonly sureConfidence: number;
}

/** What became of fitting: too few verdicts, nothing new since the same was fitted, or a new filter. */
export type Fitted =
  | { readonly what: 'off' }
  | { readonly what: 'few'; readonly verdicts: number; readonly wanted: number }
  | { readonly what: 'known' | 'new'; readonly filter: StoredFilter };

/**
 * Fits the filter of a month (YYYY-MM) from the verdicts on patches first seen before it, and keeps it. From the same
 * verdicts and settings comes the same filter, which is not stored twice.
 */
export async function fitMonth(tx: Db, settings: FitSettings, month: string, at: Date): Promise<Fitted> {
  await followConfiguration(tx, settings.use);
  if (!settings.use) return { what: 'off' };
  const verdicts = await verdictsBefore(tx, month);
  if (verdicts.length < settings.minVerdicts)
    return { what: 'few', verdicts: verdicts.length, wanted: settings.minVerdicts };
  const { mostShare, sureConfidence } = settings;
  const fingerprint = fingerprintOf(verdicts, { mostShare, sureConfidence });
  const known = await knownFilter(tx, month, fingerprint);
  if (known !== null) return { what: 'known', filter: known };
  const classes = fitFilter(verdicts);
  const filter = await storeFilter(
    tx,
    { month, fingerprint, verdicts, classes, mostShare, sureConfidence },
    at,
  );
  return { what: 'new', filter };
}

/** The configuration turns filters off, and on again where it was what had turned them off. */
async function followConfiguration(tx: Db, use: boolean): Promise<void> {
  const now = await filterUse(tx);
  if (!use && now.mode !== 'off') {
    await setFilterUse(tx, { mode: 'off', filter: null, saidBy: 'configuration' });
  } else if (use && now.mode === 'off' && now.saidBy === 'configuration') {
    await setFilterUse(tx, { mode: 'auto', filter: null, saidBy: 'configuration' });
  }
}
