import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listAudit } from '../../../vector/store/audit.js';
import { listCameras } from '../../../vector/store/cameras.js';
import { listPermits } from '../../../vector/store/permits.js';
import { listTokens, removeToken } from '../../../vector/store/sessions.js';
import { listSubdistrictNames } from '../../../vector/store/subdistricts.js';
import {
  addUser,
  changeUser,
  countAdministrators,
  findUser,
  listUsers,
  type UserRecord,
} from '../../../vector/store/users.js';
import { audit } from '../audit.js';
import type { Deps } from '../deps.js';
import { checkPassword, hashPassword, MOST_LENGTH } from '../passwords.js';
import { ROLES, signedIn } from '../permissions.js';
import { Problem } from '../problem.js';
import { addRoute, Limit, numberIn, SubdistrictCode } from '../route.js';
import { makeToken } from '../sign-in.js';
import { UserName } from '../user-name.js';

const ADMINISTRATOR = ['administrator'] as const;
const READERS = ['administrator', 'analyst', 'planner'] as const;

const Password = z
  .string()
  .min(1)
  .max(4 * MOST_LENGTH);
const User = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  subdistricts: z.array(z.string()),
  active: z.boolean(),
  unified: z.boolean().describe('whether the unified identity signs them in'),
  created_at: z.string(),
  password_at: z.string(),
});
const Subdistricts = z.array(SubdistrictCode).max(100);

function told({
  name,
  role,
  subdistricts,
  active,
  unified,
  createdAt,
  passwordAt,
}: UserRecord): z.input<typeof User> {
  return {
    name,
    role,
    subdistricts: [...subdistricts],
    active,
    unified,
    created_at: createdAt,
    password_at: passwordAt,
  };
}

export function adminRoutes(app: FastifyInstance, deps: Deps): void {
  userRoutes(app, deps);
  tokenRoutes(app, deps);
  registerRoutes(app, deps);
}

function userRoutes(app: FastifyInstance, deps: Deps): void {
  const { db } = deps;
  addRoute(app, {
    method: 'GET',
    url: '/api/users',
    access: ADMINISTRATOR,
    summary: 'All users',
    answer: z.object({ items: z.array(User), next: z.null() }),
    handle: async () => ({ items: (await listUsers(db)).map(told), next: null }),
  });
  addRoute(app, {
    method: 'POST',
    url: '/api/users',
    access: ADMINISTRATOR,
    summary: 'Adds a user',
    body: z.strictObject({
      name: UserName,
      role: z.enum(ROLES),
      subdistricts: Subdistricts.default([]),
      password: Password,
    }),
    answer: User,
    status: 201,
    perMinute: 30,
    handle: async ({ body, request }) => {
      const { name, role, subdistricts, password } = body;
      await checkSubdistricts(role, subdistricts);
      checkPassword(password, name);
      const added = await addUser(db, {
        name,
        role,
        subdistricts,
        passwordHash: await hashPassword(password),
      });
      if (!added) throw new Problem(409, `name: ${name} is taken`);
      await audit(deps, request, { action: 'user.added', target: name, data: { role, subdistricts } });
      return userNamed(name);
    },
  });
  addRoute(app, {
    method: 'PATCH',
    url: '/api/users/:name',
    access: ADMINISTRATOR,
    summary: 'Changes a user, who is signed out everywhere',
    params: z.strictObject({ name: UserName }),
    body: z.strictObject({
      role: z.enum(ROLES).optional(),
      subdistricts: Subdistricts.optional(),
      active: z.boolean().optional(),
      password: Password.optional(),
    }),
    answer: User,
    perMinute: 30,
    handle: async ({ params: { name }, body, request }) => {
      const known = await findUser(db, name);
      if (known === null) throw new Problem(404, `There is no user ${name}`);
      const { role, subdistricts, active, password } = body;
      await checkSubdistricts(role ?? known.role, subdistricts ?? known.subdistricts);
      if (password !== undefined) checkPassword(password, name);
      const passwordHash = password === undefined ? undefined : await hashPassword(password);
      await db.transaction(async (tx) => {
        // one change at a time: two administrators may take each other's role at once
        await tx.query('LOCK TABLE tuban.web_user IN SHARE ROW EXCLUSIVE MODE');
        await changeUser(tx, name, { role, subdistricts, active, passwordHash });
        if ((await countAdministrators(tx)) === 0) {
          throw new Problem(409, 'Nobody would be left to administer; make another administrator first');
        }
      });
      const data = { role, subdistricts, active, password: password !== undefined };
      await audit(deps, request, { action: 'user.changed', target: name, data });
      return userNamed(name);
    },
  });

  async function userNamed(name: string) {
    const user = await findUser(db, name);
    if (user === null) throw new Problem(404, `There is no user ${name}`);
    return told(user);
  }

  async function checkSubdistricts(role: string, codes: readonly string[]): Promise<void> {
    if (role === 'officer' && codes.length === 0) {
      throw new Problem(400, 'subdistricts: an officer needs one at least, else there is nothing to see');
    }
    const known = (await listSubdistrictNames(db)).map(({ code }) => code);
    const unknown = codes.find((code) => !known.includes(code));
    if (unknown !== undefined) throw new Problem(400, `subdistricts: there is no ${unknown}`);
  }
}

