import { CHANGE_CLASSES, STATES, UNUSABLE } from '../../../kernels/classes.js';
import { apply } from '../../../raster/affine.js';
import { transformer, WGS84 } from '../../../raster/crs.js';
import { SENSORS } from '../../../raster/sensors.js';
import { crsOfRun, type RunRecord } from '../../../vector/store/runs.js';
import type { SceneRecord } from '../../../vector/store/scenes.js';
import { NOTICE } from '../../leads/words.js';
import { endOfMonth, link } from './ogc-documents.js';
import { roundBox } from './place.js';
import type { RunRaster } from './run-raster.js';
import type { LonLatBox } from './spatial.js';

/** STAC 1.1 documents of scenes and change rasters. Pure; `stac` is the address of the root catalogue. */
const EXTENSIONS = {
  projection: 'https://stac-extensions.github.io/projection/v2.0.0/schema.json',
  file: 'https://stac-extensions.github.io/file/v2.1.0/schema.json',
  classification: 'https://stac-extensions.github.io/classification/v2.0.0/schema.json',
  processing: 'https://stac-extensions.github.io/processing/v1.2.0/schema.json',
  render: 'https://stac-extensions.github.io/render/v2.0.0/schema.json',
  mapLinks: 'https://stac-extensions.github.io/web-map-links/v1.2.0/schema.json',
} as const;

const JSON_TYPE = 'application/json';
const GEOJSON_TYPE = 'application/geo+json';
export const COG_TYPE = 'image/tiff; application=geotiff; profile=cloud-optimized';
export const TIFF_TYPE = 'image/tiff; application=geotiff';

export const STAC_CONFORMANCE = [
  'https://api.stacspec.org/v1.0.0/core',
  'https://api.stacspec.org/v1.0.0/collections',
  'https://api.stacspec.org/v1.0.0/ogcapi-features',
  'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core',
  'http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson',
] as const;

export const STAC_COLLECTIONS = ['scenes', 'changes'] as const;
export type StacCollection = (typeof STAC_COLLECTIONS)[number];

/** A file an item hands out. */
export interface StacFile {
  readonly key: string;
  readonly href: string;
  /** Bytes; null where it is not known. */
  readonly size: number | null;
}

export function catalog(stac: string, district: string) {
  return {
    type: 'Catalog',
    stac_version: '1.1.0',
    id: 'tuban',
    title: `tuban 图斑 ${district}`.trim(),
    description: 'Scenes of the months, and the change rasters made of them.',
    conformsTo: STAC_CONFORMANCE,
    links: [
      link('self', stac, JSON_TYPE, 'This catalogue'),
      link('root', stac, JSON_TYPE, 'This catalogue'),
      link('conformance', `${stac}/conformance`, JSON_TYPE, 'What it conforms to'),
      link('data', `${stac}/collections`, JSON_TYPE, 'Collections'),
      ...STAC_COLLECTIONS.map((id) => link('child', `${stac}/collections/${id}`, JSON_TYPE, TITLES[id])),
    ],
  };
}

const TITLES: Readonly<Record<StacCollection, string>> = {
  scenes: '影像 Scenes',
  changes: '变化栅格 Change rasters',
};

export interface StacExtent {
  readonly box: LonLatBox | null;
  /** First and last month, YYYY-MM; null where there is no item. */
  readonly months: readonly [first: string, last: string] | null;
}

export function collection(stac: string, id: StacCollection, { box, months }: StacExtent) {
  const own = `${stac}/collections/${id}`;
  const interval = months === null ? [null, null] : [startOfMonth(months[0]), endOfMonth(months[1])];
  return {
    type: 'Collection',
    stac_version: '1.1.0',
    stac_extensions: [],
    id,
    title: TITLES[id],
    description:
      id === 'scenes'
        ? 'Scenes as they were catalogued, by month.'
        : `Change classes, confidence, magnitude and land states of published comparisons. ${NOTICE}`,
    license: 'other',
    extent: {
      spatial: { bbox: [box === null ? [-180, -90, 180, 90] : roundBox(box)] },
      temporal: { interval: [interval] },
    },
    links: [
      link('self', own, JSON_TYPE, TITLES[id]),
      link('root', stac, JSON_TYPE, 'tuban'),
      link('parent', stac, JSON_TYPE, 'tuban'),
      link('items', `${own}/items`, GEOJSON_TYPE, 'Items'),
    ],
  };
}

