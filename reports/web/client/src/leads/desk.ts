import { send } from '../kit/api.js';
import { h } from '../kit/dom.js';
import { t } from '../kit/lang.js';
import { count } from '../kit/numbers.js';
import { deed, field } from '../kit/widgets.js';
import { newId } from '../queue/sender.js';

export interface DeskBar {
  readonly element: HTMLElement;
  /** The selection is another one. */
  changed(): void;
}

/** Assigns what is selected, one lead after another; those that cannot be are named, the others are done. */
export function deskBar(selected: ReadonlySet<string>, done: () => void): DeskBar {
  const words = t();
  const team = field(words.team, { placeholder: '' });
  const due = field(words.due, { type: 'date' });
  const box = h('div', { class: 'desk', hidden: true });
  const label = h('strong', {});
  box.append(
    label,
    team.element,
    due.element,
    deed(
      words.assign,
      async () => {
        const refusals: string[] = [];
        for (const number of selected) {
          try {
            await assign(number, team.input.value, due.input.value);
          } catch (error) {
            refusals.push(`${number}: ${error instanceof Error ? error.message : String(error)}`);
          }
        }
        done();
        if (refusals.length > 0) throw new Error(refusals.join('\n'));
      },
      'primary',
    ),
  );
  return {
    element: box,
    changed: () => {
      box.hidden = selected.size === 0;
      label.textContent = words.assignSelected(count(selected.size));
    },
  };
}

/** Without a team or a day the server takes those of the subdistrict and the calendar. */
export function assign(number: string, team: string, due: string): Promise<void> {
  return step(number, { step: 'assign', ...(team ? { team } : {}), ...(due ? { due } : {}) });
}

export function step(number: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  return send(`/api/leads/${encodeURIComponent(number)}/steps`, {
    method: 'POST',
    json: { ...body, id: newId() },
  });
}
