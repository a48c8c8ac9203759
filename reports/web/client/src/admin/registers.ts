import { ask } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { lonLat } from '../kit/numbers.js';
import { Cameras, Permits } from '../kit/shapes.js';
import { into, table } from '../kit/widgets.js';

/** Permits and cameras as they stand. */
export function registers(): HTMLElement {
  const words = t();
  const permits = h('div', {});
  const cameras = h('div', {});
  void into(permits, async () => {
    const { items } = await ask('/api/permits', Permits);
    return table(
      words.permits,
      [words.permitNumber, words.authority, words.validity],
      items.map((one) => [one.number, one.authority, `${one.validFrom ?? ''} – ${one.validTo ?? ''}`]),
    );
  });
  void into(cameras, async () => {
    const { items } = await ask('/api/cameras', Cameras);
    return table(
      words.allCameras,
      [words.cameraNumber, words.cameraName, words.position],
      items.map((one) => [one.id, one.name, lonLat(one.position)]),
    );
  });
  return h(
    'div',
    { class: 'stack' },
    h('h3', {}, words.permits),
    permits,
    h('h3', {}, words.allCameras),
    cameras,
  );
}
