import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ForbiddenTarget, type Guard } from './guard.js';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Largest answer, bytes. */
  readonly most?: number;
  /** Keeps connections for later requests; for one guard alone. Absent: each request has its own. */
  readonly agent?: Agent;
  /** A connection on which nothing comes or goes for so long is given up, ms. */
  readonly idleTimeoutMs?: number;
}

const MOST_BYTES = 1 << 20;

/**
 * `fetch` for short messages that goes where the guard allows and nowhere else: Node's own takes no resolver. Redirects are not
 * followed; connections are not shared with those of another guard.
 * @throws ForbiddenTarget, and what the network throws
 */
export function guardedFetch(address: string, guard: Guard, asked: Asked = {}): Promise<Response> {
  const { method = 'GET', headers = {}, body, signal, most = MOST_BYTES, agent = false } = asked;
  return new Promise((resolve, reject) => {
    if (!URL.canParse(address)) throw new ForbiddenTarget('is no address; expected https://…');
    const url = new URL(address);
    guard.check(url);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const timeout = asked.idleTimeoutMs;
    const request = send(url, { method, headers, signal, agent, timeout, lookup: guard.lookup });
    request.on('timeout', () => request.destroy(new Error(`was silent for ${(timeout ?? 0) / 1000} s`)));
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
    request.on('response', (response) => {
      answerOf(response, most).then(resolve, (error) => reject(signal?.aborted ? signal.reason : error));
    });
    request.end(body);
  });
}

async function answerOf(response: IncomingMessage, most: number): Promise<Response> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > most) {
      response.destroy();
      throw new Error(`answered with more than ${most} bytes`);
    }
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const status = response.statusCode ?? 0;
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : Buffer.concat(chunks), { status, headers });
}