/** @param files those that lie on this server's disk, with addresses to fetch them at */
export function sceneItem(stac: string, scene: SceneRecord, files: readonly StacFile[], base: string) {
  const { id, month, footprint, acquired } = scene;
  const sensor = SENSORS.find((s) => s.name === scene.sensor);
  return item(stac, 'scenes', id, {
    extensions: [EXTENSIONS.projection, EXTENSIONS.file, EXTENSIONS.mapLinks],
    ring: footprint,
    links: [xyz(`${base}/tiles/image/${month}/{z}/{x}/{y}.webp`, 'image/webp', `${month} 影像 image`)],
    properties: {
      title: `${month} ${id}`,
      ...(acquired === null ? span(month) : { datetime: `${acquired}T00:00:00Z` }),
      ...(sensor === undefined ? {} : { instruments: [sensor.name] }),
      gsd: scene.resolutionM,
      'proj:code': /^EPSG:\d+$/.test(scene.crs) ? scene.crs : null,
      'tuban:month': month,
    },
    assets: Object.fromEntries(
      files.map(({ key, href, size }) => [
        key,
        {
          href,
          type: TIFF_TYPE,
          title: key,
          roles: ['data'],
          ...(size === null ? {} : { 'file:size': size }),
        },
      ]),
    ),
  });
}

export function changeItemId(run: Pick<RunRecord, 'month' | 'against'>): string {
  return `${run.month}.${run.against}`;
}

export function changeItem(
  stac: string,
  run: RunRecord,
  files: readonly (StacFile & { readonly key: RunRaster })[],
  { base, version }: { readonly base: string; readonly version: string },
) {
  const { month, against, grid } = run;
  const first = against === 'first';
  const has = (name: RunRaster) => !first && files.some(({ key }) => key === name);
  return item(stac, 'changes', changeItemId(run), {
    extensions: [
      EXTENSIONS.projection,
      EXTENSIONS.file,
      EXTENSIONS.classification,
      EXTENSIONS.processing,
      ...(has('change.tif') ? [EXTENSIONS.render, EXTENSIONS.mapLinks] : []),
    ],
    ring: gridRing(run),
    links: has('change.tif')
      ? [
          xyz(
            `${base}/tiles/change/${month}/${against}/{z}/{x}/{y}.png`,
            'image/png',
            '变化类型 change classes',
          ),
        ]
      : [],
    properties: {
      title: first ? `${month}` : `${run.beforeMonth} → ${month} (${against})`,
      description: NOTICE,
      ...span(month),
      'proj:code': grid.epsg === null ? null : `EPSG:${grid.epsg}`,
      'proj:shape': [grid.height, grid.width],
      'proj:transform': grid.transform,
      gsd: grid.resolution * crsOfRun(run).metresPerUnit,
      ...(run.publishedAt === null
        ? {}
        : { created: run.publishedAt, 'processing:datetime': run.publishedAt }),
      'processing:software': { tuban: version },
      'processing:lineage': first
        ? `Land states of ${month}; nothing before it to compare with`
        : `Scenes of ${run.beforeMonth} and ${month}: co-registered, normalized, compared, minimum mapping unit applied`,
      ...(run.backend === null ? {} : { 'tuban:backend': run.backend }),
      'tuban:month': month,
      'tuban:against': against,
      ...(has('change.tif')
        ? {
            renders: {
              change: {
                title: '变化类型 Change classes',
                assets: ['change'],
                resampling: 'nearest',
                colormap: Object.fromEntries(
                  CHANGE_CLASSES.map(({ code, colour }) => [String(code), rgba(colour)]),
                ),
              },
            },
          }
        : {}),
    },
    assets: Object.fromEntries(files.map((file) => [assetKey(file.key), rasterAsset(file)])),
  });
}

