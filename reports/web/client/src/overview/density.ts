import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import type { Meta, Overview } from '../kit/shapes.js';
import { segments } from '../kit/widgets.js';
import type { Heat } from './heat.js';

type Cells = Overview['density'];
type Kind = 'patches' | 'leads';

/** Heat of a month's patches or leads over the district; drawn anew whenever other cells are shown. */
export function densityMap(meta: Meta): {
  readonly element: HTMLElement;
  readonly show: (cells: Cells) => void;
  readonly remove: () => void;
} {
  const words = t();
  const box = h('div', { class: 'gl', role: 'img' });
  let kind: Kind = 'patches';
  let cells: Cells = [];
  let heat: Heat | null = null;
  let gone = false;
  const draw = () => {
    box.setAttribute('aria-label', words.densityNow(words.densityOf[kind]));
    heat?.show(cells.map((cell) => ({ at: [cell.lon, cell.lat], weight: cell[kind] })));
  };
  const choose = segments(
    words.density,
    [
      { value: 'patches', text: words.densityOf.patches },
      { value: 'leads', text: words.densityOf.leads },
    ],
    kind,
    (next) => {
      kind = next === 'leads' ? 'leads' : 'patches';
      draw();
    },
  );
  draw();
  void (async () => {
    const { heatMap } = await import('./heat.js');
    if (gone) return;
    heat = heatMap(box, meta);
    draw();
  })().catch(() => {
    box.replaceChildren(h('p', { class: 'hint' }, words.unreachable));
  });
  return {
    element: h('div', { class: 'density-box' }, choose, box),
    show: (next) => {
      cells = next;
      draw();
    },
    remove: () => {
      gone = true;
      heat?.remove();
    },
  };
}
