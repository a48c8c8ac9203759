import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { address } from '../kit/api.js';
import type { Meta } from '../kit/shapes.js';
import { filterQuery, type MapState } from './filter.js';

/** Sources are asked from the address the page came from: nothing outside, unless a basemap is configured. */
export function absolute(path: string): string {
  return location.origin + path;
}

export function imageTiles(month: string): string {
  return absolute(`/tiles/image/${month}/{z}/{x}/{y}.webp`);
}

export function patchTiles(state: MapState): string {
  return absolute(address('/tiles/patches/{z}/{x}/{y}.pbf', filterQuery(state)));
}

/** An empty ground, the configured basemap and one month's image; no fonts and no sprites. */
export function groundStyle(meta: Meta, month: string | null): StyleSpecification {
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#dfe4e6' } }],
  };
  if (meta.basemap) {
    style.sources.basemap = {
      type: 'raster',
      tiles: [meta.basemap.url],
      tileSize: 256,
      attribution: meta.basemap.attribution,
    };
    style.layers.push({ id: 'basemap', type: 'raster', source: 'basemap' });
  }
  if (month !== null) {
    style.sources.image = {
      type: 'raster',
      tiles: [imageTiles(month)],
      tileSize: 256,
      maxzoom: 19,
      ...(meta.bounds ? { bounds: meta.bounds } : {}),
    };
    style.layers.push({
      id: 'image',
      type: 'raster',
      source: 'image',
      paint: { 'raster-fade-duration': 150 },
    });
  }
  return style;
}

/** Subdistrict borders, a light line on a dark one so that they are seen on any image. */
export const BORDER_LAYERS: readonly LayerSpecification[] = [
  {
    id: 'border-casing',
    type: 'line',
    source: 'subdistricts',
    paint: { 'line-color': '#10222e', 'line-opacity': 0.55, 'line-width': 3 },
  },
  {
    id: 'border',
    type: 'line',
    source: 'subdistricts',
    paint: { 'line-color': '#ffffff', 'line-opacity': 0.9, 'line-width': 1.2, 'line-dasharray': [4, 2] },
  },
];

const SOURCE = { source: 'patches', 'source-layer': 'patches' } as const;

/** From this zoom on a dash is shorter than a patch. */
const NEAR = 14;

/** A small patch is a fraction of a pixel from afar: its line is wide enough there to be found. */
const WIDTH: NonNullable<Extract<LayerSpecification, { type: 'line' }>['paint']>['line-width'] = [
  'interpolate',
  ['linear'],
  ['zoom'],
  11,
  6,
  14,
  4,
  16,
  2.5,
];

/** Colour by class; line by state: whole where confirmed, dashed where suspected, dotted and pale where dismissed. */
export function patchLayers(meta: Meta): LayerSpecification[] {
  const colour = classColours(meta.classes);
  const line = (state: string, dash: number[] | null, opacity: number): LayerSpecification => ({
    id: `patch-${state}`,
    type: 'line',
    minzoom: NEAR,
    ...SOURCE,
    filter: ['==', ['get', 'state'], state],
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': colour,
      'line-width': WIDTH,
      'line-opacity': opacity,
      ...(dash ? { 'line-dasharray': dash } : {}),
    },
  });
  return [
    {
      id: 'patch-fill',
      type: 'fill',
      ...SOURCE,
      paint: {
        'fill-color': colour,
        'fill-opacity': ['case', ['==', ['get', 'state'], 'dismissed'], 0.08, 0.3],
      },
    },
    {
      id: 'patch-casing',
      type: 'line',
      ...SOURCE,
      filter: ['!=', ['get', 'state'], 'dismissed'],
      paint: {
        'line-color': '#ffffff',
        'line-opacity': 0.75,
        'line-width': ['interpolate', ['linear'], ['zoom'], 11, 8, 14, 6, 16, 4.5],
      },
    },
    {
      id: 'patch-far',
      type: 'line',
      maxzoom: NEAR,
      ...SOURCE,
      filter: ['!=', ['get', 'state'], 'dismissed'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': colour, 'line-width': WIDTH },
    },
    line('dismissed', [0.8, 1.6], 0.7),
    line('suspected', [2.2, 1.2], 1),
    line('confirmed', null, 1),
    {
      id: 'patch-chosen',
      type: 'line',
      ...SOURCE,
      filter: ['==', ['get', 'number'], ''],
      paint: { 'line-color': '#ffee58', 'line-width': 5 },
    },
  ];
}

function classColours(classes: Meta['classes']): ExpressionSpecification {
  return classes.reduceRight<ExpressionSpecification>(
    (otherwise, { name, color }) => ['case', ['==', ['get', 'class'], name], color, otherwise],
    ['literal', '#666666'],
  );
}
