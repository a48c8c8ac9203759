import { afterEach, describe, expect, it } from 'vitest';
import { BadInput } from '../../raster/errors.js';
import { serveFigures, workerFigures } from './figures.js';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

async function served(healthy: () => Promise<boolean>) {
  const figures = workerFigures();
  const { port, close } = await serveFigures({ host: '127.0.0.1', port: 0 }, figures, healthy);
  closes.push(close);
  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { figures, port, get };
}

describe('what a worker tells of itself', () => {
  it('counts blocks by outcome, and the time of work', async () => {
    const { figures, get } = await served(async () => true);
    figures.ended('done', 0.2);
    figures.ended('failed', 40);
    figures.inHand(3);
    figures.worked(1.5);
    const text = await (await get('/metrics')).text();
    for (const line of [
      'tuban_worker_blocks_total{outcome="done"} 1',
      'tuban_worker_blocks_total{outcome="failed"} 1',
      'tuban_worker_block_seconds_bucket{le="0.3"} 1',
      'tuban_worker_block_seconds_sum 40.2',
      'tuban_worker_work_seconds_total 1.5',
      'tuban_worker_blocks_in_hand 3',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('is unwell where the queue is away, or does not answer', async () => {
    const { get } = await served(() => Promise.reject(new Error('ECONNREFUSED')));
    const health = await get('/health');
    expect([health.status, await health.json()]).toEqual([503, { status: 'no queue' }]);
    expect((await (await served(async () => false)).get('/health')).status).toBe(503);
  });

  it('answers nothing else, and names an address that is taken', async () => {
    const { get, port } = await served(async () => true);
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
    const again = serveFigures({ host: '127.0.0.1', port }, workerFigures(), async () => true);
    await expect(again).rejects.toThrow(BadInput);
    await expect(again).rejects.toThrow(/cannot be listened on.*--metrics-port/);
  });
});
