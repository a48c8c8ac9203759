import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundsIn } from '../../raster/choose-grid.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import type { OpenedScene } from '../../raster/engine/prepare.js';
import { BadInput, Unavailable } from '../../raster/errors.js';
import { type Grid, gridBounds, snappedGrid } from '../../raster/grid.js';
import { openScene, placed } from '../../raster/scene.js';
import type { LeadCase } from '../../reports/leads/case.js';
import { madeLead, madePatch, RUN } from '../../reports/leads/fixtures.js';
import { skipsWithoutChromium } from '../../reports/testing/chromium.js';
import { makeSamples, type SampleSet } from '../../samples/make.js';
import { readDistricts } from '../../vector/districts.js';
import type { Subdistrict } from '../../vector/patch.js';
import { writeSheets } from './sheets.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-sheets-'));
const opened: OpenedScene[] = [];
let samples: SampleSet;
let subdistricts: readonly Subdistrict[];
let grid: Grid;

beforeAll(async () => {
  samples = await makeSamples({
    dir: join(folder, 'samples'),
    seed: 7,
    months: ['2026-07', '2026-08'],
    resolution: 4,
  });
  subdistricts = (await readDistricts(samples.districtsFile, {})).subdistricts;
  for (const { file } of samples.scenes)
    opened.push({ spec: { files: [file] }, scene: await openScene({ files: [file] }) });
  const crs = crsFromEpsg(4547);
  grid = snappedGrid(crs, boundsIn(placed(opened[0].scene), crs), 4);
});
afterAll(async () => {
  await Promise.all(opened.map(({ scene }) => scene.close()));
  rmSync(folder, { recursive: true, force: true });
});

const openMonth = async (month: string) => opened.filter((_, i) => samples.scenes[i].month === month);

/** A case in the middle of the samples, moved by metres. */
function caseAt(
  number: string,
  dx: number,
  dy: number,
  change: Parameters<typeof madeLead>[0] = {},
): LeadCase {
  const { minX, minY, maxX, maxY } = gridBounds(grid);
  const [x, y] = [(minX + maxX) / 2 + dx, (minY + maxY) / 2 + dy];
  const ring = [
    [x, y],
    [x + 40, y],
    [x + 40, y + 24],
    [x + 20, y + 24],
    [x + 20, y + 36],
    [x, y + 36],
    [x, y],
  ] as const;
  const centroid = transformer(grid.crs, WGS84)(x + 20, y + 15);
  const patch = madePatch({ number, rings: [ring], centroid, ...change.patch });
  return { lead: madeLead({ ...change, patch }), run: { ...RUN, grid } };
}

function request(cases: readonly LeadCase[], out: string, each: 'pdf' | 'html' | null = null) {
  const document = {
    district: '罗湖区',
    subdistricts,
    generatedAt: '2026-09-01T02:00:00Z',
    timeZone: 'Asia/Shanghai',
    synthetic: true,
  };
  return { cases, openMonth, document, out: join(folder, out), each };
}

const THREE = () => [
  caseAt('202608-M-440303003-10001', 0, 0),
  caseAt('202608-M-440303003-10002', 200, 100),
  caseAt('202608-M-440303003-10003', -300, -100),
];

