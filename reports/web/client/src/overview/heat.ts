import 'maplibre-gl/dist/maplibre-gl.css';
import { Map as GlMap, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Meta } from '../kit/shapes.js';
import { absolute, BORDER_LAYERS, groundStyle } from '../map/style.js';

setWorkerUrl(workerUrl);

/** Draws it; the result takes it away. */
export function heatMap(
  container: HTMLElement,
  meta: Meta,
  points: readonly (readonly [number, number])[],
): () => void {
  const style = groundStyle(meta, null);
  style.sources.subdistricts = { type: 'geojson', data: absolute('/api/subdistricts.geojson') };
  style.sources.points = {
    type: 'geojson',
    data: { type: 'MultiPoint', coordinates: points.map(([lon, lat]) => [lon, lat]) },
  };
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
  return () => map.remove();
}
