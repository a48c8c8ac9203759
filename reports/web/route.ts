import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Access } from './permissions.js';
import { Problem } from './problem.js';

/**
 * A route of the API as one value: who may use it, what comes in and what goes out as zod schemas. The checks at the door,
 * the OpenAPI document and the table of permissions are all made of it.
 */
export interface RouteSpec<Params, Query, Body, Answer> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Fastify's, e.g. `/api/patches/:number`. */
  readonly url: string;
  readonly access: Access;
  readonly summary: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** JSON of this shape; or files of these media types; null: no content. */
  readonly answer: z.ZodType<Answer> | readonly string[] | null;
  /** Of success; 200 where not said, 204 without content. */
  readonly status?: number;
  /** A body that is not JSON, which the handler reads itself. */
  readonly upload?: boolean;
  /** Most requests of an address a minute, where the usual number is too much. */
  readonly perMinute?: number;
  readonly handle: (given: Given<Params, Query, Body>) => Promise<Answer | FastifyReply>;
}

export interface Given<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What documents need of a route. */
export type Operation = Pick<
  RouteSpec<unknown, unknown, unknown, unknown>,
  'method' | 'url' | 'access' | 'summary' | 'params' | 'query' | 'body' | 'answer' | 'status' | 'upload'
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
    /** One line on a route that has no `operation`. */
    summary?: string;
  }
}

/** Adds a route. What comes in is checked before the handler sees it: 400 naming the field. */
export function addRoute<Params = undefined, Query = undefined, Body = undefined, Answer = unknown>(
  app: FastifyInstance,
  spec: RouteSpec<Params, Query, Body, Answer>,
): void {
  const { method, url, access, handle, perMinute } = spec;
  const rateLimit = perMinute === undefined ? {} : { rateLimit: { max: perMinute, timeWindow: 60_000 } };
  app.route({
    method,
    url,
    config: { access, operation: spec, ...rateLimit },
    handler: async (request, reply) => {
      const given = {
        params: parsed(spec.params, request.params, {}),
        query: parsed(spec.query, request.query, request.query),
        body: spec.upload ? nothing<Body>() : parsed(spec.body, request.body, request.body),
        request,
        reply,
      };
      const answer = await handle(given);
      if (reply.sent || answer === reply) return reply;
      if (spec.answer === null) return reply.code(spec.status ?? 204).send();
      return reply.code(spec.status ?? 200).send(answer);
    },
  });
}

/** A route without a schema takes nothing: what is sent all the same is refused, so that a misspelt filter is no filter. */
function parsed<T>(schema: z.ZodType<T> | undefined, value: unknown, given: unknown): T {
  if (schema !== undefined) {
    const path = nulIn(value);
    if (path !== null) throw new Problem(400, `${path || 'The request'}: holds a NUL character`);
    return schema.parse(value);
  }
  const keys = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  if (keys.length > 0) throw new Problem(400, `${keys[0]}: nothing is expected here`);
  return nothing<T>();
}

/** The part that holds a NUL in any of its texts, which no text of PostgreSQL may; null where none does. */
function nulIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return holdsNul(value) ? '' : null;
  return Object.entries(value).find(([, part]) => holdsNul(part))?.[0] ?? null;
}

/** Not by recursion: a body may be nested as deep as it is long. */
function holdsNul(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const part = open.pop();
    if (typeof part === 'string' && part.includes('\0')) return true;
    if (typeof part === 'object' && part !== null) for (const inner of Object.values(part)) open.push(inner);
  }
  return false;
}

/** Only where `T` is undefined: a route without the schema has no such part. */
function nothing<T>(): T;
function nothing(): undefined {
  return undefined;
}

/** Values with commas between them, each checked; absent where the parameter is. */
export function listOf<T extends string>(item: z.ZodType<T, string>): z.ZodType<T[] | undefined> {
  return z
    .string()
    .max(2000)
    .transform((text) => text.split(',').filter((word) => word !== ''))
    .pipe(z.array(item).max(200))
    .optional();
}

/** A number in a query; empty text is none. */
export function numberIn(min: number, max: number) {
  return z
    .string()
    .max(40)
    .regex(/^-?\d+(\.\d+)?$/, 'expected a number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .optional();
}

export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected year and month, e.g. 2026-08');
export const Day = z.iso.date('expected a day, e.g. 2026-08-31');
/** 监测编号. */
export const PatchNumber = z
  .string()
  .regex(/^\d{6}-[MYF]-[^\s/\\,]{1,64}-\d{5,12}$/, 'expected a number such as 202608-M-440303003-10007');
export const SubdistrictCode = z.string().regex(/^[^\s/\\,]{1,64}$/, 'expected a subdistrict code');
export const Against = z.enum(['mom', 'yoy']);

const Mark = z.tuple([z.union([z.string().max(64), z.number()]), z.string().max(64)]);

/** A cursor is a place in a list, readable and checked, and no secret: what may be seen is asked again on every page. */
export const Cursor = z
  .string()
  .max(300)
  .regex(/^[\w-]+$/, 'expected the text of a former answer’s "next"')
  .transform((text, context) => {
    try {
      const mark = Mark.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
      if (mark.success) return { value: mark.data[0], number: mark.data[1] };
    } catch {
      // said below
    }
    context.addIssue({ code: 'custom', message: 'expected the text of a former answer’s "next"' });
    return z.NEVER;
  })
  .optional();

export function cursorText(mark: { readonly value: string | number; readonly number: string } | null) {
  return mark === null ? null : Buffer.from(JSON.stringify([mark.value, mark.number])).toString('base64url');
}

export const Limit = numberIn(1, 500);
