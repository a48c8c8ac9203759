/// <reference lib="webworker" />

/**
 * The service worker: keeps the page's shell (document, scripts, styles) on the device, so that it opens without a signal.
 * Files carry the hash of what they hold, so one that is kept is never out of date. It keeps no data: answers of the
 * server that may be read offline are kept by the page, which knows whose they are (src/offline/kept.ts). Of pictures it
 * keeps the before and after of patches that were looked at; the page deletes them on signing out.
 */
export {};

declare const self: ServiceWorkerGlobalScope;

/** Put here by the build (vite.config.ts): a name that changes with the files, and their addresses. */
const SHELL: { readonly version: string; readonly files: readonly string[] } = JSON.parse('__TUBAN_SHELL__');

const CACHE = `tuban-shell-${SHELL.version}`;
/** Also named in src/offline/kept.ts, which deletes it. */
const PICTURES = 'tuban-pictures';
/** A signal that does not answer within this is none, as long as there is a copy. */
const PATIENCE_MS = 4000;
/** Pictures kept, the latest. */
const MOST_PICTURES = 120;

self.addEventListener('install', (event) => {
  // a new version waits until the pages of the old one are closed: they still ask for its files
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) =>
        cache.addAll(
          SHELL.files.map((file) => new Request(file, { cache: file === '/' ? 'reload' : 'default' })),
        ),
      ),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith('tuban-shell-') && name !== CACHE) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (!/^\/(api|tiles|ogc|stac)(\/|$)/.test(url.pathname)) event.respondWith(shell(request));
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(asset(request));
  } else if (/^\/api\/patches\/[^/]+\/chip\/(before\.jpg|after\.jpg|outline\.svg)$/.test(url.pathname)) {
    event.respondWith(picture(request));
  }
});

/** Any view of the page is the one document: from the server while it answers, else the one that is kept. */
async function shell(request: Request): Promise<Response> {
  const kept = await caches.match('/', { cacheName: CACHE });
  if (kept === undefined) return fetch(request);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    // a proxy's word that the server is down is no page
    return answer.status === 502 || answer.status === 503 || answer.status === 504 ? kept : answer;
  } catch {
    return kept;
  }
}

async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function picture(request: Request): Promise<Response> {
  const cache = await caches.open(PICTURES);
  try {
    const answer = await fetch(request);
    if (answer.ok) {
      await cache.put(request, answer.clone());
      const known = await cache.keys();
      for (const old of known.slice(0, -MOST_PICTURES)) await cache.delete(old);
    }
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept !== undefined) return kept;
    throw error;
  }
}
