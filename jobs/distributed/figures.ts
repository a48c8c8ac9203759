import { createServer, type Server } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { BadInput, messageOf } from '../../raster/errors.js';

/** What a worker has done, for Prometheus. */
export interface WorkerFigures {
  ended(how: 'done' | 'failed', seconds: number): void;
  inHand(count: number): void;
  /** Of work over pixels. */
  worked(seconds: number): void;
  readonly registry: Registry;
}

/** s; a block of an address may take minutes. */
const BUCKETS = [0.1, 0.3, 1, 3, 10, 30, 100, 300];

export function workerFigures(): WorkerFigures {
  const registry = new Registry();
  const registers = [registry];
  const blocks = new Counter({
    name: 'tuban_worker_blocks_total',
    help: 'Block jobs that ended here',
    labelNames: ['outcome'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'tuban_worker_block_seconds',
    help: 'From when a block job was taken to when the queue was told',
    buckets: BUCKETS,
    registers,
  });
  const work = new Counter({
    name: 'tuban_worker_work_seconds_total',
    help: 'Time in stages of blocks, all threads',
    registers,
  });
  const hand = new Gauge({
    name: 'tuban_worker_blocks_in_hand',
    help: 'Block jobs taken and not ended',
    registers,
  });
  for (const outcome of ['done', 'failed'] as const) blocks.inc({ outcome }, 0);
  return {
    registry,
    ended(outcome, took) {
      blocks.inc({ outcome });
      seconds.observe(took);
    },
    inHand: (count) => hand.set(count),
    worked: (took) => work.inc(took),
  };
}

/**
 * `GET /metrics` and `GET /health` (200 where the queue answers, 503 where not), for whoever reaches the address: it holds figures
 * of this process alone. @throws BadInput where it cannot be listened on.
 */
export async function serveFigures(
  at: { readonly host: string; readonly port: number },
  { registry }: WorkerFigures,
  healthy: () => Promise<boolean>,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  collectDefaultMetrics({ register: registry });
  const server = createServer((request, reply) => {
    const answer = async () => {
      if (request.method !== 'GET') return reply.writeHead(405).end();
      if (request.url === '/metrics')
        return reply.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
      if (request.url !== '/health') return reply.writeHead(404).end();
      const ok = await healthy().catch(() => false);
      reply
        .writeHead(ok ? 200 : 503, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: ok ? 'ok' : 'no queue' }));
    };
    answer().catch(() => reply.destroy());
  });
  server.requestTimeout = 10_000;
  await listen(server, at);
  const address = server.address();
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: typeof address === 'object' && address !== null ? address.port : at.port, close };
}

function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new BadInput(
          `${host}:${port} cannot be listened on: ${messageOf(error)}; choose another --metrics-port or --metrics-host`,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
}
