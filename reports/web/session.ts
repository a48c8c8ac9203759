import { timingSafeEqual } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from './deps.js';
import { admit } from './permissions.js';
import { Problem } from './problem.js';
import { csrfOf, SESSION_SECONDS, userOfSession, userOfToken } from './sign-in.js';

const COOKIE = 'tuban_session';
/** 32 random bytes as base64url. */
export const COOKIE_SECRET = /^[\w-]{43}$/;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds out who asks, and lets in whom the route is for. Registered on the application itself, before all routes. */
export async function recognize(app: FastifyInstance, deps: Deps): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('user', null);
  app.addHook('onRequest', async (request) => {
    refuseOtherSites(request);
    request.user = await whoAsks(request, deps);
    const access = request.routeOptions.config.access ?? 'anyone';
    admit(access, request.user);
    if (request.user?.by === 'session' && !SAFE.has(request.method)) checkCsrf(request);
  });
}

async function whoAsks(request: FastifyRequest, { db, now }: Deps) {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = tokenIn(authorization);
    const user = token === null ? null : await userOfToken(db, token, now());
    // a wrong token is no stranger: whoever sends one wants to know
    if (user === null) throw new Problem(401, 'The API token is not known, or its time is over');
    return user;
  }
  const secret = sessionSecret(request);
  return secret === null ? null : userOfSession(db, secret, now());
}

/**
 * The token of the header: after Bearer, or as the password of Basic (RFC 7617) for GIS that know nothing else. Never a user's own
 * password, whose guesses are counted where one signs in.
 */
function tokenIn(authorization: string): string | null {
  const bearer = /^Bearer +(\S{1,200})$/i.exec(authorization);
  if (bearer !== null) return bearer[1];
  const basic = /^Basic +(\S{1,400})$/i.exec(authorization);
  if (basic === null) return null;
  const pair = Buffer.from(basic[1], 'base64').toString();
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}

/** A browser says where a request comes from; a page of another site has no business writing here, signed in or not. */
function refuseOtherSites(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (!SAFE.has(request.method) && site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Problem(403, 'Requests of other sites’ pages are not taken');
  }
}

function checkCsrf(request: FastifyRequest): void {
  const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
  const expected = Buffer.from(csrfOf(sessionSecret(request) ?? ''));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Problem(403, 'The header X-CSRF-Token is missing or old; GET /api/session tells it');
  }
}

/** The cookie's value, null where it has none that could be ours. */
export function sessionSecret(request: FastifyRequest): string | null {
  const value = request.cookies[COOKIE];
  return value !== undefined && COOKIE_SECRET.test(value) ? value : null;
}

/** Sets the cookie, or with null takes it away. */
export function setSession(
  reply: FastifyReply,
  config: Pick<Deps['config'], 'publicUrl'>,
  secret: string | null,
): void {
  const options = { ...cookieOptions(reply.request, config, '/'), sameSite: 'strict' } as const;
  if (secret === null) reply.clearCookie(COOKIE, options);
  else reply.setCookie(COOKIE, secret, { ...options, maxAge: SESSION_SECONDS });
}

/** What all our cookies have: no script reads them, and with https no other connection carries them. */
export function cookieOptions(
  request: FastifyRequest,
  config: Pick<Deps['config'], 'publicUrl'>,
  path: string,
) {
  const secure = config.publicUrl.startsWith('https:') || request.protocol === 'https';
  return { path, httpOnly: true, secure } as const;
}
