import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { z } from 'zod';
import { messageOf, Unavailable } from '../../../raster/errors.js';
import { beginSignIn, takeSignIn } from '../../../vector/store/identities.js';
import { endSession } from '../../../vector/store/sessions.js';
import { audit } from '../audit.js';
import type { Deps } from '../deps.js';
import type { OidcConfig } from '../oidc/config.js';
import type { Provider } from '../oidc/provider.js';
import { enter, type Refusal } from '../oidc/sign-in.js';
import { addRoute } from '../route.js';
import { COOKIE_SECRET, cookieOptions, sessionSecret, setSession } from '../session.js';
import { beginSession, sessionHash } from '../sign-in.js';

/** Holds the secret of a sign-in that is on its way: who comes back without it did not leave from this browser. */
const COOKIE = 'tuban_sign_in';
const PATH = '/api/oidc';
/** A person needs so long at the provider at most. */
const MINUTES = 10;
/** The provider's answer may hold a code, a state and what it likes besides. */
const MOST_ANSWER = 8192;

/** What the page says of a sign-in that came to nothing. */
type Trouble = Refusal | 'failed' | 'refused' | 'expired' | 'unavailable';

/** A path of the page: never another host, never the API, and nothing that a browser could read as either. */
export const OwnPath = z
  .string()
  .max(500)
  .regex(/^\/(?![/\\])[^\\\p{C}\s]*$/u, 'expected a path of the page such as /map')
  .refine((text) => !/^\/(api|ogc|stac|tiles)(\/|$)/i.test(new URL(text, 'http://own').pathname), {
    message: 'expected a path of the page such as /map',
  });

/** Signing in with the city's unified identity: away to the provider, and back with its answer. */
export function oidcRoutes(
  app: FastifyInstance,
  deps: Deps,
  { config, provider }: { readonly config: OidcConfig; readonly provider: Provider },
): void {
  const { db, now } = deps;
  const redirectUri = `${deps.config.publicUrl}${PATH}/callback`;
  const digest = (secret: string) => createHash('sha256').update(secret).digest('hex');
  const since = () => new Date(now().getTime() - MINUTES * 60_000);
  const back = (reply: FastifyReply, path: string) =>
    reply.header('cache-control', 'no-store').redirect(path, 303);
  const turnedAway = (reply: FastifyReply, trouble: Trouble) => back(reply, `/?sign-in=${trouble}`);

  addRoute(app, {
    method: 'GET',
    url: `${PATH}/sign-in`,
    access: 'anyone',
    summary: 'Goes to the unified identity to sign in',
    query: z.strictObject({ back: OwnPath.optional() }),
    answer: null,
    status: 303,
    perMinute: 60,
    handle: async ({ query, request, reply }) => {
      const secret = randomBytes(32).toString('base64url');
      const begun = {
        state: randomState(),
        nonce: randomNonce(),
        verifier: randomPKCECodeVerifier(),
        back: query.back ?? '/',
      };
      try {
        const there = await provider.authorization(redirectUri, begun);
        await beginSignIn(db, digest(secret), begun, now(), since());
        // comes back by a link of the provider, which a strict cookie would not follow
        const options = { ...cookieOptions(request, deps.config, PATH), sameSite: 'lax' } as const;
        reply.setCookie(COOKIE, secret, { ...options, maxAge: MINUTES * 60 });
        return back(reply, there.href);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        request.log.error({ error: messageOf(error) }, 'SignIn:Unavailable');
        return turnedAway(reply, 'unavailable');
      }
    },
  });

  addRoute(app, {
    method: 'GET',
    url: `${PATH}/callback`,
    access: 'anyone',
    summary: 'Where the unified identity sends people back to',
    // what the answer must hold is for openid-client to say; providers add parameters of their own
    query: z.record(z.string(), z.string().max(MOST_ANSWER)),
    answer: null,
    status: 303,
    perMinute: 60,
    handle: async ({ request, reply }) => {
      reply.clearCookie(COOKIE, cookieOptions(request, deps.config, PATH));
      const secret = request.cookies[COOKIE];
      const begun =
        secret !== undefined && COOKIE_SECRET.test(secret)
          ? await takeSignIn(db, digest(secret), since())
          : null;
      const refuse = async (trouble: Trouble, who?: string, why?: string) => {
        const data = { by: config.issuer, trouble, ...(why === undefined ? {} : { why }) };
        await audit(deps, request, { who, action: 'session.refused', data });
        return turnedAway(reply, trouble);
      };
      if (begun === null) return refuse('expired');
      const answer = await answered(request, begun);
      if ('trouble' in answer) return refuse(answer.trouble, undefined, answer.why);
      const entered = await enter(db, answer, config);
      if ('refused' in entered) return refuse(entered.refused, entered.name);
      const { user, made } = entered;
      const former = sessionSecret(request);
      if (former !== null) await endSession(db, sessionHash(former));
      const session = await beginSession(db, user.name, now());
      request.user = user;
      const { role, subdistricts } = user;
      if (made) {
        const data = { role, subdistricts, by: config.issuer };
        await audit(deps, request, { action: 'user.added', target: user.name, data });
      }
      await audit(deps, request, {
        action: 'session.begun',
        data: { by: config.issuer, role, subdistricts },
      });
      setSession(reply, deps.config, session);
      return back(reply, begun.back);
    },
  });

  addRoute(app, {
    method: 'GET',
    url: `${PATH}/sign-out`,
    access: 'anyone',
    summary: 'Goes to the unified identity to sign out there too, where that is configured',
    answer: null,
    status: 303,
    perMinute: 60,
    handle: async ({ reply }) => {
      const there = config.endSession
        ? await provider.endSession(`${deps.config.publicUrl}/`).catch(() => null)
        : null;
      return back(reply, there?.href ?? '/');
    },
  });

  /** The person the answer speaks of, or what is wrong with it; of which the log tells more than the page. */
  async function answered(request: FastifyRequest, begun: Parameters<Provider['claims']>[1]) {
    try {
      return await provider.claims(new URL(deps.config.publicUrl + request.url), begun);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      request.log.warn({ error: messageOf(error) + cause }, 'SignIn:Refused');
      const why = codeOf(error);
      // RFC 6749 section 4.1.2.1: the provider itself says no, or the person does
      if (why === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') return { trouble: 'refused', why } as const;
      return { trouble: error instanceof Unavailable ? 'unavailable' : 'failed', why } as const;
    }
  }
}

/** openid-client's codes are few words and hold nothing of the answer. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'OTHER';
}
