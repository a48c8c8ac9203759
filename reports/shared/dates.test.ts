import { expect, it } from 'vitest';
import { dateWords, instantWords } from './dates.js';

it('writes months and days in both languages', () => {
  expect(dateWords('2026-09', 'zh')).toBe('2026年9月');
  expect(dateWords('2026-09-05', 'en')).toBe('5 September 2026');
  expect(dateWords('spring', 'zh')).toBe('spring');
});

it('writes an instant in the asked zone, over midnight', () => {
  expect(instantWords('2026-10-02T20:15:00Z', 'zh', 'Asia/Shanghai')).toBe('2026年10月3日 04:15 (UTC+8)');
});
