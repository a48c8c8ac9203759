import { describe, expect, it } from 'vitest';
import { type PlaceRow, startOf } from './places.js';

/** A run's blocks in their order: `.` waits, `x` is at work, a blank is done. */
function run(key: string, blocks: string): PlaceRow[] {
  return [...blocks]
    .map((sign, place) => ({ key, sign, priority: blocks.length - place }))
    .filter(({ sign }) => sign !== ' ')
    .map(({ key, sign, priority }) => ({ key, priority, waits: sign === '.' }))
    .reverse();
}

/** The place in the order. */
function begins(blocks: string): number | null {
  const start = startOf(run('a', blocks));
  return start === null ? null : blocks.length - start;
}

describe('where a worker begins', () => {
  it('is nowhere where none waits', () => {
    expect(startOf([])).toBeNull();
    expect(begins('  xx')).toBeNull();
  });

  it('is the head of what nobody is at', () => {
    expect(begins('..........')).toBe(0);
    // those before it are done: whoever did them may be gone
    expect(begins('xx  ......')).toBe(4);
  });

  it('is the middle of what another works along', () => {
    expect(begins('xx........')).toBe(6);
    expect(begins('  xx......xx.')).toBe(7);
    expect(begins('xx.')).toBe(2);
  });

  it('is in the longest stretch, whosever run it is of', () => {
    const jobs = [...run('a', 'x....'), ...run('b', '  x..........')];
    expect(startOf(jobs)).toBe(5);
    expect(startOf([...run('b', 'x..'), ...run('a', 'x....')])).toBe(2);
  });
});
