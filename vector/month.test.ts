import { describe, expect, it } from 'vitest';
import { addMonths, calendarMonths, monthsBetween } from './month.js';

describe('months', () => {
  it('cross the turn of the year both ways', () => {
    expect(addMonths('2026-01', -1)).toBe('2025-12');
    expect(addMonths('2025-12', 14)).toBe('2027-02');
    expect(monthsBetween('2026-02', '2025-11')).toBe(-3);
  });

  it('of the calendar are all from the first to the last', () => {
    expect(calendarMonths('2025-11', '2026-02')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(calendarMonths('2026-02', '2026-01')).toEqual([]);
  });
});
