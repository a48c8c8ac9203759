import { describe, expect, it } from 'vitest';
import { BadInput, Unavailable } from '../../raster/errors.js';
import { openLog } from '../log.js';
import { errorOf, jobId, openQueue, Payload } from './queue.js';

const KEY = '0123456789abcdef01234567';

describe('a block’s job', () => {
  it('has one id, so that it is not queued twice, and another for any other block', () => {
    const id = jobId({ key: KEY, index: 7 });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(jobId({ key: KEY, index: 7 })).toBe(id);
    const others = [jobId({ key: KEY, index: 8 }), jobId({ key: KEY.replace('0', '1'), index: 7 })];
    expect(new Set([id, ...others]).size).toBe(3);
  });

  it.each([
    { key: '../x', index: 0 },
    { key: `${KEY}/..`, index: 0 },
    { key: KEY, index: -1 },
    { key: KEY, index: 0.5 },
    { key: KEY },
    'text',
  ])('is nothing but a key and an index: %j', (data) => {
    expect(Payload.safeParse(data).success).toBe(false);
  });
});

describe('what a worker failed with', () => {
  it('stays what it was', () => {
    const bad = errorOf({ name: 'BadInput', message: 'b.tif: is no GeoTIFF' });
    expect(bad).toBeInstanceOf(BadInput);
    expect(bad.message).toBe('b.tif: is no GeoTIFF');
    expect(errorOf({ name: 'TypeError', message: 'x' })).not.toBeInstanceOf(BadInput);
    expect(errorOf({ value: { message: 'job heartbeat timeout' } })).toBeInstanceOf(Unavailable);
    expect(errorOf(null).message).toMatch(/did not say why/);
  });
});

describe('the queue', () => {
  it('needs a server, and says how to name one', async () => {
    const opened = openQueue({ url: '', name: 'test', log: openLog(undefined) });
    await expect(opened).rejects.toThrow(BadInput);
    await expect(opened).rejects.toThrow(/TUBAN_DATABASE_URL/);
  });
});
