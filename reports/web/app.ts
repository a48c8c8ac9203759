import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Deps } from './deps.js';
import { imageTiles } from './gis/image-tiles.js';
import { ogc } from './gis/ogc.js';
import { stac } from './gis/stac.js';
import { tilejson } from './gis/tilejson.js';
import { vectorTiles } from './gis/vector-tiles.js';
import { metrics } from './metrics.js';
import { type Known, knownRoutes, openApi } from './openapi.js';
import { page } from './page.js';
import { requireAccess } from './permissions.js';
import { Problem, problems, sendProblem } from './problem.js';
import { addRoute } from './route.js';
import { adminRoutes } from './routes/admin.js';
import { leadStepRoutes } from './routes/lead-steps.js';
import { leadRoutes } from './routes/leads.js';
import { metaRoutes } from './routes/meta.js';
import { oidcRoutes } from './routes/oidc.js';
import { patchRoutes } from './routes/patches.js';
import { reportRoutes } from './routes/reports.js';
import { runRoutes } from './routes/runs.js';
import { sessionRoutes } from './routes/session.js';
import { recognize } from './session.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route, as documents and tests of permissions need them. */
    knownRoutes: readonly Known[];
  }
}

/** Largest JSON body, bytes. Uploads have limits of their own. */
const MOST_BODY = 256 << 10;
/** Requests of one address a minute: a map asks for hundreds of tiles as it is moved. */
const MOST_A_MINUTE = 6000;
/** A client that is slower than this to send its headers and body is holding a place. */
const REQUEST_TIMEOUT_MS = 120_000;

/** The whole web application on these dependencies, ready to listen. It owns nothing of them: who made them closes them. */
export async function createApp(deps: Deps): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: MOST_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: deps.config.publicUrl === '' ? false : 'loopback',
    routerOptions: { maxParamLength: 200 },
    // addresses that no route sees: malformed, or too long
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, error.statusCode ?? 400, error.message);
    },
    ...(deps.log === undefined ? { logger: false } : { loggerInstance: deps.log }),
  });
  problems(app);
  requireAccess(app);
  const routes = knownRoutes(app);
  app.decorate('knownRoutes', routes);
  await app.register(helmet, headers(deps));
  await app.register(rateLimit, {
    max: MOST_A_MINUTE,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) =>
      new Problem(429, `Too many requests; try again in ${Math.ceil(ttl / 1000)} seconds`, ttl / 1000),
  });
  await recognize(app, deps);
  app.addHook('onSend', async (request, reply) => {
    // what a signed-in user sees stays out of shared caches
    if (request.user !== null && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'private, no-cache');
  });
  metrics(app, deps);
  sessionRoutes(app, deps);
  const { config, provider } = deps;
  if (config.oidc !== null && provider !== undefined)
    oidcRoutes(app, deps, { config: config.oidc, provider });
  metaRoutes(app, deps);
  patchRoutes(app, deps);
  leadRoutes(app, deps);
  await leadStepRoutes(app, deps);
  runRoutes(app, deps);
  reportRoutes(app, deps);
  adminRoutes(app, deps);
  for (const gis of [ogc, vectorTiles, imageTiles, tilejson, stac]) await app.register(gis, { deps });
  addRoute(app, {
    method: 'GET',
    url: '/api/openapi.json',
    access: 'anyone',
    summary: 'This document',
    answer: z.looseObject({ openapi: z.string() }),
    handle: async () => ({ openapi: '3.1.0', ...openApi(routes, deps.version) }),
  });
  await page(app, deps.config.pageDir);
  return app;
}

/** Strict headers: the page runs its own scripts alone, and talks to this server and a configured basemap alone. */
function headers({ config }: Deps) {
  const basemap = config.basemap === null ? [] : [originOf(config.basemap.url)];
  const https = config.publicUrl.startsWith('https:');
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:', ...basemap],
        connectSrc: ["'self'", ...basemap],
        workerSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
    },
    hsts: https ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' as const },
    frameguard: { action: 'deny' as const },
    crossOriginResourcePolicy: { policy: 'same-origin' as const },
  };
}

function originOf(template: string): string {
  return new URL(template.replace(/[{}]/g, '')).origin;
}
