import { expect, test } from 'vitest';
import { type DraftPatch, numberGiver, numberPatches } from './number.js';

const draft = (change: Partial<DraftPatch> = {}): DraftPatch => ({
  class: 'building_new',
  subdistrictCode: '440303003',
  subdistrict: '东门街道',
  before: '2026-07',
  after: '2026-08',
  areaM2: 100,
  confidence: 0.9,
  state: 'suspected',
  perimeterM: 40,
  compactness: 0.78,
  toBare: false,
  model: null,
  decided: null,
  centroid: [114.1, 22.5],
  rings: [],
  ...change,
});

const numbers = (drafts: DraftPatch[], scope: Parameters<typeof numberPatches>[1]) =>
  numberPatches(drafts, scope).map((patch) => patch.number);

test('a number is month, comparison, subdistrict, class code and a four-digit sequence', () => {
  expect(numbers([draft()], { month: '2026-08', against: 'mom' })).toEqual(['202608-M-440303003-10001']);
  expect(numbers([draft({ class: 'forest_loss' })], { month: '2026-08', against: 'yoy' })).toEqual([
    '202608-Y-440303003-70001',
  ]);
});

test('the sequence counts within subdistrict and class, in the order of the drafts', () => {
  const drafts = [draft(), draft({ class: 'water_loss' }), draft(), draft({ subdistrictCode: '440303001' })];
  expect(numbers(drafts, { month: '2026-08', against: 'mom' })).toEqual([
    '202608-M-440303003-10001',
    '202608-M-440303003-50001',
    '202608-M-440303003-10002',
    '202608-M-440303001-10001',
  ]);
});

test('an unknown month or subdistrict is written in zeros', () => {
  const nowhere = draft({ subdistrictCode: null });
  expect(numbers([nowhere], { month: null, against: 'diff' })).toEqual(['000000-D-000000000-10001']);
});

test('a day counts as its month', () => {
  expect(numbers([draft()], { month: '2026-08-17', against: 'diff' })).toEqual(['202608-D-440303003-10001']);
});

test('numbering goes on from the high-water mark and brings it forward', () => {
  const marks = new Map([['202608-M-440303003-1', 9998]]);
  const give = numberGiver({ month: '2026-08', against: 'mom' }, marks);
  expect([give(draft()), give(draft())]).toEqual(['202608-M-440303003-19999', '202608-M-440303003-110000']);
  expect(marks.get('202608-M-440303003-1')).toBe(10000);
});
