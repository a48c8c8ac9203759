import { CHANGE_CLASSES, type ChangeClassName, classByName, UNUSABLE } from '../kernels/classes.js';
import { BadInput } from '../raster/errors.js';
import type { Grid, Window } from '../raster/grid.js';
import { placementOf } from '../raster/scene.js';
import { openRaster } from '../raster/tiff/open.js';
import type { RasterFile } from '../raster/tiff/types.js';
import { controlNet } from '../raster/warp/net.js';
import { nearest } from '../raster/warp/resample.js';
import { readSource } from '../raster/warp/source.js';
import { type Mask, objectScore, pixelScore, type Score } from '../vector/score.js';

export interface EvaluateRequest {
  readonly prediction: string;
  readonly truth: string;
  readonly class?: ChangeClassName;
  /** Truth values that mean changed and unchanged; others are unknown. Without them see `truthOf`. */
  readonly positive?: number;
  readonly negative?: number;
  /** Prediction is a measure (magnitude, confidence): changed above this. */
  readonly threshold?: number;
}

export interface ClassScore {
  readonly class: string;
  readonly pixel: Score;
  readonly object: Score;
}

const STRIP = 512;

/**
 * Scores a change raster against a truth raster on the truth's own pixels; a prediction on another grid is looked up at
 * the truth's pixel centres. A truth of only 0 and 1 (and 255) tells changed from unchanged for the asked class, or for
 * any class; any other truth holds change codes. @throws BadInput
 */
export async function evaluate(request: EvaluateRequest): Promise<ClassScore[]> {
  if (request.negative !== undefined && request.positive === undefined) {
    throw new BadInput('--negative without --positive; expected both, e.g. --positive 2 --negative 1');
  }
  const truthFile = await openRaster(request.truth);
  try {
    const predictionFile = await openRaster(request.prediction);
    try {
      const truth = await readWhole(truthFile);
      const prediction = await onto(truthFile, predictionFile);
      return scores(request, truthFile.info, truth, prediction);
    } finally {
      await predictionFile.close();
    }
  } finally {
    await truthFile.close();
  }
}

function scores(
  request: EvaluateRequest,
  { width, height }: { width: number; height: number },
  truth: Float32Array,
  prediction: Float32Array,
): ClassScore[] {
  const mask = (test: (i: number) => boolean): Mask => {
    const data = new Uint8Array(truth.length);
    for (let i = 0; i < data.length; i++) if (test(i)) data[i] = 1;
    return { width, height, data };
  };
  const score = (name: string, predicted: Mask, real: Mask, valid: Uint8Array): ClassScore => {
    for (let i = 0; i < valid.length; i++) if (valid[i] === 0) real.data[i] = 0;
    return {
      class: name,
      pixel: pixelScore(predicted, real, valid),
      object: objectScore(predicted, real, valid),
    };
  };
  const predictedAs = (code: number | null) =>
    request.threshold !== undefined
      ? mask((i) => prediction[i] > (request.threshold ?? 0))
      : mask((i) =>
          code === null ? prediction[i] > 0 && prediction[i] !== UNUSABLE : prediction[i] === code,
        );
  const asked = request.class ? (classByName(request.class)?.code ?? null) : null;
  if (request.positive !== undefined) {
    const negative = request.negative;
    const valid = mask(
      (i) =>
        truth[i] === request.positive ||
        (negative === undefined ? truth[i] !== UNUSABLE : truth[i] === negative),
    );
    return [
      score(
        request.class ?? 'change',
        predictedAs(asked),
        mask((i) => truth[i] === request.positive),
        valid.data,
      ),
    ];
  }
  const valid = mask((i) => truth[i] !== UNUSABLE).data;
  const binary = truth.every((value) => value === 0 || value === 1 || value === UNUSABLE);
  if (binary) {
    return [
      score(
        request.class ?? 'change',
        predictedAs(asked),
        mask((i) => truth[i] === 1),
        valid,
      ),
    ];
  }
  return CHANGE_CLASSES.filter(({ name }) => request.class === undefined || name === request.class).map(
    ({ code, name }) =>
      score(
        name,
        predictedAs(code),
        mask((i) => truth[i] === code),
        valid,
      ),
  );
}

async function readWhole(file: RasterFile): Promise<Float32Array> {
  const { width, height } = file.info;
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y += STRIP) {
    const window: Window = { x: 0, y, width, height: Math.min(STRIP, height - y) };
    const [samples] = await file.readWindow(0, window, [0]);
    out.set(samples, y * width);
  }
  return out;
}

/** The prediction at the truth's pixel centres; 0 where it does not reach. */
async function onto(truth: RasterFile, prediction: RasterFile): Promise<Float32Array> {
  const { width, height } = truth.info;
  if (truth.info.transform === null || prediction.info.transform === null) {
    if (width === prediction.info.width && height === prediction.info.height) return readWhole(prediction);
    throw new BadInput(
      `${truth.info.path} is ${width} × ${height} px, ${prediction.info.path} ${prediction.info.width} × ${prediction.info.height}; expected the same size, or both georeferenced`,
    );
  }
  const place = placementOf(truth.info);
  const grid: Grid = {
    crs: place.crs,
    transform: place.transform,
    width,
    height,
    resolution: place.transform[0],
  };
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y += STRIP) {
    const window: Window = { x: 0, y, width, height: Math.min(STRIP, height - y) };
    const net = controlNet(grid, window, placementOf(prediction.info));
    const source = await readSource(prediction, net, { bands: [0], codes: true });
    if (source === null) continue;
    nearest(net, source.pixels, source.reduce, out.subarray(y * width, (y + window.height) * width), 0);
  }
  return out;
}
