import type { Meta } from '../kit/shapes.js';

/** What the map and its list show; the whole of it stands in the address. */
export interface MapState {
  readonly month: string;
  readonly against: 'mom' | 'yoy';
  readonly mode: 'single' | 'swipe' | 'side';
  readonly classes: readonly string[];
  readonly states: readonly string[];
  readonly subdistrict: string;
  readonly minArea: number | null;
  readonly minConfidence: number | null;
  readonly sort: string;
  /** Number of the patch whose card is open. */
  readonly patch: string | null;
  readonly camera: { readonly lon: number; readonly lat: number; readonly zoom: number } | null;
}

const list = (text: string | null) => (text ? text.split(',').filter((part) => part !== '') : []);

/** A number of the address in its range; null for anything else. */
function number(text: string | null, min: number, max: number): number | null {
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= min && value <= max ? value : null;
}

/** Reads an address; what it leaves out or gets wrong takes the newest month and no filter. */
export function readState(query: URLSearchParams, meta: Meta): MapState {
  const asked = meta.months.find(({ month }) => month === query.get('month'));
  // a month without any comparison has an image and no patches: the newest with some is the better start
  const month = asked ?? meta.months.findLast(({ mom, yoy }) => mom || yoy) ?? meta.months.at(-1);
  const against = query.get('against') === 'yoy' || (month?.yoy && !month.mom) ? 'yoy' : 'mom';
  const mode = query.get('mode');
  const lon = number(query.get('lon'), -180, 180);
  const lat = number(query.get('lat'), -85, 85);
  const zoom = number(query.get('z'), 0, 24);
  return {
    month: month?.month ?? '',
    against,
    mode: mode === 'swipe' || mode === 'side' ? mode : 'single',
    classes: list(query.get('class')),
    states: list(query.get('state')),
    subdistrict: query.get('subdistrict') ?? '',
    minArea: number(query.get('min_area'), 0, 1e12),
    minConfidence: number(query.get('min_confidence'), 0, 1),
    sort: query.get('sort') ?? '-area',
    patch: query.get('patch'),
    camera: lon === null || lat === null || zoom === null ? null : { lon, lat, zoom },
  };
}

/** The part of the state that chooses patches, in the words of the API: list, tiles and export ask the same. */
export function filterQuery(state: MapState) {
  return {
    month: state.month,
    against: state.against,
    class: state.classes.join(','),
    state: state.states.join(','),
    subdistrict: state.subdistrict,
    min_area: state.minArea,
    min_confidence: state.minConfidence,
  };
}

/** All of the state in words of the address; what is as usual is left out. */
export function addressQuery(state: MapState) {
  return {
    ...filterQuery(state),
    mode: state.mode === 'single' ? '' : state.mode,
    sort: state.sort === '-area' ? '' : state.sort,
    patch: state.patch,
    lon: state.camera?.lon.toFixed(6),
    lat: state.camera?.lat.toFixed(6),
    z: state.camera?.zoom.toFixed(2),
  };
}

/** The month a comparison starts from: the stored one before, or the same month a year earlier. Null where there is none. */
export function beforeMonth(state: Pick<MapState, 'month' | 'against'>, meta: Meta): string | null {
  const months = meta.months.map(({ month }) => month);
  if (state.against === 'mom') return months[months.indexOf(state.month) - 1] ?? null;
  const [year, month] = state.month.split('-');
  const earlier = `${Number(year) - 1}-${month}`;
  return months.includes(earlier) ? earlier : null;
}
