import type { BandRole } from '../kernels/bands.js';
import { BadInput } from './errors.js';

/** How a quality band marks pixels that cannot be used. */
export type QualityKind = 'scl' | 'qa_pixel' | 'bqa' | 'udm2';

export type BandNumbers = Readonly<Partial<Record<BandRole, number>>>;

/** What is known of a sensor's products. Plain data: a new sensor is a new entry. */
export interface SensorProfile {
  readonly name: string;
  readonly title: string;
  readonly titleZh: string;
  /** Band numbers (from 1) of multi-band files by how many bands the file has. */
  readonly stacks: Readonly<Record<number, BandNumbers>>;
  /** One-band files: what follows the scene's own name, case-insensitive, e.g. `_B4.TIF`. */
  readonly files?: readonly { readonly role: BandRole | 'quality'; readonly pattern: RegExp }[];
  /** Files whose product name matches are taken for this sensor when none is named. */
  readonly product?: RegExp;
  readonly quality?: QualityKind;
  /** Values that mean "no data" where the file itself names none. */
  readonly fill?: number;
  /** Surface reflectance: no atmospheric path signal to take off. */
  readonly surfaceReflectance?: boolean;
}

const BGRN: BandNumbers = { blue: 1, green: 2, red: 3, nir: 4 };
const RGB: BandNumbers = { red: 1, green: 2, blue: 3 };

/** Landsat band files by band number, `_B4.TIF` (level 1) or `_SR_B4.TIF` (level 2). */
function landsatFiles(numbers: BandNumbers, quality: RegExp) {
  const bands = Object.entries(numbers).map(([role, number]) => ({
    role: role as BandRole,
    pattern: new RegExp(`_(?:sr_)?b${number}\\.tiff?$`, 'i'),
  }));
  return [...bands, { role: 'quality' as const, pattern: quality }];
}

const LANDSAT_QUALITY = /_(?:qa_pixel|pixel_qa|bqa)\.tiff?$/i;

