import Fastify, { type FastifyInstance } from 'fastify';
import type { Deps } from './deps.js';
import { requireAccess } from './permissions.js';
import { problems } from './problem.js';

/** Largest JSON body, bytes. Uploads have limits of their own. */
const MOST_BODY = 256 << 10;

/** The whole web application on these dependencies, ready to listen. It owns nothing of them: who made them closes them. */
export async function createApp(deps: Deps): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: MOST_BODY,
    trustProxy: deps.config.publicUrl === '' ? false : 'loopback',
    routerOptions: { maxParamLength: 200 },
    ...(deps.log === undefined ? { logger: false } : { loggerInstance: deps.log }),
  });
  problems(app);
  requireAccess(app);
  // await app.register(session, { deps });
  // gis: one line a plugin, e.g. await app.register(vectorTiles, { deps });
  return app;
}
