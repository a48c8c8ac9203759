import type { StacDocument } from './document.js';

/** Sensor profiles (sensors.ts) by what an item says of itself, the first that matches. */
const KNOWN: readonly { readonly sensor: string; readonly is: (words: Words) => boolean }[] = [
  // top-of-atmosphere products (level 1C) have neither the classification nor the reflectance that the profile promises
  {
    sensor: 'sentinel-2',
    is: ({ collection, platform }) =>
      /l2a/.test(collection) && (/^sentinel-(2|s2)/.test(collection) || /^sentinel-2/.test(platform)),
  },
  { sensor: 'landsat-8', is: ({ platform }) => /^landsat-?_?[89]$/.test(platform) },
  { sensor: 'landsat-5', is: ({ platform }) => /^landsat-?_?[457]$/.test(platform) },
  {
    sensor: 'planetscope',
    is: ({ collection, constellation }) => constellation === 'planetscope' || collection === 'psscene',
  },
  { sensor: 'naip', is: ({ collection }) => collection === 'naip' },
];

interface Words {
  readonly collection: string;
  readonly platform: string;
  readonly constellation: string;
}

/** Name of the sensor profile an item belongs to, null where none is known for it. */
export function sensorOfItem({ collection, properties }: StacDocument): string | null {
  const word = (value: string | undefined) => (value ?? '').trim().toLowerCase();
  const words = {
    collection: word(collection),
    platform: word(properties.platform),
    constellation: word(properties.constellation),
  };
  return KNOWN.find(({ is }) => is(words))?.sensor ?? null;
}
