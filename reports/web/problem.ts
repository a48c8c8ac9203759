import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { ZodError } from 'zod';
import { BadInput, Unavailable } from '../../raster/errors.js';

/** An answer other than success that a client can act on (RFC 9457). The text is shown: it names the thing and the cure. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    detail: string,
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
  ) {
    super(detail);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Conflict',
  413: 'Too large',
  414: 'Too long',
  415: 'Unsupported media type',
  422: 'Cannot be done',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', PROBLEM_TYPE)
    .send({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail });
}

/** Every error leaves as problem+json; what is a bug keeps its stack in the log and tells strangers nothing. */
export function problems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const { status, detail } = problemOf(error);
    if (status >= 500) request.log.error({ error: error.stack }, 'Request:Failed');
    if (error instanceof Problem && error.retryAfter !== undefined) {
      reply.header('retry-after', String(Math.ceil(error.retryAfter)));
    }
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="tuban"');
    return sendProblem(reply, status, detail);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'There is nothing at this address'));
}

function problemOf(error: FastifyError | Error): { readonly status: number; readonly detail: string } {
  if (error instanceof Problem) return { status: error.status, detail: error.message };
  if (error instanceof ZodError) return { status: 400, detail: zodText(error) };
  if (error instanceof BadInput) return { status: 400, detail: error.message };
  if (error instanceof Unavailable) return { status: 503, detail: error.message };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // the framework's own refusals (malformed JSON, body too large) are safe to show; anything else may hold data
  return status >= 400 && status < 500
    ? { status, detail: error.message }
    : { status: 500, detail: 'The server failed at this; its log says why' };
}

/** `min_area: expected a number` */
export function zodText(error: ZodError): string {
  const [issue] = error.issues;
  const where = issue.path.join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}
