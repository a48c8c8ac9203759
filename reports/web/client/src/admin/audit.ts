import { address, ask } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { named, t } from '../kit/lang.js';
import { moment } from '../kit/numbers.js';
import { Audit } from '../kit/shapes.js';
import { into, table } from '../kit/widgets.js';

/** Who did what, newest first. */
export function auditLog(): HTMLElement {
  const words = t();
  const box = h('div', {});
  void into(box, async () => {
    const { items } = await ask(address('/api/audit', { limit: 100 }), Audit);
    return table(
      words.audit,
      [words.auditAt, words.auditWho, words.auditAction, words.auditSubject, words.auditFrom],
      items.map((entry) => [
        moment(entry.at),
        entry.who,
        named(words.auditActions, entry.action),
        entry.target,
        entry.address,
      ]),
    );
  });
  return box;
}
