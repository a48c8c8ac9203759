/** What an element may hold: text stays text, so that nothing from a server can become markup. */
export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Listener = (event: Event) => void;

export interface Attributes {
  readonly class?: string;
  readonly on?: Readonly<Record<string, Listener>>;
  /** Custom properties and styles through the CSSOM, which a strict content security policy allows. */
  readonly style?: Readonly<Record<string, string>>;
  readonly [name: string]:
    | string
    | number
    | boolean
    | null
    | undefined
    | Readonly<Record<string, Listener>>
    | Readonly<Record<string, string>>;
}

/** An element with attributes and children; `true` sets a bare attribute, null, undefined and false leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [type, listener] of Object.entries(attributes.on ?? {}))
    element.addEventListener(type, listener);
  for (const [name, value] of Object.entries(attributes.style ?? {})) element.style.setProperty(name, value);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on' || name === 'style' || value === null || value === undefined || value === false)
      continue;
    if (typeof value !== 'object') element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

function add(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (isList(child)) add(element, child);
    else element.append(typeof child === 'number' ? String(child) : child);
  }
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}

/** Takes the children's place. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  add(element, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element, for charts and marks. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
