import { z } from 'zod';

// zod would try whether it may compile code, which the content security policy reports as a violation
z.config({ jitless: true });

/** What the server refused, in its words (RFC 9457). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The server could not be reached: no network, or it is down. */
export class Unreachable extends Error {}

const Problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

let csrf = '';

/** The token that writes carry; from `GET /api/session`. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Whether writes carry a token: a page that was opened without a signal has none yet. */
export function hasCsrf(): boolean {
  return csrf !== '';
}

const leaving = new Set<() => void>();

/** Told when the server no longer knows who this is. */
export function onSignedOut(listener: () => void): void {
  leaving.add(listener);
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A path with a query; empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '' && value !== false)
      parts.set(name, String(value));
  }
  const text = parts.toString();
  return text === '' ? path : `${path}?${text}`;
}

interface Sent {
  readonly method?: string;
  readonly json?: unknown;
  readonly form?: FormData;
  /** A 401 is left to the caller instead of leading to the sign-in page. */
  readonly quiet?: boolean;
}

/** @throws Refused where the server says no. @throws Unreachable where there is no answer. */
async function answer(url: string, sent: Sent = {}): Promise<Response> {
  const headers: Record<string, string> = {};
  const method = sent.method ?? 'GET';
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf;
  if (sent.json !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: sent.form ?? (sent.json === undefined ? null : JSON.stringify(sent.json)),
      cache: 'no-cache',
    });
  } catch {
    throw new Unreachable(url);
  }
  if (response.ok) return response;
  // a proxy's page in front of a server that is down is no answer of the server
  if (response.status === 502 || response.status === 503 || response.status === 504) {
    if (!(response.headers.get('content-type') ?? '').includes('problem+json')) throw new Unreachable(url);
  }
  const problem = Problem.safeParse(await response.json().catch(() => ({})));
  const said = problem.success ? (problem.data.detail ?? problem.data.title) : undefined;
  if (response.status === 401 && !sent.quiet) for (const listener of leaving) listener();
  throw new Refused(response.status, said ?? `HTTP ${response.status}`);
}

/** Asks for JSON and checks it: what has another shape is a fault of the server, and says where. */
export async function ask<T>(url: string, shape: z.ZodType<T>, sent: Sent = {}): Promise<T> {
  const response = await answer(url, sent);
  const read = shape.safeParse(await response.json());
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${url}: ${issue.path.join('.')}: ${issue.message}`);
}

/** Writes, and does not care for the answer's body. */
export async function send(url: string, sent: Sent): Promise<void> {
  await answer(url, sent);
}

/** Fetches a file and hands it to the browser to keep, so that a refusal can be told on the page. */
export async function download(url: string, name: string): Promise<void> {
  const response = await answer(url);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = fileName(response.headers.get('content-disposition')) ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function fileName(disposition: string | null): string | null {
  const star = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '');
  if (star) return decodeURIComponent(star[1]);
  return /filename="?([^";]+)"?/i.exec(disposition ?? '')?.[1] ?? null;
}
