import type { FastifyInstance, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Access } from './permissions.js';
import type { Operation } from './route.js';

/** A route as it was registered; those of OGC, tiles and STAC describe themselves in their own documents. */
export interface Known {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
  readonly summary: string | null;
  readonly operation: Operation | null;
}

/** Keeps a list of all routes from now on. */
export function knownRoutes(app: FastifyInstance): readonly Known[] {
  const known: Known[] = [];
  app.addHook('onRoute', ({ method, url, config }: RouteOptions) => {
    for (const one of [method].flat()) {
      // HEAD goes with every GET
      if (one === 'HEAD' || config?.access === undefined) continue;
      const { access, operation = null, summary = operation?.summary ?? null } = config;
      known.push({ method: one, url, access, summary, operation });
    }
  });
  return known;
}

const Problem = {
  type: 'object',
  required: ['title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'what is wrong with what, and what would be right' },
  },
};

/** The OpenAPI 3.1 document of the routes, made of the schemas that check them. */
export function openApi(routes: readonly Known[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tuban',
      version,
      description: 'Change patches (图斑) and leads (线索) of a city district',
    },
    paths,
    components: {
      schemas: { Problem },
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'tuban_session',
          description: 'writes need the header X-CSRF-Token',
        },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operationOf({ url, access, summary, operation, method }: Known): object {
  const body =
    operation?.body !== undefined
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(operation.body, 'input') } },
          },
        }
      : operation?.upload
        ? {
            requestBody: {
              required: true,
              content: { 'multipart/form-data': { schema: { type: 'object' } } },
            },
          }
        : {};
  return {
    operationId: `${method.toLowerCase()}${url
      .replace(/\.(\w)/g, (_, c: string) => `_${c}`)
      .replace(/[^\w]+/g, '_')
      .replace(/_$/, '')}`,
    ...(summary === null ? {} : { summary }),
    security: access === 'anyone' ? [] : [{ session: [] }, { token: [] }],
    'x-tuban-access': access,
    parameters: [...pathParameters(url, operation), ...queryParameters(operation)],
    ...body,
    responses: {
      ...answers(operation),
      default: {
        description: 'a problem (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function answers(operation: Operation | null): object {
  if (operation === null) return { 200: { description: 'done' } };
  const { answer, status } = operation;
  if (answer === null) return { [status ?? 204]: { description: 'done' } };
  const content = isTypes(answer)
    ? Object.fromEntries(answer.map((type) => [type.split(';')[0], {}]))
    : { 'application/json': { schema: schemaOf(answer, 'output') } };
  return { [status ?? 200]: { description: 'done', content } };
}

function isTypes(answer: Operation['answer']): answer is readonly string[] {
  return Array.isArray(answer);
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}

const ObjectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

function pathParameters(url: string, operation: Operation | null): object[] {
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const { properties } = ObjectSchema.parse(operation?.params ? schemaOf(operation.params, 'input') : {});
  const wild = url.endsWith('*') ? ['path'] : [];
  return [...names, ...wild].map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }));
}

function queryParameters(operation: Operation | null): object[] {
  if (!operation?.query) return [];
  const { properties, required } = ObjectSchema.parse(schemaOf(operation.query, 'input'));
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}
