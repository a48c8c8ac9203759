/** Where the page is: a path and its query. Every view has an address that can be sent to somebody. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

export function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

type Listener = () => void;
const listeners = new Set<Listener>();

export function onMove(listener: Listener): void {
  listeners.add(listener);
}

/** Goes to an address of the application, and draws it. */
export function go(address: string): void {
  history.pushState(null, '', address);
  for (const listener of listeners) listener();
}

/** Keeps the address in step with what is shown, without drawing anew. */
export function keep(address: string): void {
  if (address !== location.pathname + location.search) history.replaceState(null, '', address);
}

/** Lets links inside the application move without loading the page again. */
export function listen(): void {
  addEventListener('popstate', () => {
    for (const listener of listeners) listener();
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (/^\/(api|tiles|ogc|stac)(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