describe('sheets as HTML', () => {
  it('have pictures of both dates and need nothing from outside', async () => {
    const [file] = await writeSheets(request([caseAt('202608-M-440303003-10001', 0, 0)], 'one.html'));
    const text = readFileSync(file, 'utf8');
    expect(text.match(/data:image\/jpeg;base64/g)).toHaveLength(2);
    expect(text).not.toMatch(/https?:\/\//);
    expect(text).toContain('须经实地核查，不作为处罚证据');
  });

  it('show names as they are written, whatever stands in them', async () => {
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>"&';
    const [permit] = madeLead().permits;
    const one = caseAt('202608-M-440303003-10001', 0, 0, {
      reasons: [{ rule: 'r', zh: evil, en: evil }],
      address: { text: evil, distanceM: 1 },
      permits: [{ ...permit, number: evil, authority: evil, date: evil }],
      zones: [{ kind: 'other', name: evil, overlapM2: 1 }],
      cameras: [{ id: evil, name: evil, distanceM: 1, bearing: 1 }],
      team: evil,
      due: evil,
      repeatOf: evil,
    });
    const asked = request([one], 'evil.html');
    const named = subdistricts.map((subdistrict) => ({ ...subdistrict, name: evil }));
    const document = { ...asked.document, district: evil, subdistricts: named };
    const [file] = await writeSheets({ ...asked, document });
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/<script|<img/);
    expect(text.split('&lt;script&gt;alert(1)').length).toBeGreaterThan(8);
  });

  it('take a patch of 10,000 vertices, drawn no finer than it is printed', async () => {
    const plain = caseAt('202608-M-440303003-10001', 0, 0);
    const [x, y] = plain.lead.patch.rings[0][0];
    const open = Array.from({ length: 10_000 }, (_, k) => {
      const angle = (2 * Math.PI * k) / 10_000;
      return [x + 60 * Math.cos(angle), y + 60 * Math.sin(angle)] as const;
    });
    const patch = { ...plain.lead.patch, rings: [[...open, open[0]]] };
    const one = { ...plain, lead: { ...plain.lead, patch } };
    const text = readFileSync((await writeSheets(request([one], 'round.html')))[0], 'utf8');
    expect(text).toContain('外环共 10000 个拐点');
    const longest = Math.max(...[...text.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d.length));
    expect(longest).toBeLessThan(20_000);
  });

  it('come a file a lead', async () => {
    await writeSheets(request(THREE(), 'each', 'html'));
    expect(readdirSync(join(folder, 'each'))).toEqual(THREE().map(({ lead }) => `${lead.number}.html`));
  });

  it('say so where a month has no picture any more', async () => {
    const gone = caseAt('202608-M-440303003-10001', 0, 0);
    const lost = { ...gone, lead: { ...gone.lead, patch: { ...gone.lead.patch, before: '2026-01' } } };
    const [file] = await writeSheets(request([lost], 'lost.html'));
    expect(readFileSync(file, 'utf8')).toContain('该时相影像已不可用');
  });

  it('are refused under another name', async () => {
    await expect(writeSheets(request(THREE(), 'sheets.doc'))).rejects.toThrow(BadInput);
  });
});

it('a PDF without Chromium says how to get one, before any picture is read', async () => {
  const asked: string[] = [];
  const broken = {
    ...request(THREE(), 'no.pdf'),
    env: { TUBAN_CHROMIUM: '/no/such' },
    openMonth: async (month: string) => {
      asked.push(month);
      return [];
    },
  };
  await expect(writeSheets(broken)).rejects.toThrow(/TUBAN_CHROMIUM/);
  expect(asked).toEqual([]);
  expect(existsSync(join(folder, 'no.pdf'))).toBe(false);
});

describe.skipIf(skipsWithoutChromium())('sheets as PDF', () => {
  it('are one page a lead, however long its texts are', async () => {
    const long = '很长的文字，'.repeat(60);
    const [permit] = madeLead().permits;
    const full = caseAt('202608-M-440303003-10009', 100, 0, {
      reasons: Array.from({ length: 12 }, (_, i) => ({ rule: `r${i}`, zh: long, en: long })),
      address: { text: long, distanceM: 12 },
      team: long,
      permits: Array.from({ length: 9 }, () => ({ ...permit, authority: long })),
      zones: [{ kind: 'ecological', name: long, overlapM2: 3 }],
      cameras: Array.from({ length: 30 }, (_, i) => ({ id: `${i}`, name: long, distanceM: i, bearing: 3 })),
    });
    const bare = caseAt('202608-M-440303003-10010', 0, 50, {
      reasons: [],
      address: null,
      permits: [],
      zones: [],
      cameras: [],
      team: null,
      due: null,
    });
    const [file] = await writeSheets(request([full, bare, ...THREE()], 'five.pdf'));
    expect((await PDFDocument.load(readFileSync(file))).getPageCount()).toBe(5);
  });

  it('come a file a lead, each of one page', async () => {
    const files = await writeSheets(request(THREE(), 'eachpdf', 'pdf'));
    for (const file of files) expect((await PDFDocument.load(readFileSync(file))).getPageCount()).toBe(1);
    expect(files).toHaveLength(3);
  });

  it('tell a folder that cannot be written', async () => {
    const { out } = request([], 'one.html');
    await expect(writeSheets(request(THREE().slice(0, 1), `one.html/x.pdf`))).rejects.toThrow(Unavailable);
    expect(existsSync(out)).toBe(true);
  });
});
