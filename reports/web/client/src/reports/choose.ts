import type { Meta } from '../kit/shapes.js';

/** Which report is meant, as its address says it. */
export interface Wanted {
  readonly month: string;
  /** '' both; mom, yoy, or an earlier month. */
  readonly against: string;
  /** First month of a period; '' none. */
  readonly since: string;
}

/** From an address; what is not stored falls back to the newest month with a comparison. */
export function wantedOf(query: URLSearchParams, meta: Meta): Wanted {
  const stored = (name: string) => {
    const month = query.get(name) ?? '';
    return meta.months.some((one) => one.month === month) ? month : '';
  };
  const newest = meta.months.findLast(({ mom, yoy }) => mom || yoy) ?? meta.months[meta.months.length - 1];
  const month = stored('month') || newest.month;
  const against = query.get('against') ?? '';
  const earlier = stored('against');
  const since = stored('since');
  return {
    month,
    against: against === 'mom' || against === 'yoy' ? against : earlier < month ? earlier : '',
    since: since <= month ? since : '',
  };
}
