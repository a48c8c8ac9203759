import { describe, expect, it } from 'vitest';
import { CHANGE_CLASSES, M2_PER_MU } from '../../kernels/classes.js';
import type { Subdistrict } from '../../vector/patch.js';
import {
  areasOf,
  CRS,
  comparison,
  EAST,
  GRID,
  input,
  patch,
  tableRows,
  textOf,
  usableOf,
  WEST,
} from './fixtures.js';
import type { Chip, ReportInput } from './input.js';
import { renderReport } from './report.js';

const JPEG = { jpeg: new Uint8Array([255, 216, 255, 217]) };

function chipOf(number: string): Chip {
  return { number, before: JPEG, after: JPEG, grid: GRID };
}

const MIXED = [
  patch('P1', 40),
  patch('P2', 20, { class: 'forest_loss', toBare: true, state: 'confirmed' }),
  patch('P3', 30, { class: 'water_gain', subdistrictCode: '02', subdistrict: EAST.name }),
  patch('P4', 90, { state: 'dismissed' }),
];

function page(over: Partial<ReportInput> = {}): string {
  return renderReport(input(over));
}

describe('the page', () => {
  it('loads nothing from outside', () => {
    const markup = page({
      comparisons: [comparison({ patches: MIXED, chips: [chipOf('P1')] })],
      trend: trend(),
    });
    expect(markup).not.toMatch(/https?:\/\//);
    expect(markup).not.toMatch(/<(script|link|iframe)\b/);
    for (const [, address] of markup.matchAll(/\b(?:src|href)="([^"]*)"/g)) {
      expect(address).toMatch(/^(data:image\/jpeg;base64,|#)/);
    }
    for (const [, address] of markup.matchAll(/url\(([^)]*)\)/g)) expect(address).toMatch(/^['"]?#/);
  });

  it('is the same bytes for the same input, with ids unique', () => {
    const both = {
      comparisons: [comparison({ patches: MIXED }), comparison({ patches: MIXED, against: 'yoy' as const })],
    };
    expect(page(both)).toBe(page(both));
    const ids = [...page(both).matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('escapes every text that comes from outside', () => {
    const evil = '<script>alert("x")</script>&\'';
    const place: Subdistrict = { ...WEST, name: evil };
    const bad = patch(evil, 40, { subdistrict: evil, before: evil, after: evil });
    const markup = page({
      district: evil,
      month: evil,
      generatedAt: evil,
      subdistricts: [place],
      comparisons: [
        comparison({
          before: evil,
          after: evil,
          patches: [bad],
          chips: [chipOf(evil)],
          notes: [evil],
          sensors: { before: [evil], after: [evil] },
        }),
      ],
    });
    expect(markup).not.toContain('<script');
    expect(textOf(markup)).toContain(evil);
  });

  it.each(['zh', 'en'] as const)('says in %s that a patch is a clue and no evidence', (lang) => {
    const text = textOf(page({ lang }));
    expect(text).toContain(
      lang === 'zh'
        ? '线索，须经现场核实，不作为处罚证据'
        : 'a clue to be verified on site; it is not evidence',
    );
    expect(text).not.toMatch(/undefined|NaN|\[object|Infinity/);
  });

  it('says that samples are made up, and only of samples', () => {
    expect(textOf(page())).toContain('人工合成影像');
    expect(textOf(page({ synthetic: false }))).not.toContain('人工合成影像');
  });
});

describe('the class table', () => {
  const rows = tableRows(page({ comparisons: [comparison({ patches: MIXED })] }), 'classes');
  const cellOf = (areas: readonly number[]) => {
    const sum = areas.reduce((a, b) => a + b, 0);
    return areas.length === 0
      ? '–'
      : `${areas.length} ${sum.toLocaleString('en-US')} ${(sum / M2_PER_MU).toFixed(2)}`;
  };

  it('prints in every cell the sum of the patches that belong there', () => {
    const counted = MIXED.filter((p) => p.state !== 'dismissed');
    const places = [['01'], ['02'], ['01', '02']];
    for (const [i, codes] of places.entries()) {
      const here = counted.filter((p) => p.subdistrictCode !== null && codes.includes(p.subdistrictCode));
      const cells = CHANGE_CLASSES.map((c) =>
        cellOf(here.filter((p) => p.class === c.name).map((p) => p.areaM2)),
      );
      expect(rows[i + 1].slice(2)).toEqual([...cells, cellOf(here.map((p) => p.areaM2))]);
    }
  });

  it('prints the observed share of every row', () => {
    expect(rows.slice(1).map((r) => r[1])).toEqual(['90.0%', '95.0%', '92.5%']);
  });

  it('prints no zero for a class the bands could not give', () => {
    const markup = page({ comparisons: [comparison({ patches: MIXED, notComputed: ['earthwork'] })] });
    expect(tableRows(markup, 'classes')[1][4]).toBe('未计算');
  });

  it('says of a place without a usable pixel that nothing was seen', () => {
    const usable = [usableOf('01', 0.9), usableOf('02', 0)];
    const markup = page({ comparisons: [comparison({ patches: [patch('P1', 40)], usable })] });
    expect(tableRows(markup, 'classes')[2]).toEqual(['东街道', '0% *', '无可用观测']);
    expect(textOf(markup)).toContain('不能判断有无变化：东街道');
  });
});

describe('the state tables', () => {
  it('print before, after, net and change beside the observed share', () => {
    const rows = tableRows(page(), 'states');
    expect(rows[2]).toEqual([
      '建设用地',
      '800,000',
      '1,200.0',
      '0.800',
      '802,000',
      '1,203.0',
      '0.802',
      '0',
      '0',
      '+2,000',
      '+3.00',
      '+0.25%',
      '92.5%',
    ]);
    expect(rows[3].slice(9)).toEqual(['−1,000', '−1.50', '−0.50%', '92.5%']);
    expect(rows).toHaveLength(8);
  });

  it('print nothing of a place nobody recorded the view of, and say so in the sum', () => {
    const rows = tableRows(
      page({ comparisons: [comparison({ usable: [usableOf('01', 1)] })] }),
      'states places',
    );
    expect(rows.find((r) => r[0] === '东街道')).toEqual(['东街道', '无记录', '无记录']);
    const sum = rows.find((r) => r[0].startsWith('合计'));
    expect(sum?.[0]).toContain('不含 1 个');
    expect(sum?.[2]).toBe('400,000');
  });
});

describe('months that are not ordinary', () => {
  it('without a patch: says so, draws no chart, lists none', () => {
    const markup = page();
    expect(textOf(markup)).toContain('未发现变化图斑');
    expect(markup).not.toContain('class="chart"');
    expect(markup).not.toContain('class="list"');
  });

  it('fully clouded: claims nothing and prints no area', () => {
    const usable = [usableOf('01', 0), usableOf('02', 0)];
    const areas = [...areasOf('01'), ...areasOf('02')].map((a) => ({ ...a, beforeM2: 0, afterM2: 0 }));
    const text = textOf(page({ comparisons: [comparison({ usable, areas })] }));
    expect(text).toContain('没有可用观测');
    expect(text).not.toContain('未发现变化图斑');
    expect(text).not.toContain('0 m²');
  });

  it('first of a district: only state areas, and the reason', () => {
    const areas = areasOf('01').map(({ afterM2, ...rest }) => ({ ...rest, areaM2: afterM2 }));
    const text = textOf(
      page({
        comparisons: [],
        firstMonth: {
          date: '2026-09',
          sensors: ['Sentinel-2'],
          grid: GRID,
          areas,
          usable: [usableOf('01', 0.9)],
          map: null,
          notes: [],
        },
      }),
    );
    expect(text).toContain('首个监测月');
    expect(text).toContain('401,000');
    expect(text).not.toContain('图斑清单');
  });

  it('with no comparison and no states: says that there is nothing', () => {
    expect(textOf(page({ comparisons: [] }))).toContain('没有可供比较的时相');
  });

  it('without subdistricts: one row for the whole, no second one repeating it', () => {
    const stray = patch('P1', 40, { subdistrictCode: null, subdistrict: null });
    const whole = comparison({ patches: [stray], areas: areasOf(null), usable: [usableOf(null, 0.5)] });
    const rows = tableRows(page({ subdistricts: [], comparisons: [whole] }), 'classes');
    expect(rows.slice(1).map((r) => r[0])).toEqual(['全区']);
  });

  it('with 500 patches: lists the 50 largest and says how many more there are', () => {
    const patches = Array.from({ length: 500 }, (_, i) => patch(`P${i}`, 10 + i));
    const markup = page({ comparisons: [comparison({ patches })] });
    const rows = tableRows(markup, 'list');
    expect(rows).toHaveLength(51);
    expect(rows[1][1]).toBe('P499');
    expect(textOf(markup)).toContain('另有 450 个未列出');
  });
});

describe('leads', () => {
  const team = {
    team: '<i>东门</i>执法队',
    sent: 400,
    visited: 300,
    inTime: 250,
    late: 50,
    overdue: 100,
    confirmed: 150,
    rejected: 50,
    notFound: 0,
    medianDays: 3.25,
  };
  const figures = {
    total: 500,
    dispositions: [
      { disposition: 'sent', count: 400 },
      { disposition: 'watch', count: 100 },
    ],
    statuses: [{ status: 'assigned', count: 100 }],
    teams: [team],
    all: { ...team, team: null },
  } as const;
  const leads = {
    own: { from: '2026-09', to: '2026-09', figures },
    year: { from: '2025-10', to: '2026-09', figures },
  };

  it('are told by what became of them and by team, with shares of those decided', () => {
    const markup = page({ leads });
    expect(tableRows(markup, 'leads')[1]).toEqual(['下发核查', '400', '400']);
    expect(tableRows(markup, 'teams')[1]).toEqual([
      '<i>东门</i>执法队',
      ...['400', '300', '250', '50', '100', '150', '50', '0', '75.0%', '25.0%', '3.3'],
    ]);
    expect(markup).not.toContain('<i>东门');
    expect(textOf(markup)).toContain('超期未核查 100 条');
  });

  it('have no section where none was ever made', () => {
    expect(textOf(page())).not.toContain('线索与核查');
  });
});

describe('a comparison that no run made', () => {
  const observed = { usableM2: 1.8e6, totalM2: 2e6 };
  const span = comparison({
    against: 'period',
    before: '2026-06',
    patches: [patch('P1', 40, { after: '2026-07' }), patch('P2', 20, { after: '2026-09' })],
    months: [
      { month: '2026-07', before: '2026-06', observed },
      { month: '2026-08', before: null, observed: null },
      { month: '2026-09', before: '2026-08', observed },
    ],
  });

  it('lists its patches by month, and says which month is missing', () => {
    const markup = page({ since: '2026-07', comparisons: [span] });
    const rows = tableRows(markup, 'classes months');
    expect(rows[1].slice(0, 4)).toEqual(['2026-07', '2026-06', '90.0%', '1 1,600']);
    expect(rows[2]).toEqual(['2026-08', '–', '无记录', '无环比']);
    expect(rows[4].slice(3, 4)).toEqual(['2 2,000']);
    expect(textOf(markup)).toContain('下列月份没有环比结果，其间的图斑不在内：2026-08');
    expect(textOf(markup)).toContain('监测时段 2026年7月至2026年9月');
  });

  it('that nobody saw anything of still says which month is missing', () => {
    const usable = [usableOf('01', 0), usableOf('02', 0)];
    const text = textOf(page({ comparisons: [{ ...span, patches: [], usable, areas: [] }] }));
    expect(text).toContain('没有可用观测');
    expect(text).toContain('其间的图斑不在内：2026-08');
  });
});

describe('drawings', () => {
  it('put a patch where its coordinates are on the picture', () => {
    // 300 m east and 300 m north of the corner, 100 m wide, on a picture of 2000 × 1000 m drawn 1000 units wide
    const markup = page({ comparisons: [comparison({ patches: [patch('P1', 100)] })] });
    expect(CRS.name).toBe('EPSG:4547');
    expect(markup).toContain('d="M150 350L200 350L200 300L150 300L150 350Z" fill="#d7191c"');
  });

  it('give chip, map and list the same rank, and leave out a chip of a dismissed patch', () => {
    const chips = [chipOf('P3'), chipOf('P4')];
    const markup = page({ comparisons: [comparison({ patches: MIXED, chips })] });
    expect([...markup.matchAll(/<b class="rank">(\d+)<\/b>/g)].map((m) => m[1])).toEqual(['2']);
    expect(tableRows(markup, 'list')[2].slice(0, 2)).toEqual(['2', 'P3']);
    expect(markup).toMatch(/<text x="[\d.]+" y="[\d.]+">2<\/text>/);
  });

  it('draw the trend with the observed share of each month', () => {
    expect(textOf(page({ trend: trend() }))).toContain('42.0%');
  });
});

function trend(): NonNullable<ReportInput['trend']> {
  const classes = [{ class: 'building_new', count: 2, areaM2: 500 }] as const;
  const states = { built: 4e5, water: 1e5, forest: 2e5, green: 1.5e5, other: 5e4 };
  return [
    { month: '2026-07', observed: { usableM2: 0.42e6, totalM2: 1e6 }, states, classes },
    { month: '2026-08', observed: null, states: null, classes: null },
    { month: '2026-09', observed: { usableM2: 0.97e6, totalM2: 1e6 }, states, classes },
  ];
}
