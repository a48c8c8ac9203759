import { GeoJSONVT } from '@maplibre/geojson-vt';
import { fromGeojsonVt } from '@maplibre/vt-pbf';
import sharp from 'sharp';
import { wanted } from './fake-state.js';
import { PATCHES } from './made-data.js';

/** A tile of the patches that the filters leave. */
export function patchTile(z: number, x: number, y: number, query: URLSearchParams): Uint8Array {
  const index = new GeoJSONVT(
    {
      type: 'FeatureCollection',
      features: PATCHES.filter(wanted(query)).map(({ ring, ...properties }) => ({
        type: 'Feature',
        geometry: { type: 'Polygon', coordinates: [ring] },
        properties: {
          number: properties.number,
          class: properties.class,
          state: properties.state,
          area_m2: properties.area_m2,
        },
      })),
    },
    { maxZoom: 20, tolerance: 0 },
  );
  const tile = index.getTile(z, x, y);
  return tile ? fromGeojsonVt({ patches: tile }) : new Uint8Array();
}

const COLOURS: Readonly<Record<string, string>> = { '2026-07': '#7d9b6a', '2026-08': '#b39b74' };

/** One colour a month, so that a picture of the page shows which month is where. */
export function imageTile(month: string): Promise<Uint8Array> {
  const background = COLOURS[month] ?? '#88aabb';
  return sharp({ create: { width: 256, height: 256, channels: 3, background } })
    .webp()
    .toBuffer();
}
