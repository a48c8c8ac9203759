import { describe, expect, it } from 'vitest';
import { decimal, mu, prose, relativeChange, share, signed } from './numbers.js';

describe('numbers', () => {
  it('groups thousands and rounds to the asked decimals', () => {
    expect(decimal(1234567.5)).toBe('1,234,568');
    expect(decimal(-1234.567, 2)).toBe('−1,234.57');
  });

  it('gives a value that rounds to zero no sign', () => {
    expect(decimal(-0.3)).toBe('0');
    expect(signed(0.3)).toBe('0');
    expect(signed(12)).toBe('+12');
  });

  it('turns 2000/3 m² into one 亩, with one decimal from 100 亩 on', () => {
    expect(mu(2000 / 3)).toBe('1.00');
    expect(mu(200_000)).toBe('300.0');
  });

  it('writes a km² and more as km²', () => {
    expect(prose(999_999)).toBe('999,999\u00a0m²');
    expect(prose(12_340_000)).toBe('12.34\u00a0km²');
  });

  it('has no relative change from nothing', () => {
    expect(relativeChange(0, 5)).toBeNull();
    expect(relativeChange(200, 201)).toBe('+0.50%');
  });

  it('never rounds a share into all or nothing', () => {
    expect(share(0.9999)).toBe('99.9%');
    expect(share(1)).toBe('100%');
    expect(share(0.0001)).toBe('<0.1%');
    expect(share(0)).toBe('0%');
    expect(share(0.55)).toBe('55.0%');
  });
});
