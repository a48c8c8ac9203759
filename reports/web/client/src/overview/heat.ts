import 'maplibre-gl/dist/maplibre-gl.css';
import type { FeatureCollection } from 'geojson';
import { GeoJSONSource, Map as GlMap, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Meta } from '../kit/shapes.js';
import { absolute, BORDER_LAYERS, groundStyle } from '../map/style.js';

setWorkerUrl(workerUrl);

export interface HeatPoint {
  /** WGS84 longitude, latitude. */
  readonly at: readonly [number, number];
  readonly weight: number;
}

export interface Heat {
  show(points: readonly HeatPoint[]): void;
  remove(): void;
}

/** The district in the dark, with heat where points are. */
export function heatMap(container: HTMLElement, meta: Meta): Heat {
  const style = groundStyle(meta, null);
  style.sources.subdistricts = { type: 'geojson', data: absolute('/api/subdistricts.geojson') };
  style.sources.points = { type: 'geojson', data: collection([]) };
  style.layers.push(
    {
      id: 'places',
      type: 'fill',
      source: 'subdistricts',
      paint: { 'fill-color': '#0e2a3b', 'fill-opacity': 0.9 },
    },
    {
      id: 'heat',
      type: 'heatmap',
      source: 'points',
      paint: {
        'heatmap-weight': ['min', 1, ['/', ['get', 'weight'], 4]],
        'heatmap-radius': ['interpolate', ['linear'], ['zoom'], 10, 14, 14, 40],
        'heatmap-opacity': 0.9,
      },
    },
    ...BORDER_LAYERS,
  );
  const map = new GlMap({
    container,
    style,
    ...(meta.bounds ? { bounds: meta.bounds, fitBoundsOptions: { padding: 16 } } : {}),
    attributionControl: false,
    interactive: false,
  });
  let points: readonly HeatPoint[] = [];
  let loaded = false;
  const draw = () => {
    const source = map.getSource('points');
    if (loaded && source instanceof GeoJSONSource) void source.setData(collection(points));
  };
  map.once('load', () => {
    loaded = true;
    draw();
  });
  return {
    show: (next) => {
      points = next;
      draw();
    },
    remove: () => map.remove(),
  };
}

function collection(points: readonly HeatPoint[]): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: points
      .filter(({ weight }) => weight > 0)
      .map(({ at: [lon, lat], weight }) => ({
        type: 'Feature',
        properties: { weight },
        geometry: { type: 'Point', coordinates: [lon, lat] },
      })),
  };
}
