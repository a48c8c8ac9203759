/** A patch that was judged against the truth. */
export interface JudgedPatch {
  readonly right: boolean;
  /** 0-1. */
  readonly confidence: number;
  /** Month it was reported in; patches of one month compete for its site visits. */
  readonly month: string;
}

export interface Bin {
  /** Confidence from (included) to (not included, but 1 is). */
  readonly from: number;
  readonly to: number;
  readonly patches: number;
  /** NaN in an empty bin. */
  readonly meanConfidence: number;
  readonly shareRight: number;
}

/** How often patches of a confidence are right. */
export interface Reliability {
  readonly patches: number;
  readonly bins: readonly Bin[];
  /** Mean distance of confidence and share of right ones over the bins, weighted by their patches. */
  readonly expectedCalibrationError: number;
}

const BINS = 10;

export function reliabilityOf(judged: readonly JudgedPatch[]): Reliability {
  const counts = new Float64Array(BINS);
  const confidence = new Float64Array(BINS);
  const right = new Float64Array(BINS);
  for (const patch of judged) {
    // a millionth: 0.7 of a float32 file is a little less than 0.7
    const bin = Math.max(0, Math.min(BINS - 1, Math.floor(patch.confidence * BINS + 1e-6)));
    counts[bin]++;
    confidence[bin] += patch.confidence;
    if (patch.right) right[bin]++;
  }
  return tableOf(counts, confidence, right);
}

/** The table of all patches of several tables. */
export function poolReliability(tables: readonly Reliability[]): Reliability {
  const counts = new Float64Array(BINS);
  const confidence = new Float64Array(BINS);
  const right = new Float64Array(BINS);
  for (const { bins } of tables) {
    bins.forEach(({ patches, meanConfidence, shareRight }, k) => {
      if (patches === 0) return;
      counts[k] += patches;
      confidence[k] += patches * meanConfidence;
      right[k] += patches * shareRight;
    });
  }
  return tableOf(counts, confidence, right);
}

function tableOf(counts: Float64Array, confidence: Float64Array, right: Float64Array): Reliability {
  const bins = Array.from(counts, (patches, k) => ({
    from: k / BINS,
    to: (k + 1) / BINS,
    patches,
    meanConfidence: confidence[k] / patches,
    shareRight: right[k] / patches,
  }));
  const patches = counts.reduce((a, b) => a + b, 0);
  const distance = counts.reduce(
    (sum, count, k) => (count === 0 ? sum : sum + Math.abs(confidence[k] - right[k])),
    0,
  );
  return { patches, bins, expectedCalibrationError: distance / patches };
}

/** What a budget of site visits brings in. */
export interface LeadPrecision {
  /** Site visits a month. */
  readonly leads: number;
  /** Patches visited in all months, and those that were right. */
  readonly visited: number;
  readonly right: number;
  readonly precision: number;
}

/** The most confident patches of every month, `leads` of each at most. Of equal ones the first come first. */
export function precisionAtLeads(judged: readonly JudgedPatch[], leads: number): LeadPrecision {
  const months = new Map<string, JudgedPatch[]>();
  for (const patch of judged) {
    const list = months.get(patch.month);
    if (list) list.push(patch);
    else months.set(patch.month, [patch]);
  }
  let visited = 0;
  let right = 0;
  for (const list of months.values()) {
    const best = [...list].sort((a, b) => b.confidence - a.confidence).slice(0, leads);
    visited += best.length;
    right += best.filter((patch) => patch.right).length;
  }
  return { leads, visited, right, precision: right / visited };
}
