import { address, ask } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { type Meta, Patch, page } from '../kit/shapes.js';

const Patches = page(Patch);
const LIMIT = 500;
/** A heat map of more points looks the same. */
const MOST = 5000;

/** Heat of the month's patches over the district. */
export function densityMap(
  meta: Meta,
  month: string,
): { readonly element: HTMLElement; readonly remove: () => void } {
  const box = h('div', { class: 'gl', role: 'img', 'aria-label': t().density });
  let gone = false;
  let remove = () => {};
  void (async () => {
    const [{ heatMap }, points] = await Promise.all([import('./heat.js'), middles(month)]);
    if (!gone) remove = heatMap(box, meta, points);
  })().catch(() => {
    box.replaceChildren(h('p', { class: 'hint' }, t().unreachable));
  });
  return {
    element: box,
    remove: () => {
      gone = true;
      remove();
    },
  };
}

async function middles(month: string): Promise<(readonly [number, number])[]> {
  const points: (readonly [number, number])[] = [];
  let cursor: string | null = null;
  do {
    const url = address('/api/patches', { month, against: 'mom', limit: LIMIT, cursor });
    const found: { items: Patch[]; next?: string | null | undefined } = await ask(url, Patches);
    points.push(...found.items.map(({ centroid }) => centroid));
    cursor = found.next ?? null;
  } while (cursor !== null && points.length < MOST);
  return points;
}
