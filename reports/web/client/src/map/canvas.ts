import 'maplibre-gl/dist/maplibre-gl.css';
import {
  AttributionControl,
  GeoJSONSource,
  Map as GlMap,
  Marker,
  NavigationControl,
  RasterTileSource,
  ScaleControl,
  setWorkerUrl,
  VectorTileSource,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { h } from '../kit/dom.js';
import { lang } from '../kit/lang.js';
import type { Meta } from '../kit/shapes.js';
import type { MapState } from './filter.js';
import { absolute, BORDER_LAYERS, groundStyle, imageTiles, patchLayers, patchTiles } from './style.js';

setWorkerUrl(workerUrl);

/** Texts of MapLibre's own buttons. */
const CHINESE = {
  'NavigationControl.ZoomIn': '放大',
  'NavigationControl.ZoomOut': '缩小',
  'NavigationControl.ResetBearing': '正北朝上',
  'AttributionControl.ToggleAttribution': '来源',
  'ScaleControl.Meters': '米',
  'ScaleControl.Kilometers': '公里',
  'Map.Title': '地图',
};

export interface Label {
  readonly name: string;
  readonly at: readonly [number, number];
}

/** One map: a month's image, borders, patches. */
export interface Canvas {
  readonly map: GlMap;
  setMonth(month: string): void;
  setPatches(state: MapState): void;
  choose(number: string | null): void;
}

/** The camera a map starts with: where the address says, else an officer's own subdistricts or the whole district. */
function cameraOf(state: MapState, meta: Meta) {
  if (state.camera)
    return { center: { lng: state.camera.lon, lat: state.camera.lat }, zoom: state.camera.zoom };
  const home = meta.home ?? meta.bounds;
  if (home) return { bounds: home, fitBoundsOptions: { padding: 24 } };
  return { center: meta.center ?? [114.13, 22.55], zoom: 12 } satisfies {
    center: [number, number];
    zoom: number;
  };
}

/** @param controls whether it carries buttons and scale; of two maps beside each other one does. */
export function createCanvas(
  container: HTMLElement,
  meta: Meta,
  state: MapState,
  month: string,
  labels: readonly Label[],
  controls: boolean,
): Canvas {
  const style = groundStyle(meta, month);
  style.sources.subdistricts = { type: 'geojson', data: absolute('/api/subdistricts.geojson') };
  style.sources.patches = { type: 'vector', tiles: [patchTiles(state)], minzoom: 0, maxzoom: 16 };
  style.layers.push(...BORDER_LAYERS, ...patchLayers(meta));
  const map = new GlMap({
    container,
    style,
    ...cameraOf(state, meta),
    maxZoom: 21,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    ...(lang() === 'zh' ? { locale: CHINESE } : {}),
  });
  map.touchZoomRotate.disableRotation();
  if (controls) {
    map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    map.addControl(new ScaleControl({ maxWidth: 120 }), 'bottom-right');
    if (meta.basemap) map.addControl(new AttributionControl({ compact: true }), 'bottom-right');
  }
  for (const { name, at } of labels) {
    new Marker({
      element: h('span', { class: 'place-name', 'aria-hidden': 'true' }, name),
      className: 'place',
    })
      .setLngLat([at[0], at[1]])
      .addTo(map);
  }
  let loaded = false;
  /** The last wish of each kind, for the time until the style can be changed. */
  const wishes = new Map<string, () => void>();
  map.once('load', () => {
    loaded = true;
    for (const wish of wishes.values()) wish();
  });
  const whenLoaded = (name: string, wish: () => void) => {
    if (loaded) wish();
    else wishes.set(name, wish);
  };
  return {
    map,
    setMonth: (next) =>
      whenLoaded('month', () => {
        const source = map.getSource('image');
        if (source instanceof RasterTileSource) source.setTiles([imageTiles(next)]);
      }),
    setPatches: (next) =>
      whenLoaded('patches', () => {
        const source = map.getSource('patches');
        if (source instanceof VectorTileSource) source.setTiles([patchTiles(next)]);
      }),
    choose: (number) =>
      whenLoaded('choice', () => {
        map.setFilter('patch-chosen', ['==', ['get', 'number'], number ?? '']);
      }),
  };
}

/** Keeps two maps on the same ground; the result ends it. */
export function lockViews(a: GlMap, b: GlMap): () => void {
  let moving = false;
  const follow = (from: GlMap, to: GlMap) => () => {
    if (moving) return;
    moving = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    moving = false;
  };
  const ab = follow(a, b);
  const ba = follow(b, a);
  a.on('move', ab);
  b.on('move', ba);
  ab();
  return () => {
    a.off('move', ab);
    b.off('move', ba);
  };
}

export { GeoJSONSource, GlMap };
