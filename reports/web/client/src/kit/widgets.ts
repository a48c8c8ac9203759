import { Refused, Unreachable } from './api.js';
import { type Child, h } from './dom.js';
import { t } from './lang.js';

export function spinner(): HTMLElement {
  return h('p', { class: 'message', role: 'status' }, t().loading);
}

/** What went wrong, in words a person can act on. */
export function said(error: unknown): string {
  if (error instanceof Unreachable) return t().unreachable;
  if (error instanceof Refused) return error.message;
  return error instanceof Error ? error.message : String(error);
}

export function failure(error: unknown, again?: () => void): HTMLElement {
  return h(
    'div',
    { class: 'message error', role: 'alert' },
    h('p', {}, said(error)),
    again && h('button', { type: 'button', on: { click: again } }, t().retry),
  );
}

/** Fills a box with what comes, or with why it does not. */
export async function into(box: HTMLElement, work: () => Promise<Child>): Promise<void> {
  try {
    const made = await work();
    box.replaceChildren(h('div', { class: 'stack' }, made));
  } catch (error) {
    box.replaceChildren(failure(error, () => void into(box, work)));
  }
}

export interface Option {
  readonly value: string;
  readonly text: string;
}

/** A labelled choice of one. */
export function choice(
  label: string,
  options: readonly Option[],
  value: string,
  change?: (value: string) => void,
): { readonly element: HTMLElement; readonly select: HTMLSelectElement } {
  const select = h(
    'select',
    {},
    options.map((one) => h('option', { value: one.value, selected: one.value === value }, one.text)),
  );
  if (change) select.addEventListener('change', () => change(select.value));
  return { element: h('label', { class: 'field' }, h('span', {}, label), select), select };
}

/** A labelled input. */
export function field(
  label: string,
  attributes: Readonly<Record<string, string | number | boolean | null>> = {},
): { readonly element: HTMLElement; readonly input: HTMLInputElement } {
  const input = h('input', attributes);
  return { element: h('label', { class: 'field' }, h('span', {}, label), input), input };
}

/** Buttons of which one is pressed. */
export function segments(
  label: string,
  options: readonly (Option & { readonly disabled?: boolean })[],
  value: string,
  change: (value: string) => void,
): HTMLElement {
  const buttons = options.map((one) =>
    h(
      'button',
      {
        type: 'button',
        'aria-pressed': String(one.value === value),
        disabled: one.disabled ?? false,
        on: {
          click: () => {
            for (const button of buttons)
              button.setAttribute('aria-pressed', String(button.value === one.value));
            change(one.value);
          },
        },
        value: one.value,
      },
      one.text,
    ),
  );
  return h('div', { class: 'segments', role: 'group', 'aria-label': label }, buttons);
}

/** A button that does something that takes time, and says why it could not. */
export function deed(text: string, work: () => Promise<void>, kind = ''): HTMLElement {
  const problem = h('span', { class: 'problem', role: 'alert' });
  const button = h('button', { type: 'button', class: kind }, text);
  button.addEventListener('click', async () => {
    button.disabled = true;
    problem.textContent = '';
    try {
      await work();
    } catch (error) {
      problem.textContent = said(error);
    } finally {
      button.disabled = false;
    }
  });
  return h('span', { class: 'deed' }, button, problem);
}

/** Facts as a list of terms; empty values are left out. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  return h(
    'dl',
    { class: 'facts' },
    rows
      .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
      .map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  );
}

/** A table that scrolls by itself where it is wider than the screen. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          heads.map((head) => h('th', { scope: 'col' }, head)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.length === 0 && h('tr', {}, h('td', { class: 'hint', colspan: heads.length }, t().noRows)),
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell) => h('td', {}, cell)),
          ),
        ),
      ),
    ),
  );
}

export function badge(text: string, kind: string): HTMLElement {
  return h('span', { class: `badge badge-${kind}` }, text);
}
