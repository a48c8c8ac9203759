import { z } from 'zod';
import type { DetectorKind } from '../../kernels/detector.js';
import type { Db } from '../../vector/store/db.js';
import { getSetting, setSetting } from '../../vector/store/settings.js';
import type { Config } from '../config.js';
import { askedDetector } from './judge.js';

/** The model a district's runs use, and those it used before, the last first; null stands for the built-in detector. */
export interface ModelChoice {
  /** `name@revision`. */
  readonly model: string | null;
  readonly before: readonly { readonly model: string | null; readonly until: string }[];
}

const KEY = 'model';
const Stored = z.object({
  model: z.string().nullable(),
  before: z.array(z.object({ model: z.string().nullable(), until: z.string() })),
});

export async function modelChoice(db: Db): Promise<ModelChoice> {
  const stored = await getSetting(db, KEY);
  return stored === null ? { model: null, before: [] } : Stored.parse(stored);
}

/** Earlier choices that are kept. */
const KEPT = 50;

/** Runs from now on use the model; what was used before is kept to go back to. */
export async function chooseModel(db: Db, model: string | null, now: Date): Promise<ModelChoice> {
  return db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', ['tuban.model']);
    const choice = await modelChoice(tx);
    if (choice.model === model) return choice;
    const before = [{ model: choice.model, until: now.toISOString() }, ...choice.before].slice(0, KEPT);
    await setSetting(tx, KEY, { model, before });
    return { model, before };
  });
}

/** The detector of a month's run: what the configuration names, else the model in use, else the built-in one. @throws BadInput */
export async function monthsDetector(db: Db, config: Config): Promise<DetectorKind> {
  const { detector, model, stateDir } = config;
  const inUse = model === '' && detector !== 'indices' ? (await modelChoice(db)).model : null;
  return askedDetector(stateDir, detector, model || (inUse ?? ''));
}
