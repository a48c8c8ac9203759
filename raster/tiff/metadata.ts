import type { Directory } from './directory.js';
import type { ColourRole, SampleType } from './types.js';

/** What GDAL keeps of bands in its metadata (tag 42112), one value a band. */
export interface BandMetadata {
  readonly descriptions: readonly (string | null)[];
  readonly scales: readonly number[];
  readonly offsets: readonly number[];
  /** Colour roles that differ from what TIFF's own tags say; null where they do not. */
  readonly colours: readonly (ColourRole | null)[];
}

const ITEM = /<Item\s([^<>]*)>([^<]*)<\/Item>/g;
// a word is tried from its first letter alone: from each of them, a long one would take its length squared
const ATTRIBUTE = /(?<![a-z])([a-z]+)="([^"]*)"/g;

const GDAL_COLOURS: Readonly<Record<string, ColourRole>> = {
  red: 'red',
  green: 'green',
  blue: 'blue',
  alpha: 'alpha',
  gray: 'grey',
  palette: 'palette',
  undefined: 'undefined',
};

/** Reads `<Item name= sample= role=>value</Item>` of GDAL's metadata; anything else in it is left alone. */
export function bandMetadata(xml: string | null, bands: number): BandMetadata {
  const descriptions: (string | null)[] = Array.from({ length: bands }, () => null);
  const scales = Array.from({ length: bands }, () => 1);
  const offsets = Array.from({ length: bands }, () => 0);
  const colours: (ColourRole | null)[] = Array.from({ length: bands }, () => null);
  for (const [, attributes, content] of (xml ?? '').matchAll(ITEM)) {
    const named = Object.fromEntries(
      [...attributes.matchAll(ATTRIBUTE)].map(([, name, value]) => [name, value]),
    );
    const band = Number(named.sample ?? Number.NaN);
    if (!Number.isInteger(band) || band < 0 || band >= bands) continue;
    const value = unescapeXml(content).trim();
    const number = Number(value);
    if (named.role === 'description' && value) descriptions[band] = value;
    else if (named.role === 'scale' && value && Number.isFinite(number)) scales[band] = number;
    else if (named.role === 'offset' && value && Number.isFinite(number)) offsets[band] = number;
    else if (named.role === 'colorinterp') colours[band] = GDAL_COLOURS[value.toLowerCase()] ?? 'undefined';
  }
  return { descriptions, scales, offsets, colours };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const NODATA_WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  '-nan': Number.NaN,
  '1.#qnan': Number.NaN,
  '-1.#ind': Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '1.#inf': Number.POSITIVE_INFINITY,
  '-1.#inf': Number.NEGATIVE_INFINITY,
};

/**
 * GDAL_NODATA as the number samples can be compared with: text of doubles is brought to the precision of float32
 * samples, and to their range, as GDAL does. Null where there is none or it is no number.
 */
export function nodataOf(text: string | null, type: SampleType): number | null {
  const trimmed = text?.trim().toLowerCase() ?? '';
  if (trimmed === '') return null;
  const value = NODATA_WORDS[trimmed] ?? Number(trimmed);
  if (Number.isNaN(value)) return trimmed in NODATA_WORDS ? value : null;
  if (type !== 'float32' || !Number.isFinite(value)) return value;
  const single = Math.fround(value);
  return Number.isFinite(single) ? single : Math.sign(value) * FLOAT32_MAX;
}

const FLOAT32_MAX = 2 ** 127 * (2 - 2 ** -23);

/** Value of samples that a sparse file leaves out. */
export function fillValue(nodata: number | null, type: SampleType): number {
  if (nodata === null) return 0;
  if (type === 'float32' || type === 'float64') return nodata;
  const signed = type.startsWith('int');
  const bits = Number(/\d+$/.exec(type)?.[0]);
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  const min = signed ? -(2 ** (bits - 1)) : 0;
  return Number.isInteger(nodata) && nodata >= min && nodata <= max ? nodata : 0;
}

/** Colour roles after PhotometricInterpretation and ExtraSamples (TIFF 6.0), GDAL's metadata over them. */
export function colourRoles(directory: Directory, named: readonly (ColourRole | null)[]): ColourRole[] {
  const { photometric, samplesPerPixel, extraSamples } = directory;
  const base: readonly ColourRole[] =
    (photometric === 2 || photometric === 6) && samplesPerPixel >= 3
      ? ['red', 'green', 'blue']
      : photometric === 3
        ? ['palette']
        : photometric === 0 || photometric === 1
          ? ['grey']
          : [];
  return Array.from({ length: samplesPerPixel }, (_, band) => {
    const role = named[band] ?? base[band];
    if (role) return role;
    // extra samples are the last ones: 1 associated, 2 unassociated alpha
    const extra = extraSamples[band - (samplesPerPixel - extraSamples.length)];
    return extra === 1 || extra === 2 ? 'alpha' : 'undefined';
  });
}

/** TIFF's DateTime, `YYYY:MM:DD HH:MM:SS`, as YYYY-MM-DD; null where it is no date. */
export function dateOf(text: string | null): string | null {
  const match = /^(\d{4})[:-](\d{2})[:-](\d{2})(?!\d)/.exec(text?.trim() ?? '');
  if (!match) return null;
  const date = `${match[1]}-${match[2]}-${match[3]}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) ? date : null;
}
