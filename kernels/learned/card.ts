import { z } from 'zod';
import { BAND_ROLES } from '../bands.js';
import { CHANGE_CLASSES, type ChangeClassName } from '../classes.js';

const CLASS_NAMES = CHANGE_CLASSES.map(({ name }) => name) as [ChangeClassName, ...ChangeClassName[]];
/** What an output channel tells: a class of change, or that there is none. */
const Channel = z.enum([...CLASS_NAMES, 'none']);
/** A name that is a folder's or file's on every system, and never a path. */
const PlainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected letters, digits, dots, dashes');
const Probability = z.number().gt(0).lt(1);
const Text = z.string().max(2000);

/**
 * What comes with a learned model (`model.json`): what it may be fed with and what its numbers mean. All a change detector made
 * elsewhere needs to run here.
 */
export const ModelCard = z.strictObject({
  format: z.literal('tuban-model'),
  version: z.literal(1),
  name: PlainName,
  revision: PlainName,
  /** The ONNX file, beside the card. */
  file: PlainName.default('model.onnx'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
  inputs: z
    .strictObject({
      /** `pair`: a tensor a date; `stacked`: one tensor, the before date's bands first. */
      form: z.enum(['pair', 'stacked']),
      layout: z.enum(['nchw', 'nhwc']).default('nchw'),
      names: z.array(z.string().min(1).max(200)).min(1).max(2),
      bands: z.array(z.enum(BAND_ROLES)).min(1).max(16),
      /** What height and width must be multiples of, px. */
      multiple: z.number().int().min(1).max(256).default(1),
      /** Height and width, px, where the network takes no other. */
      size: z.number().int().min(16).max(2048).nullable().default(null),
    })
    .refine(
      ({ form, names }) => names.length === (form === 'pair' ? 2 : 1),
      'names: expected two for a pair, one for stacked',
    )
    .refine(({ bands }) => new Set(bands).size === bands.length, 'bands: each once')
    .refine(
      ({ size, multiple }) => size === null || size % multiple === 0,
      'size: expected a multiple of `multiple`',
    ),
  /** Metres a px: what it was trained at, and between what it still holds. */
  pixel_size_m: z
    .strictObject({
      trained: z.number().positive(),
      least: z.number().positive(),
      most: z.number().positive(),
    })
    .refine(
      ({ trained, least, most }) => least <= trained && trained <= most,
      'expected least ≤ trained ≤ most',
    ),
  /**
   * `levels`: from the scene's dark level to its 90th percentile (SceneLook) first, so that numbers of any scale do; `fixed`: the
   * file's numbers. Then less the mean, over the standard deviation, a band each.
   */
  normalization: z.strictObject({
    kind: z.enum(['levels', 'fixed']),
    mean: z.array(z.number()).min(1).max(16),
    std: z.array(z.number().positive()).min(1).max(16),
  }),
  outputs: z.strictObject({
    name: z.string().min(1).max(200),
    /** What makes chances of the numbers that come out. */
    activation: z.enum(['none', 'sigmoid', 'softmax']),
    channels: z.array(Channel).min(1).max(16),
  }),
  /** Context at a tile's border that is not believed, in the model's px. */
  margin_px: z.number().int().min(0).max(256),
  /** Chance from which a pixel is called a class. */
  thresholds: z.partialRecord(z.enum(CLASS_NAMES), Probability).default({}),
  /**
   * Log odds that a patch is right by the log odds of its pixels' mean, and of a new building by how far its outline stood already (raster/outline-model.ts),
   * where that was fitted.
   */
  calibration: z
    .partialRecord(
      z.enum(CLASS_NAMES),
      z.strictObject({ slope: z.number(), intercept: z.number(), faded: z.number().optional() }),
    )
    .default({}),
  training: z.looseObject({ data: Text, licence: Text }),
  figures: z.looseObject({}).default({}),
  licence: Text,
});

export type ModelCard = z.infer<typeof ModelCard>;

/** What is wrong between the parts of a card that are right each for themselves; null where nothing is. */
export function cardFault({ inputs, normalization, outputs, thresholds }: ModelCard): string | null {
  const { mean, std } = normalization;
  if (mean.length !== inputs.bands.length || std.length !== inputs.bands.length)
    return `normalization has ${mean.length} means and ${std.length} deviations; expected one a band (${inputs.bands.length})`;
  const classes = outputs.channels.filter((channel) => channel !== 'none');
  if (classes.length === 0) return 'outputs.channels name no class of change';
  if (new Set(classes).size !== classes.length) return 'outputs.channels name a class twice';
  const lost = Object.keys(thresholds).find((name) => !classes.includes(name as ChangeClassName));
  if (lost !== undefined) return `thresholds name ${lost}, which no output channel tells`;
  return null;
}