export const SENSORS: readonly SensorProfile[] = [
  {
    name: 'generic',
    title: 'Image with blue, green, red and near infrared bands',
    titleZh: '蓝、绿、红、近红外四波段影像',
    stacks: { 3: RGB, 4: BGRN },
  },
  {
    name: 'rgb',
    title: 'Colour image without near infrared',
    titleZh: '彩色影像（无近红外）',
    stacks: { 3: RGB, 4: RGB },
  },
  {
    // Gaofen-2 PMS multispectral: 0.45-0.52, 0.52-0.59, 0.63-0.69, 0.77-0.89 µm
    name: 'gaofen-2',
    title: 'Gaofen-2 PMS',
    titleZh: '高分二号 PMS',
    stacks: { 3: RGB, 4: BGRN },
    product: /^GF2_PMS/i,
    fill: 0,
  },
  {
    // ESA Sentinel-2 MSI L2A: B02 blue, B03 green, B04 red, B08 nir, B11 and B12 swir; SCL scene classification
    name: 'sentinel-2',
    title: 'Sentinel-2 MSI L2A (SCL)',
    titleZh: '哨兵二号 MSI L2A（SCL）',
    stacks: {
      4: BGRN,
      6: { blue: 1, green: 2, red: 3, nir: 4, swir1: 5, swir2: 6 },
      10: { blue: 1, green: 2, red: 3, nir: 7, swir1: 9, swir2: 10 },
      11: { blue: 2, green: 3, red: 4, nir: 8, swir1: 10, swir2: 11 },
      12: { blue: 2, green: 3, red: 4, nir: 8, swir1: 11, swir2: 12 },
      13: { blue: 2, green: 3, red: 4, nir: 8, swir1: 12, swir2: 13 },
    },
    files: [
      { role: 'blue', pattern: /_?B02(?:_10m)?\.tiff?$/i },
      { role: 'green', pattern: /_?B03(?:_10m)?\.tiff?$/i },
      { role: 'red', pattern: /_?B04(?:_10m)?\.tiff?$/i },
      { role: 'nir', pattern: /_?B08(?:_10m)?\.tiff?$/i },
      { role: 'swir1', pattern: /_?B11(?:_20m)?\.tiff?$/i },
      { role: 'swir2', pattern: /_?B12(?:_20m)?\.tiff?$/i },
      { role: 'quality', pattern: /_?SCL(?:_\d+m?)?\.tiff?$/i },
    ],
    product: /^S2[ABC]_?MSIL2A|_B0[248](?:_10m)?\.tiff?$/i,
    quality: 'scl',
    fill: 0,
    surfaceReflectance: true,
  },
  {
    // USGS LSDS-1619: OLI band 2 blue, 3 green, 4 red, 5 nir, 6 swir1, 7 swir2
    name: 'landsat-8',
    title: 'Landsat 8/9 OLI Collection 1 or 2 (QA_PIXEL, BQA)',
    titleZh: '陆地卫星 8/9 OLI',
    stacks: {
      6: { blue: 1, green: 2, red: 3, nir: 4, swir1: 5, swir2: 6 },
      7: { blue: 2, green: 3, red: 4, nir: 5, swir1: 6, swir2: 7 },
    },
    files: landsatFiles({ blue: 2, green: 3, red: 4, nir: 5, swir1: 6, swir2: 7 }, LANDSAT_QUALITY),
    product: /^L[CO]0[89]_/i,
    quality: 'qa_pixel',
    fill: 0,
  },
  {
    name: 'landsat-5',
    title: 'Landsat 4-7 TM/ETM+ Collection 1 or 2 (QA_PIXEL, BQA)',
    titleZh: '陆地卫星 4–7 TM/ETM+',
    stacks: { 6: { blue: 1, green: 2, red: 3, nir: 4, swir1: 5, swir2: 6 } },
    files: landsatFiles({ blue: 1, green: 2, red: 3, nir: 4, swir1: 5, swir2: 7 }, LANDSAT_QUALITY),
    product: /^L[ET]0[457]_/i,
    quality: 'qa_pixel',
    fill: 0,
  },
  {
    // Planet SuperDove: 8 bands coastal, blue, green i, green, yellow, red, red edge, nir
    name: 'planetscope',
    title: 'PlanetScope analytic (UDM2)',
    titleZh: 'PlanetScope（UDM2）',
    stacks: { 4: BGRN, 8: { blue: 2, green: 4, red: 6, nir: 8 } },
    files: [{ role: 'quality', pattern: /_udm2(?:_clip)?\.tiff?$/i }],
    product: /_(?:AnalyticMS|ortho_analytic)_/i,
    quality: 'udm2',
    fill: 0,
  },
  {
    // USDA NAIP: red, green, blue, nir, untagged
    name: 'naip',
    title: 'NAIP aerial image',
    titleZh: 'NAIP 航空影像',
    stacks: { 3: RGB, 4: { red: 1, green: 2, blue: 3, nir: 4 } },
    product: /^m_\d{7}_[ns][ew]_\d+_/i,
  },
];

/** @throws BadInput where there is no such sensor. */
export function sensorByName(name: string): SensorProfile {
  const found = SENSORS.find((sensor) => sensor.name === name);
  if (!found) {
    const names = SENSORS.map((sensor) => sensor.name).join(', ');
    throw new BadInput(`Unknown sensor "${name}"; expected one of ${names}`);
  }
  return found;
}

/** The sensor whose product name a file carries, or null. */
export function sensorOfFile(fileName: string): SensorProfile | null {
  return SENSORS.find((sensor) => sensor.product?.test(fileName)) ?? null;
}

/**
 * Whether a quality value marks a pixel as unusable: cloud, cloud shadow, cirrus, snow or fill.
 * SCL: ESA L2A product definition, classes 0, 1, 3, 8-11. QA_PIXEL: USGS LSDS-1619, bits 0-5. BQA: USGS LSDS-1873,
 * fill bit 0, cloud bit 4, shadow, snow and cirrus confidence (bits 7-12) high. UDM2: band 1 is 1 where clear.
 */
export function isObscured(kind: QualityKind, value: number): boolean {
  if (kind === 'scl') return value <= 1 || value === 3 || value >= 8;
  if (kind === 'qa_pixel') return (value & 0b111111) !== 0;
  if (kind === 'udm2') return value !== 1;
  const high = (shift: number) => ((value >> shift) & 3) === 3;
  return (value & 1) === 1 || (value & 16) === 16 || high(7) || high(9) || high(11);
}
