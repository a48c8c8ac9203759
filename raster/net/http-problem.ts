import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { messageOf } from '../errors.js';
import { ForbiddenTarget } from './guard.js';

/** `input`: asking again would not help. `transport`: it may. */
export type ProblemKind = 'input' | 'transport';

/** Why a request failed, as the rest of a sentence that begins with the address. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  constructor(
    readonly kind: ProblemKind,
    message: string,
    readonly more: {
      readonly status?: number;
      readonly retryAfterMs?: number | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
  }

  get status(): number | null {
    return this.more.status ?? null;
  }

  /** What the server asks to wait, null where it does not say. */
  get retryAfterMs(): number | null {
    return this.more.retryAfterMs ?? null;
  }
}

/** What to do about a status, by its number. */
const CURES: Readonly<Record<number, string>> = {
  401: 'it wants a login, which tuban does not send: give a signed address, or download the file',
  403: 'its signature may have expired, or the file may not be public: give a freshly signed address, or download the file',
  404: 'there is no such file: check the address',
  410: 'the file is gone: check the address',
};

/** Worth another attempt though the server answered: timeout, too early, too many requests, and its own failures. */
export const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Null for the answers that are read or followed: 200, 206, redirects, and 416, which tells a size. */
export function problemOfStatus({ statusCode = 0, headers }: IncomingMessage): HttpProblem | null {
  if (statusCode === 200 || statusCode === 206 || statusCode === 416) return null;
  if (statusCode >= 300 && statusCode <= 399 && statusCode !== 304) return null;
  const answered = `answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trim();
  if (PASSING.has(statusCode)) {
    const retryAfterMs = retryAfter(headers['retry-after']);
    return new HttpProblem('transport', answered, { status: statusCode, retryAfterMs });
  }
  const cure = CURES[statusCode] ?? 'check the address, or download the file';
  return new HttpProblem('input', `${answered}; ${cure}`, { status: statusCode });
}

/** Retry-After (RFC 9110 section 10.2.3), seconds or a date, as ms; null where there is none. */
export function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** A name that does not resolve, or a certificate that is not trusted, stays so. */
export function problemOfTransport(error: Error): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof ForbiddenTarget) return new HttpProblem('input', error.message, { cause: error });
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ENOTFOUND') {
    return new HttpProblem('input', 'its host is not known; check the address and the network', {
      cause: error,
    });
  }
  if (/CERT|SSL|TLS/.test(code)) {
    const cure = 'check the address, or name your own authority in NODE_EXTRA_CA_CERTS';
    return new HttpProblem('input', `its certificate is not trusted (${code}); ${cure}`, { cause: error });
  }
  return new HttpProblem('transport', `broke the connection (${code || messageOf(error)})`, { cause: error });
}
