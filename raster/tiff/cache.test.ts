import { describe, expect, it } from 'vitest';
import { byteCache } from './cache.js';

describe('the block cache', () => {
  const make = (log: number[], key: number, size: number) => async () => {
    log.push(key);
    return new Uint8Array(size);
  };
  const sizeOf = (value: Uint8Array) => value.length;

  it('makes a value wanted twice at once only once', async () => {
    const log: number[] = [];
    const cache = byteCache(100, sizeOf);
    const [a, b] = await Promise.all([cache.get(1, make(log, 1, 10)), cache.get(1, make(log, 1, 10))]);
    expect(a).toBe(b);
    expect(log).toEqual([1]);
  });

  it('drops the value longest unused first, and never holds more than its bound', async () => {
    const log: number[] = [];
    const cache = byteCache(100, sizeOf);
    await cache.get(1, make(log, 1, 40));
    await cache.get(2, make(log, 2, 40));
    await cache.get(1, make(log, 1, 40));
    await cache.get(3, make(log, 3, 40));
    expect(cache.bytes).toBe(80);
    await cache.get(1, make(log, 1, 40));
    await cache.get(2, make(log, 2, 40));
    expect(log).toEqual([1, 2, 3, 2]);
  });

  it('keeps the newest value even where it alone is over the bound', async () => {
    const log: number[] = [];
    const cache = byteCache(100, sizeOf);
    await cache.get(1, make(log, 1, 1000));
    await cache.get(1, make(log, 1, 1000));
    expect(log).toEqual([1]);
  });

  it('keeps nothing of a value that could not be made', async () => {
    const cache = byteCache(100, sizeOf);
    await expect(cache.get(1, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get(1, async () => new Uint8Array(3))).toHaveLength(3);
  });
});
