import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reportDocument } from './document.js';
import { ReportDocument } from './document-schema.js';
import { areasOf, comparison, GRID, input, patch, usableOf } from './fixtures.js';

const parse = (over: Parameters<typeof input>[0] = {}) =>
  ReportDocument.parse(JSON.parse(JSON.stringify(reportDocument(input(over)))));

describe('the document', () => {
  it('has the schema that docs/report.schema.json prints (npm run readme writes it)', () => {
    const printed: unknown = JSON.parse(readFileSync('docs/report.schema.json', 'utf8'));
    expect(printed).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(ReportDocument))));
  });

  it('keeps to it in months that are not ordinary', () => {
    const blind = [usableOf('01', 0), usableOf('02', 0)];
    const none = [...areasOf('01'), ...areasOf('02')].map((a) => ({ ...a, beforeM2: 0, afterM2: 0 }));
    const clouded = parse({ comparisons: [comparison({ usable: blind, areas: none })] });
    for (const { states, patches, classes } of clouded.comparisons[0].places) {
      expect([states, patches, classes]).toEqual([null, null, null]);
    }
    expect(clouded.comparisons[0].ranking).toEqual([]);
    expect(parse({ comparisons: [] }).summary).toHaveLength(1);
    const many = Array.from({ length: 500 }, (_, i) => patch(`P${i}`, 10 + i));
    expect(parse({ comparisons: [comparison({ patches: many })] }).comparisons[0].patches).toHaveLength(500);
    const areas = areasOf('01').map(({ afterM2, ...rest }) => ({ ...rest, areaM2: afterM2 }));
    const first = { date: '2026-09', sensors: [], grid: GRID, areas, map: null, notes: [] };
    const month = parse({ comparisons: [], firstMonth: { ...first, usable: [usableOf('01', 0.9)] } });
    expect(month.first_month?.places[0].states?.built?.m2).toBe(401_000);
  });

  it('gives no number for what the bands could not give', () => {
    const areas = [...areasOf('01'), ...areasOf('02')].filter((a) => a.state === 'built');
    const notComputed = ['water_gain', 'water_loss'] as const;
    const [{ places }] = parse({ comparisons: [comparison({ areas, notComputed })] }).comparisons;
    expect(places[0].states?.water).toBeNull();
    expect(places[0].states?.forest_green).toBeNull();
    expect(places[0].classes?.water_gain).toBeNull();
    expect(places[0].states?.built?.after.m2).toBe(401_000);
  });

  it('counts ground outside every subdistrict as a place of its own, and in the sum', () => {
    const stray = patch('P1', 40, { subdistrictCode: null, subdistrict: null });
    const areas = [...areasOf('01'), ...areasOf('02'), ...areasOf(null)];
    const usable = [usableOf('01', 1), usableOf('02', 1), usableOf(null, 0.5)];
    const [{ places }] = parse({
      comparisons: [comparison({ patches: [stray], areas, usable })],
    }).comparisons;
    expect(places.map((p) => p.place.kind)).toEqual(['subdistrict', 'subdistrict', 'outside', 'total']);
    expect(places[2].patches?.count).toBe(1);
    expect(places[3].states?.built?.after.m2).toBe(3 * 401_000);
    expect(places[3].observed?.share).toBeCloseTo(2.5 / 3, 12);
  });
});
