import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** Addresses of the page's views: all of them are the one document. */
export const VIEWS = ['/', '/map', '/runs', '/leads', '/reports', '/overview', '/admin', '/account'] as const;

/**
 * The page itself, built by `npm run build`. Its files hold no data, so that strangers may have them: whoever has not signed
 * in sees the sign-in.
 * @param folder of the built page; null or without index.html: the API alone
 */
export async function page(app: FastifyInstance, folder: string | null): Promise<void> {
  if (folder !== null && existsSync(join(folder, 'index.html'))) {
    await app.register(fastifyStatic, {
      root: folder,
      serve: false,
      // names carry the hash of what they hold, but for the document
      cacheControl: false,
    });
    app.get(
      '/assets/*',
      { config: { access: 'anyone', summary: 'Scripts, styles and pictures of the page' } },
      (request, reply) =>
        reply
          .header('cache-control', 'public, max-age=31536000, immutable')
          .sendFile(new URL(request.url, 'http://x').pathname.slice(1)),
    );
    // under their own names: a browser asks whether there is a newer one
    for (const [file, summary] of [
      ['sw.js', 'The service worker, which keeps the page for phones without a signal'],
      ['manifest.webmanifest', 'What a phone needs to put the page among its apps'],
    ] as const) {
      app.get(`/${file}`, { config: { access: 'anyone', summary } }, (_request, reply) =>
        reply.header('cache-control', 'no-cache').sendFile(file),
      );
    }
    for (const url of [...VIEWS, '/map/*', '/runs/*', '/leads/*', '/reports/*', '/overview/*', '/admin/*']) {
      app.get(url, { config: { access: 'anyone', summary: 'The page' } }, (_request, reply) =>
        reply.header('cache-control', 'no-cache').sendFile('index.html'),
      );
    }
    return;
  }
  app.get('/', { config: { access: 'anyone', summary: 'The page' } }, async () => {
    throw new Problem(503, 'The page is not built; run npm run build. The API is at /api/openapi.json');
  });
}
