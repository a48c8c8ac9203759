import { expect, it } from 'vitest';
import type { KernelSource } from './backend.js';
import { inlined } from './inline.js';
import { normalizedDifference, ramp } from './maths.js';

function twice(value: number): number {
  return value * 2;
}

function over(value: number, low: number): number {
  // a comment with twice(value) in it
  return Math.max(twice(value) - low, 0);
}

const source: KernelSource = {
  name: 'made',
  kernel: function kernel(this: { thread: { x: number } }, a: number[], b: number[]) {
    const i = this.thread.x;
    return ramp(over(a[i], b[i + 1]), 1, 3) + normalizedDifference(twice(a[i]), b[i]);
  },
  functions: [over, twice, ramp, normalizedDifference],
};

const [a, b] = [
  [0, 1, 2, 3],
  [4, 1, 2.5, 0.5, 1],
];

/** Runs a kernel's text as GPU.js would see it. */
function runText(kernel: KernelSource['kernel'], x: number): number {
  const made = new Function(`return (${kernel.toString()})`)() as (...args: unknown[]) => number;
  return made.call({ thread: { x } }, a, b);
}

it('writes helpers out, also those that helpers call, and computes the same', () => {
  const flat = inlined(source);
  expect(flat.functions).toBeUndefined();
  expect(flat.kernel.toString()).not.toMatch(/twice|over\(|ramp|normalizedDifference/);
  const original = source.kernel as (...args: unknown[]) => number;
  for (let x = 0; x < a.length; x++) {
    expect(runText(flat.kernel, x)).toBe(original.call({ thread: { x } }, a, b));
  }
});

it('still calls the helpers where the kernel is run as TypeScript', () => {
  const run = inlined(source).kernel as (...args: unknown[]) => number;
  expect(run.call({ thread: { x: 1 } }, a, b)).toBe(
    (source.kernel as typeof run).call({ thread: { x: 1 } }, a, b),
  );
});

it('refuses a helper that is more than an expression', () => {
  function branching(value: number): number {
    if (value > 0) return 1;
    return 0;
  }
  const kernel = function kernel() {
    return branching(1);
  };
  expect(() => inlined({ name: 'made', kernel, functions: [branching] })).toThrow(
    /branching.*has statements; expected a single return/,
  );
});
