import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { UserRole } from '../../vector/store/users.js';
import { Problem } from './problem.js';

export { USER_ROLES as ROLES } from '../../vector/store/users.js';
export type Role = UserRole;

/** Who asks: a session's user, or the user an API token was made by. */
export interface SignedIn {
  readonly name: string;
  readonly role: Role;
  /** Codes of the subdistricts an officer may see; empty and without meaning for the other roles. */
  readonly subdistricts: readonly string[];
  /** A session of the page must show its CSRF token with every write; a token in a header needs none. */
  readonly by: 'session' | 'token';
}

/** Who may use a route: strangers too, everybody who has signed in, or these roles. */
export type Access = 'anyone' | 'signed-in' | readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Required on every route: the server does not start with one that says nothing. */
    access?: Access;
  }
  interface FastifyRequest {
    user: SignedIn | null;
  }
}

/**
 * Subdistricts a request is confined to; null: all of the district. Every query of patches or leads takes this, and what
 * lies outside is not there (404), by id too.
 */
export function scopeOf(request: FastifyRequest): readonly string[] | null {
  const { user } = request;
  if (user === null) return [];
  return user.role === 'officer' ? user.subdistricts : null;
}

/** Who asks on a route that strangers cannot reach. */
export function signedIn(request: FastifyRequest): SignedIn {
  if (request.user === null) throw new Problem(401, 'Sign in first');
  return request.user;
}

/** @throws Problem 401 to strangers, 403 to the wrong role. */
export function admit(access: Access, user: SignedIn | null): void {
  if (access === 'anyone') return;
  if (user === null) {
    throw new Problem(401, 'Sign in first: POST /api/session, or send an API token as Authorization: Bearer');
  }
  if (access !== 'signed-in' && !access.includes(user.role)) {
    throw new Problem(403, `The role ${user.role} may not do this; it takes ${access.join(' or ')}`);
  }
}

/** Refuses to start with a route that does not say who may use it. Added before all routes. */
export function requireAccess(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`${route.method} ${route.url} does not say who may use it (config.access)`);
    }
  });
}
