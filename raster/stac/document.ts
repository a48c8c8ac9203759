import { z } from 'zod';
import { BadInput } from '../errors.js';

// Only what is used is checked; a catalogue may write anything else beside it. A field of the wrong kind counts as absent.
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const words = z.array(z.string()).optional().catch(undefined);
const epsg = z.number().int().nullable().optional().catch(undefined);
/** JSON has no NaN: STAC writes it as text. */
const nodata = z.union([z.number(), z.string()]).nullable().optional().catch(undefined);

/** Fields that stand on a band, or on an asset for all of its bands (STAC 1.1), or in lists a band (STAC 1.0 extensions). */
const bandFields = {
  name: text,
  common_name: text,
  'eo:common_name': text,
  nodata,
  'raster:nodata': nodata,
  scale: number,
  'raster:scale': number,
  offset: number,
  'raster:offset': number,
  gsd: number,
  spatial_resolution: number,
  'raster:spatial_resolution': number,
};
const BandFields = z.object(bandFields);
export type BandFields = z.infer<typeof BandFields>;

const bandList = z.array(BandFields).optional().catch(undefined);

const Asset = z.object({
  ...bandFields,
  href: z.string().min(1),
  type: text,
  roles: words,
  bands: bandList,
  'eo:bands': bandList,
  'raster:bands': bandList,
  'proj:epsg': epsg,
  'proj:code': text,
  alternate: z
    .record(z.string(), z.object({ href: text }))
    .optional()
    .catch(undefined),
});
export type StacAsset = z.infer<typeof Asset>;

const Properties = z.object({
  datetime: text,
  start_datetime: text,
  platform: text,
  constellation: text,
  gsd: number,
  'proj:epsg': epsg,
  'proj:code': text,
  /** Earth Search: the offset that `raster:bands` names is in the values already. */
  'earthsearch:boa_offset_applied': z.boolean().optional().catch(undefined),
});

const Item = z.object({
  type: z.literal('Feature'),
  stac_version: z.string(),
  id: z.string().min(1),
  collection: text,
  properties: Properties,
  assets: z.record(z.string(), Asset),
});
export type StacDocument = z.infer<typeof Item>;

/**
 * A STAC Item (1.0 or 1.1) from its text.
 * @throws BadInput naming `name` where it is no JSON, no STAC, or another kind of STAC.
 */
export function parseItem(json: string, name: string): StacDocument {
  let value: unknown;
  try {
    value = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new BadInput(`${name}: is no GeoTIFF and no valid JSON; expected a GeoTIFF or a STAC Item`, {
      cause: error,
    });
  }
  const kind = z.object({ type: text, stac_version: text }).catch({}).parse(value);
  if (kind.type === 'Catalog' || kind.type === 'Collection') {
    throw new BadInput(
      `${name}: is a STAC ${kind.type}, which is no scene; give one of its Items (a link with "rel": "item")`,
    );
  }
  if (kind.type === 'FeatureCollection') {
    throw new BadInput(
      `${name}: is a list of features (a FeatureCollection), which is no scene; give one STAC Item`,
    );
  }
  if (kind.type !== 'Feature' || kind.stac_version === undefined) {
    throw new BadInput(
      `${name}: is JSON but no STAC Item ("type": "Feature" with "stac_version"); expected a GeoTIFF or a STAC Item`,
    );
  }
  const parsed = Item.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BadInput(`${name}: is no sound STAC Item (${issue?.path.join('.')}: ${issue?.message})`);
  }
  return parsed.data;
}
