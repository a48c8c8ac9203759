import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { endSession } from '../../../vector/store/sessions.js';
import { changeUser, findUser } from '../../../vector/store/users.js';
import { audit } from '../audit.js';
import type { Deps } from '../deps.js';
import { checkPassword, hashPassword, isPassword, MOST_LENGTH } from '../passwords.js';
import { ROLES, type SignedIn } from '../permissions.js';
import { Problem } from '../problem.js';
import { addRoute } from '../route.js';
import { sessionSecret, setSession } from '../session.js';
import { csrfOf, sessionHash, signIn } from '../sign-in.js';

const Session = z.object({
  user: z.object({ name: z.string(), role: z.enum(ROLES), subdistricts: z.array(z.string()) }).nullable(),
  csrf: z.string().nullable().describe('for the header X-CSRF-Token of every write by cookie'),
});

const SignIns = z
  .object({
    password: z.literal(true),
    oidc: z.object({ label: z.string(), sign_in: z.string(), sign_out: z.string().nullable() }).nullable(),
  })
  .describe('the ways to sign in; of the unified identity the addresses to go to');

function told(user: SignedIn | null, secret: string | null): z.input<typeof Session> {
  if (user === null) return { user: null, csrf: null };
  const { name, role, subdistricts } = user;
  return {
    user: { name, role, subdistricts: [...subdistricts] },
    csrf: secret === null || user.by === 'token' ? null : csrfOf(secret),
  };
}

const Password = z
  .string()
  .min(1)
  .max(4 * MOST_LENGTH);

export function sessionRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, config, now } = deps;
  const unified =
    config.oidc === null
      ? null
      : {
          label: config.oidc.label,
          sign_in: '/api/oidc/sign-in',
          sign_out: config.oidc.endSession ? '/api/oidc/sign-out' : null,
        };
  addRoute(app, {
    method: 'GET',
    url: '/api/session',
    access: 'anyone',
    summary: 'Who has signed in, and the CSRF token',
    answer: Session.extend({ sign_ins: SignIns }),
    handle: async ({ request }) => ({
      ...told(request.user, sessionSecret(request)),
      sign_ins: { password: true as const, oidc: unified },
    }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/api/session',
    access: 'anyone',
    summary: 'Signs in; the session is a cookie',
    body: z.strictObject({ name: z.string().min(1).max(64), password: Password }),
    answer: Session,
    perMinute: 20,
    handle: async ({ body, request, reply }) => {
      try {
        const { secret, user } = await signIn(db, body, now());
        const former = sessionSecret(request);
        if (former !== null) await endSession(db, sessionHash(former));
        request.user = user;
        await audit(deps, request, { action: 'session.begun' });
        setSession(reply, config, secret);
        return told(user, secret);
      } catch (error) {
        if (error instanceof Problem) {
          await audit(deps, request, { who: body.name, action: 'session.refused' });
        }
        throw error;
      }
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/api/session',
    access: 'signed-in',
    summary: 'Signs out',
    answer: null,
    handle: async ({ request, reply }) => {
      const secret = sessionSecret(request);
      if (secret !== null) await endSession(db, sessionHash(secret));
      await audit(deps, request, { action: 'session.ended' });
      setSession(reply, config, null);
      return reply.code(204).send();
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/api/session/password',
    access: 'signed-in',
    summary: 'Changes one’s own password; every session of the user ends',
    body: z.strictObject({ old: Password, new: Password }),
    answer: null,
    perMinute: 10,
    handle: async ({ body, request, reply }) => {
      const { user } = request;
      if (user === null || user.by === 'token')
        throw new Problem(403, 'A password is changed in a session, not with a token');
      const known = await findUser(db, user.name);
      if (!(await isPassword(body.old, known?.passwordHash ?? null))) {
        throw new Problem(403, 'The old password is wrong');
      }
      checkPassword(body.new, user.name);
      await changeUser(db, user.name, { passwordHash: await hashPassword(body.new) });
      await audit(deps, request, { action: 'user.password', target: user.name });
      setSession(reply, config, null);
      return reply.code(204).send();
    },
  });
}