function tokenRoutes(app: FastifyInstance, deps: Deps): void {
  const { db, now } = deps;
  const Token = z.object({
    id: z.string(),
    user: z.string(),
    label: z.string(),
    created_at: z.string(),
    expires_at: z.string(),
  });
  const told = ({
    id,
    user,
    label,
    createdAt,
    expiresAt,
  }: Awaited<ReturnType<typeof listTokens>>[number]) => ({
    id,
    user,
    label,
    created_at: createdAt,
    expires_at: expiresAt,
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/tokens',
    access: 'signed-in',
    summary: 'One’s own API tokens; an administrator sees all',
    answer: z.object({ items: z.array(Token), next: z.null() }),
    handle: async ({ request }) => {
      const { name, role } = signedIn(request);
      const items = await listTokens(db, role === 'administrator' ? null : name);
      return { items: items.map(told), next: null };
    },
  });
  addRoute(app, {
    method: 'POST',
    url: '/api/tokens',
    access: 'signed-in',
    summary: 'Makes an API token with one’s own rights; its text is told this once',
    body: z.strictObject({
      label: z.string().trim().min(1).max(100),
      days: z.number().int().min(1).max(366).default(90),
    }),
    answer: Token.extend({ token: z.string() }),
    status: 201,
    perMinute: 10,
    handle: async ({ body, request }) => {
      const { name: user, by } = signedIn(request);
      // else a token that leaked would live for ever
      if (by === 'token') throw new Problem(403, 'A token is made in a session, not with a token');
      const { token, record } = await makeToken(db, { user, ...body }, now());
      await audit(deps, request, { action: 'token.made', target: record.id, data: { label: body.label } });
      return { ...told(record), token };
    },
  });
  addRoute(app, {
    method: 'DELETE',
    url: '/api/tokens/:id',
    access: 'signed-in',
    summary: 'Takes a token back; an administrator anybody’s',
    params: z.strictObject({ id: z.uuid() }),
    answer: null,
    handle: async ({ params: { id }, request, reply }) => {
      const { name, role } = signedIn(request);
      const removed = await removeToken(db, id, role === 'administrator' ? null : name);
      if (!removed) throw new Problem(404, `There is no token ${id}`);
      await audit(deps, request, { action: 'token.removed', target: id });
      return reply.code(204).send();
    },
  });
}

function registerRoutes(app: FastifyInstance, deps: Deps): void {
  const { db } = deps;
  addRoute(app, {
    method: 'GET',
    url: '/api/audit',
    access: ADMINISTRATOR,
    summary: 'Who did what, the newest first',
    query: z.strictObject({
      who: z.string().max(64).optional(),
      limit: Limit,
      cursor: numberIn(1, Number.MAX_SAFE_INTEGER),
    }),
    answer: z.object({
      items: z.array(
        z.object({
          seq: z.number(),
          at: z.string(),
          who: z.string(),
          action: z.string(),
          target: z.string().nullable(),
          data: z.unknown(),
          address: z.string().nullable(),
        }),
      ),
      next: z.string().nullable(),
    }),
    handle: async ({ query: { who = null, limit = 100, cursor = null } }) => {
      const items = await listAudit(db, { who, before: cursor, limit });
      const last = items[items.length - 1];
      return {
        items: items.map((item) => ({ ...item })),
        next: items.length < limit ? null : String(last.seq),
      };
    },
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/permits',
    access: READERS,
    summary: 'Planning permits',
    answer: z.object({ items: z.array(z.looseObject({ number: z.string() })), next: z.null() }),
    handle: async () => ({
      items: (await listPermits(db)).map(({ polygons, ...permit }) => ({
        ...permit,
        geometry: {
          type: 'MultiPolygon',
          coordinates: polygons,
        },
      })),
      next: null,
    }),
  });
  addRoute(app, {
    method: 'GET',
    url: '/api/cameras',
    access: READERS,
    summary: 'Ground cameras',
    answer: z.object({ items: z.array(z.looseObject({ id: z.string(), name: z.string() })), next: z.null() }),
    handle: async () => ({ items: (await listCameras(db)).map((camera) => ({ ...camera })), next: null }),
  });
}
