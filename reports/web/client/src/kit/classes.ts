import { h } from './dom.js';
import { lang } from './lang.js';
import type { Meta } from './shapes.js';

/** The class as people read it. */
export function className(meta: Meta, name: string): string {
  return meta.classes.find((one) => one.name === name)?.[lang()] ?? name;
}

export function classColour(meta: Meta, name: string): string {
  return meta.classes.find((one) => one.name === name)?.color ?? '#666666';
}

/** A spot of the class's colour, with its name beside it. */
export function classTag(meta: Meta, name: string): HTMLElement {
  return h(
    'span',
    { class: 'class-tag' },
    h('i', { class: 'spot', style: { 'background-color': classColour(meta, name) } }),
    className(meta, name),
  );
}
