import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { storeFigures } from '../../vector/store/figures.js';
import type { Deps } from './deps.js';
import { addRoute } from './route.js';

/** Seconds; a PDF report takes some ten, a tile some milliseconds. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/**
 * Figures for Prometheus at `GET /metrics`: runs, patches, leads and deliveries as the database has them when it is asked,
 * requests and process of this server. Figures of the whole district: officers do not see them, a token does for the scraper.
 * Registered before the routes whose requests it counts.
 */
export function metrics(app: FastifyInstance, deps: Deps): void {
  const registers = [new Registry()];
  const gauge = <Name extends string>(name: string, help: string, labelNames: readonly Name[]) =>
    new Gauge({ name: `tuban_${name}`, help, labelNames, registers });
  const requests = new Histogram({
    name: 'tuban_http_request_seconds',
    help: 'Requests by route, method and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers,
  });
  // by the route's pattern: by address there would be a series for every lead
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    const route = routeOptions.url ?? 'none';
    requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  const runs = gauge('runs', 'Runs by state', ['status']);
  const seconds = gauge('last_run_seconds', 'Duration of the last published run', ['against']);
  const published = gauge('last_run_timestamp_seconds', 'When the last run was published', ['against']);
  const patches = gauge('patches', 'Patches that readers see, by class and state', ['class', 'state']);
  const leads = gauge('leads', 'Leads by status and disposition', ['status', 'disposition']);
  const deliveries = gauge('webhook_deliveries', 'Webhook deliveries by receiver and status', [
    'endpoint',
    'status',
  ]);
  const clock = gauge(
    'clock_months',
    'Months the clock has not brought to an end, by how the last try ended',
    ['outcome'],
  );
  const tasks = gauge('tasks', 'Runs asked for on the page that wait or run', ['status']);
  let ofProcess = false;

  async function collect(): Promise<void> {
    // its observers are for servers that are asked, not for every one that is made
    if (!ofProcess) collectDefaultMetrics({ register: registers[0] });
    ofProcess = true;
    const figures = await storeFigures(deps.db);
    for (const one of [runs, seconds, published, patches, leads, deliveries, clock, tasks]) one.reset();
    for (const { status, count } of figures.runs) runs.set({ status }, count);
    for (const { against, seconds: took, at } of figures.lastRuns) {
      seconds.set({ against }, took);
      published.set({ against }, Date.parse(at) / 1000);
    }
    for (const { count, ...labels } of figures.patches) patches.set(labels, count);
    for (const { count, ...labels } of figures.leads) leads.set(labels, count);
    for (const { count, ...labels } of figures.deliveries) deliveries.set(labels, count);
    for (const { count, ...labels } of figures.clock) clock.set(labels, count);
    for (const status of ['waiting', 'running'] as const)
      tasks.set({ status }, deps.runs.tasks().filter((task) => task.status === status).length);
  }

  app.addHook('onClose', async () => registers[0].clear());
  addRoute(app, {
    method: 'GET',
    url: '/metrics',
    access: ['planner', 'analyst', 'administrator'],
    summary: 'Figures for Prometheus: runs, patches, leads, webhooks, requests, process',
    answer: ['text/plain'],
    perMinute: 60,
    handle: async ({ reply }) => {
      await collect();
      return reply.type(registers[0].contentType).send(await registers[0].metrics());
    },
  });
}