export function assetKey(name: RunRaster): string {
  return name.replace(/\.tif$/, '');
}

const RASTERS: Readonly<
  Record<RunRaster, { readonly title: string; readonly type: string; readonly unit?: string }>
> = {
  'change.tif': { title: '变化类型 change classes', type: 'uint8' },
  'state.tif': { title: '地类 land states', type: 'uint8' },
  'confidence.tif': { title: '置信度 confidence of the class, 0-1', type: 'float32' },
  'magnitude.tif': { title: '变化强度 certainty of any change, 0-1', type: 'float32' },
};

function rasterAsset({ key, href, size }: StacFile & { readonly key: RunRaster }) {
  const { title, type } = RASTERS[key];
  const classes = key === 'change.tif' ? CHANGE_VALUES : key === 'state.tif' ? STATE_VALUES : null;
  return {
    href,
    type: COG_TYPE,
    title,
    roles: ['data'],
    data_type: type,
    ...(size === null ? {} : { 'file:size': size }),
    ...(classes === null ? {} : { 'classification:classes': classes }),
  };
}

const CHANGE_VALUES = [
  { value: 0, name: 'no_change', title: '无变化', description: 'No change' },
  ...CHANGE_CLASSES.map(({ code, name, zh, en, colour }) => ({
    value: code,
    name,
    title: zh,
    description: en,
    color_hint: colour.slice(1).toUpperCase(),
  })),
  { value: UNUSABLE, name: 'unusable', title: '不可用', description: 'No usable look', color_hint: 'BEBEBE' },
];

const STATE_VALUES = [
  { value: 0, name: 'unusable', title: '不可用', description: 'No usable look' },
  ...STATES.map(({ code, name, zh, en }) => ({ value: code, name, title: zh, description: en })),
];

function rgba(hex: string): number[] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, 255];
}

interface ItemParts {
  readonly extensions: readonly string[];
  readonly ring: readonly (readonly [number, number])[];
  readonly links: readonly unknown[];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly assets: Readonly<Record<string, unknown>>;
}

function item(stac: string, of: StacCollection, id: string, parts: ItemParts) {
  const own = `${stac}/collections/${of}`;
  const xs = parts.ring.map(([x]) => x);
  const ys = parts.ring.map(([, y]) => y);
  return {
    type: 'Feature',
    stac_version: '1.1.0',
    stac_extensions: parts.extensions,
    id,
    collection: of,
    geometry: { type: 'Polygon', coordinates: [parts.ring.map((point) => roundBox(point))] },
    bbox: roundBox([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]),
    properties: parts.properties,
    links: [
      link('self', `${own}/items/${encodeURIComponent(id)}`, GEOJSON_TYPE, id),
      link('root', stac, JSON_TYPE, 'tuban'),
      link('parent', own, JSON_TYPE, TITLES[of]),
      link('collection', own, JSON_TYPE, TITLES[of]),
      ...parts.links,
    ],
    assets: parts.assets,
  };
}

function xyz(href: string, type: string, title: string) {
  return { rel: 'xyz', href, type, title };
}

function startOfMonth(month: string): string {
  return `${month}-01T00:00:00Z`;
}

/** What is known to a month only (STAC 1.1, common metadata: datetime is null where start and end say it). */
function span(month: string) {
  return { datetime: null, start_datetime: startOfMonth(month), end_datetime: endOfMonth(month) };
}

/** The run's grid in longitude, latitude, counter-clockwise. */
function gridRing(run: RunRecord): (readonly [number, number])[] {
  const { width, height, transform } = run.grid;
  const map = transformer(crsOfRun(run), WGS84);
  const corner = (col: number, row: number) => map(...apply(transform, col, row));
  const ring = [corner(0, height), corner(width, height), corner(width, 0), corner(0, 0)];
  return [...ring, ring[0]];
}
