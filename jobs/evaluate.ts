import { CHANGE_CLASSES, type ChangeClassName, codeOf, UNUSABLE } from '../kernels/classes.js';
import { centreLonLat, groundResolution } from '../raster/choose-grid.js';
import { utmAt } from '../raster/crs.js';
import { BadInput } from '../raster/errors.js';
import type { Grid } from '../raster/grid.js';
import { placementOf } from '../raster/scene.js';
import { openRaster } from '../raster/tiff/open.js';
import type { RasterInfo } from '../raster/tiff/types.js';
import { judgeObjects, type Mask, maskObjects, NOT_JUDGED, RIGHT } from '../vector/objects.js';
import {
  type JudgedPatch,
  type LeadPrecision,
  precisionAtLeads,
  type Reliability,
  reliabilityOf,
} from '../vector/reliability.js';
import { judgementScore, pixelScore, type Score } from '../vector/score.js';
import { type Found, type Frame, type PredictionRequest, readPrediction, readWhole } from './prediction.js';

export interface EvaluateRequest extends PredictionRequest {
  readonly truth: string;
  /** Against a truth of 0 and 1 they count together, against codes each on its own. */
  readonly classes?: readonly ChangeClassName[];
  /** Truth values that mean changed and unchanged; others are unknown. Without them see `evaluate`. */
  readonly positive?: number;
  readonly negative?: number;
  /** Months the prediction covers, for false patches a month; 1 where not given. */
  readonly months?: number;
  /** Site visits a month, for the precision of the most confident patches. */
  readonly leads?: number;
}

export interface ClassScore {
  readonly class: string;
  readonly pixel: Score;
  readonly object: Score;
  /** Truth px of the class that the prediction calls unusable: in no other figure. */
  readonly hidden: number;
  /** Ground that was judged; null where the truth is not georeferenced. */
  readonly judgedKm2: number | null;
  readonly months: number;
  /** False patches a km² and month; null where the ground has no size. */
  readonly falsePerKm2: number | null;
  readonly falsePerKm2Month: number | null;
  /** Both null where the prediction carries no confidence. */
  readonly leads: LeadPrecision | null;
  readonly reliability: Reliability | null;
}

/**
 * Scores a prediction against a truth raster on the truth's own pixels; a raster on another grid is looked up at the truth's
 * pixel centres, a patch covers those in it. A truth of only 0 and 1 (and 255) tells changed from unchanged for the asked classes,
 * or for any class; any other truth holds change codes. What is 255 in either is not judged. @throws BadInput
 */
export async function evaluate(request: EvaluateRequest): Promise<ClassScore[]> {
  const { classes, positive, negative } = request;
  if (negative !== undefined && positive === undefined) {
    throw new BadInput('--negative without --positive; expected both, e.g. --positive 2 --negative 1');
  }
  const { frame, pixelKm2, values } = await readTruth(request);
  const prediction = await readPrediction(request, frame);
  const { width, height } = frame;
  const mask = (test: (i: number) => boolean): Mask => {
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) if (test(i)) data[i] = 1;
    return { width, height, data };
  };
  const score = (
    name: string,
    codes: readonly number[] | null,
    value: number,
    known: (i: number) => boolean,
  ) =>
    scoreFound(prediction.of(codes), {
      name,
      real: mask((i) => values[i] === value && known(i)),
      known: mask(known).data,
      unusable: prediction.unusable,
      pixelKm2,
      months: request.months ?? 1,
      leads: request.leads,
    });
  const codes = classes?.map(codeOf) ?? null;
  const together = classes?.join('+') ?? 'change';
  if (positive !== undefined) {
    const isKnown = (i: number) =>
      values[i] === positive || (negative === undefined ? values[i] !== UNUSABLE : values[i] === negative);
    return [score(together, codes, positive, isKnown)];
  }
  const isKnown = (i: number) => values[i] !== UNUSABLE;
  const binary = values.every((value) => value === 0 || value === 1 || value === UNUSABLE);
  if (binary) return [score(together, codes, 1, isKnown)];
  return CHANGE_CLASSES.filter(({ name }) => classes?.includes(name) ?? true).map(({ code, name }) =>
    score(name, [code], code, isKnown),
  );
}

/** What a class is judged against, and how. */
export interface Judging {
  readonly name: string;
  readonly real: Mask;
  /** 0 where the truth does not know. */
  readonly known: Uint8Array;
  readonly unusable: (pixel: number) => boolean;
  readonly pixelKm2: number | null;
  readonly months: number;
  readonly leads?: number;
}

export function scoreFound(found: Found, judging: Judging): ClassScore {
  const { name, real, unusable, pixelKm2, months, leads } = judging;
  const known = judging.known.slice();
  let hidden = 0;
  let judgedPixels = 0;
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== 0 && unusable(i)) known[i] = 0;
    if (known[i] !== 0) judgedPixels++;
    else if (real.data[i] === 1) hidden++;
  }
  const judgement = judgeObjects(found.objects, maskObjects(real), known, real.width);
  const object = judgementScore(judgement);
  const judged = judgedPatches(found, judgement.found);
  const severalMonths = new Set(judged?.map(({ month }) => month)).size > 1;
  const judgedKm2 = pixelKm2 === null ? null : judgedPixels * pixelKm2;
  const falsePerKm2 = judgedKm2 === null ? null : object.falsePositive / judgedKm2;
  return {
    class: name,
    pixel: pixelScore(found.mask, real, known),
    object,
    hidden,
    judgedKm2,
    months,
    falsePerKm2,
    falsePerKm2Month: falsePerKm2 === null ? null : falsePerKm2 / months,
    leads:
      judged === null || leads === undefined
        ? null
        : { ...precisionAtLeads(judged, severalMonths ? leads : leads * months), leads },
    reliability: judged && reliabilityOf(judged),
  };
}

/** Found objects that were judged, null where they carry no confidence. */
export function judgedPatches({ confidence, months }: Found, judged: Uint8Array): JudgedPatch[] | null {
  if (confidence === null) return null;
  return Array.from(judged, (what, a) => ({ what, confidence: confidence[a], month: months[a] }))
    .filter(({ what }) => what !== NOT_JUDGED)
    .map(({ what, ...rest }) => ({ ...rest, right: what === RIGHT }));
}

interface Truth {
  readonly frame: Frame;
  readonly pixelKm2: number | null;
  readonly values: Float32Array;
}

async function readTruth({ truth, sourceCrs }: EvaluateRequest): Promise<Truth> {
  const file = await openRaster(truth, { sourceCrs });
  try {
    const { path, width, height } = file.info;
    const grid = gridOfFile(file.info);
    return {
      frame: { path, width, height, grid },
      pixelKm2: grid && pixelKm2Of(path, grid),
      values: await readWhole(file),
    };
  } finally {
    await file.close();
  }
}

/** The grid of a file's own pixels, which need not be square; null where it is not georeferenced. */
export function gridOfFile(info: RasterInfo): Grid | null {
  if (info.transform === null) return null;
  const { crs, transform } = placementOf(info);
  return { crs, transform, width: info.width, height: info.height, resolution: transform[0] };
}

/** Area of a pixel in the middle. */
export function pixelKm2Of(name: string, grid: Grid): number {
  const placed = { ...grid, name };
  return (groundResolution(placed, utmAt(centreLonLat(placed))) / 1000) ** 2;
}
