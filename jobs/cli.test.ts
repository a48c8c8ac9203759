import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { crsFromEpsg, transformer, WGS84 } from '../raster/crs.js';
import { BadInput, messageOf } from '../raster/errors.js';
import { makeTiff } from '../raster/tiff/testing/make-tiff.js';
import { hashAt } from '../vector/testing/class-raster.js';
import { diffCommand } from './commands/diff.js';
import { loadConfig } from './config.js';
import { openLog } from './log.js';
import { countCodes, readPatches, readRaster, readSummary, Summary, violations } from './testing/outputs.js';
import { type CliResult, PROJECT, runCli } from './testing/run-cli.js';
import { type Box, coverValue, ORIGIN, writeCovers, writeScene } from './testing/scenes.js';

const SIZE = [96, 80] as const;
const BEFORE: readonly Box[] = [
  { x: 0, y: 0, width: 30, height: 80, cover: 'forest' },
  { x: 60, y: 50, width: 30, height: 25, cover: 'water' },
];
const AFTER: readonly Box[] = [
  ...BEFORE,
  { x: 5, y: 10, width: 20, height: 20, cover: 'bare' },
  { x: 40, y: 10, width: 12, height: 9, cover: 'water' },
  { x: 60, y: 50, width: 10, height: 25, cover: 'bare' },
  { x: 70, y: 12, width: 14, height: 14, cover: 'roof' },
];

let dir = '';
/** Made files by name. */
const files: Record<string, string> = {};
const at = (name: string) => join(dir, name);
const tuban = (...args: string[]) => runCli(args, dir);
const diffed = (out: string, ...args: string[]) => tuban('diff', ...args, '--out', at(out));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-cli-'));
  const covers = async (name: string, boxes: readonly Box[], more = {}) => {
    files[name] = await writeCovers(at(`${name}.tif`), SIZE, boxes, more);
  };
  await covers('before', BEFORE, { acquired: '2026-07-03' });
  await covers('after', AFTER, { acquired: '2026-08-05' });
  await covers('mercator', BEFORE, { epsg: 3857, origin: [12_703_000, 2_580_000] });
  await covers('away', AFTER, { origin: [700_000, 2_496_000] });
  for (const [name, boxes] of [
    ['rgb-before', BEFORE],
    ['rgb-after', AFTER],
  ] as const) {
    await covers(name, boxes, { bands: 3, sampleType: 'uint8', value: rgbOf(boxes) });
  }
  files.text = at('text.tif');
  await writeFile(files.text, 'this is no raster\n');
  files.nocrs = at('nocrs.tif');
  await writeFile(files.nocrs, withoutCrs(AFTER));
  files.nocrsBefore = at('nocrs-before.tif');
  await writeFile(files.nocrsBefore, withoutCrs(BEFORE));
  files.districts = at('districts.geojson');
  await writeFile(files.districts, JSON.stringify(twoHalves()));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function rgbOf(boxes: readonly Box[]) {
  return (x: number, y: number, band: number) => {
    const cover = boxes.reduce(
      (found, box) => (inside(box, x, y) ? box.cover : found),
      'grass' as Box['cover'],
    );
    return Math.min(255, coverValue(cover, x, y, 2 - band) / 14);
  };
}

function inside(box: Box, x: number, y: number): boolean {
  return x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;
}

/** Georeferenced by tiepoint and scale, with no geo keys. */
function withoutCrs(boxes: readonly Box[]): Buffer {
  const cover = (x: number, y: number) =>
    boxes.reduce((found, box) => (inside(box, x, y) ? box.cover : found), 'grass' as Box['cover']);
  return makeTiff([
    {
      width: SIZE[0],
      height: SIZE[1],
      bands: 4,
      bits: 16,
      tags: [
        [33550, 12, [2, 2, 0]],
        [33922, 12, [0, 0, 0, ORIGIN[0], ORIGIN[1], 0]],
      ],
      sample: (x, y, band) => coverValue(cover(x, y), x, y, band),
    },
  ]);
}

/** West and east half of the scene, parted at column 48. */
function twoHalves() {
  const toLonLat = transformer(crsFromEpsg(4547), WGS84);
  const half = (code: string, name: string, from: number, to: number) => {
    const corner = (x: number, y: number) => [...toLonLat(ORIGIN[0] + 2 * x, ORIGIN[1] - 2 * y)];
    const ring = [corner(from, 82), corner(to, 82), corner(to, -2), corner(from, -2), corner(from, 82)];
    return {
      type: 'Feature',
      properties: { code, name },
      geometry: { type: 'Polygon', coordinates: [ring] },
    };
  };
  return {
    type: 'FeatureCollection',
    features: [half('440303001', '西街道', -2, 48), half('440303002', '东街道', 48, 98)],
  };
}

/** Runs `diff` in this process on arguments as they stand on the command line, each option with a value. */
async function refusalOf(args: readonly string[]): Promise<void> {
  const options: Record<string, string> = { out: at('never') };
  for (let i = 2; i < args.length; i += 2) {
    options[args[i].slice(2).replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase())] = args[i + 1];
  }
  await diffCommand.run(
    { args: args.slice(0, 2), options },
    {
      config: loadConfig(dir, {}),
      print: () => {},
      tell: () => {},
      terminal: false,
      log: openLog(undefined),
      progress: () => ({ update: () => {}, end: () => {} }),
    },
  );
}

/** Exit status 2 and one line on stderr that holds all of `parts`; never a stack. */
function refused({ status, stdout, stderr }: CliResult, ...parts: string[]): void {
  const lines = stderr.trimEnd().split('\n');
  expect({ status, stdout, lines: lines.length }, stderr).toEqual({ status: 2, stdout: '', lines: 1 });
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('usage', () => {
  it('--version prints the version of the package', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8')));
    expect(await tuban('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('--help exits 0 and lists the commands', async () => {
    const { status, stdout } = await tuban('--help');
    expect(status).toBe(0);
    for (const name of ['diff', 'scenes', 'districts', 'run', 'patches', 'report', 'evaluate', 'demo'])
      expect(stdout).toContain(name);
  });

  it.each([[[]], [['scenes']]])('%j alone shows the usage and exits 2', async (args) => {
    const { status, stdout, stderr } = await tuban(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^Usage: tuban/);
    expect(stderr).not.toContain('outputHelp');
  });

  it.each([
    [['nope'], 'nope'],
    [['diff', '--bogus', 'a', 'b'], '--bogus'],
    [['diff', 'a'], 'after'],
    [['diff', 'a', 'b', 'c'], '3'],
    [['diff', 'a', 'b', '--out'], '--out'],
    [['run', '--month', '2026-13'], '2026-13'],
    [['run'], '--month'],
    [['patches', 'export', '--month', '2026-08'], '--out'],
    [['evaluate', '--truth', 'x.tif'], '--prediction'],
  ])('%j is refused', async (args, named) => {
    refused(await tuban(...args), named);
  });
});

describe('diff', () => {
  let run: CliResult;
  beforeAll(async () => {
    run = await diffed('out', files.before, files.after);
  });

  it('exits 0 and keeps every promise about its outputs', async () => {
    expect(run.status, run.stderr).toBe(0);
    expect(await violations(at('out'))).toEqual([]);
  });

  it('uses BEFORE’s own grid', async () => {
    const { grid } = await readSummary(at('out'));
    expect(grid).toEqual({
      crs: 'EPSG:4547',
      resolution: 2,
      width: 96,
      height: 80,
      transform: [2, 0, ORIGIN[0], 0, -2, ORIGIN[1]],
    });
  });

  it('draws no bar where stderr is no terminal', () => {
    expect(run.stderr).not.toContain('\r');
  });

  it('tells dates, area in mu and the Chinese name on each patch', async () => {
    const { features } = await readPatches(at('out'));
    expect(features.length).toBeGreaterThan(0);
    for (const { properties } of features) {
      expect([properties.before, properties.after]).toEqual(['2026-07-03', '2026-08-05']);
      expect(properties.area_mu).toBeCloseTo((properties.area_m2 * 3) / 2000, 5);
      expect(properties.number.startsWith('202608-D-000000000-')).toBe(true);
    }
  });

  it('the same command gives the same bytes', async () => {
    expect((await diffed('again', files.before, files.after)).status).toBe(0);
    for (const name of ['change.tif', 'patches.geojson', 'confidence.tif', 'magnitude.tif']) {
      const [a, b] = await Promise.all([readFile(at(`out/${name}`)), readFile(at(`again/${name}`))]);
      expect(a.equals(b), name).toBe(true);
    }
  });

  it('--json prints the summary and nothing else on stdout', async () => {
    const { status, stdout } = await diffed('json', files.before, files.after, '--json', '--backend', 'cpu');
    expect(status).toBe(0);
    const printed = Summary.parse(JSON.parse(stdout));
    expect(printed).toEqual(await readSummary(at('json')));
    expect(printed.backend).toBe('cpu');
  });

  it('finds nothing between a scene and itself', async () => {
    expect((await diffed('self', files.before, files.before)).status).toBe(0);
    const codes = countCodes(await readRaster(at('self/change.tif')));
    expect([...codes.keys()]).toEqual([0]);
    expect((await readPatches(at('self'))).features).toEqual([]);
  });

  it('--districts splits patches and names their subdistrict', async () => {
    const { status, stderr } = await diffed(
      'split',
      files.before,
      files.after,
      '--districts',
      files.districts,
      '--detector',
      'indices',
      '--no-align',
      '--no-normalize',
    );
    expect(status, stderr).toBe(0);
    expect(await violations(at('split'))).toEqual([]);
    const { features } = await readPatches(at('split'));
    // the new pond spans columns 40 to 51; the border lies at 48
    const pond = features
      .filter(({ properties }) => properties.class === 'water_gain')
      .map((f) => f.properties);
    expect(pond.map((p) => [p.subdistrict_code, p.subdistrict, p.area_m2])).toEqual([
      ['440303001', '西街道', 8 * 9 * 4],
      ['440303002', '东街道', 4 * 9 * 4],
    ]);
    expect(pond[0].number.startsWith('202608-D-440303001-4')).toBe(true);
  });

  it('--crs EPSG:3857 becomes UTM, and a note says so', async () => {
    const { status, stderr } = await diffed(
      'utm',
      files.before,
      files.after,
      '--crs',
      'EPSG:3857',
      '--detector',
      'indices',
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^note: .*EPSG:3857.*EPSG:32650/m);
    expect((await readSummary(at('utm'))).grid).toMatchObject({ crs: 'EPSG:32650', resolution: 2 });
    expect(await violations(at('utm'))).toEqual([]);
  });

  it('a scene in EPSG:3857 gets a UTM grid with pixels of their size on the ground', async () => {
    const { status, stderr } = await diffed(
      'mercator',
      files.mercator,
      files.mercator,
      '--detector',
      'indices',
    );
    expect(status).toBe(0);
    expect(stderr).toContain('EPSG:3857');
    const { grid } = await readSummary(at('mercator'));
    // 2 m at the equator, cos(22.57°) of it here
    expect(grid.resolution).toBeCloseTo(2 * Math.cos((22.57 * Math.PI) / 180), 2);
  });

  it('files without a CRS take it from --source-crs', async () => {
    refused(await diffed('n1', files.nocrs, files.nocrs), files.nocrs, 'CRS', '--source-crs');
    const { status, stderr } = await diffed(
      'n2',
      files.nocrsBefore,
      files.nocrs,
      '--source-crs',
      'EPSG:4547',
      '--detector',
      'indices',
    );
    expect(status, stderr).toBe(0);
    expect((await readSummary(at('n2'))).grid.crs).toBe('EPSG:4547');
  });

  it('RGB computes the building classes and lists the others as not computed', async () => {
    const { status, stderr } = await diffed('rgb', files['rgb-before'], files['rgb-after']);
    expect(status, stderr).toBe(0);
    const { classes, not_computed } = await readSummary(at('rgb'));
    expect(Object.keys(classes)).toEqual(['building_new', 'building_removed']);
    expect([...not_computed].sort()).toEqual([
      'earthwork',
      'forest_gain',
      'forest_loss',
      'water_gain',
      'water_loss',
    ]);
    expect(await violations(at('rgb'))).toEqual([]);
  });

  it('--classes leaves only those', async () => {
    const { status } = await diffed('only', files.before, files.after, '--classes', 'water_gain,water_loss');
    expect(status).toBe(0);
    expect(Object.keys((await readSummary(at('only'))).classes)).toEqual(['water_gain', 'water_loss']);
    expect(await violations(at('only'))).toEqual([]);
  });

  it('a bad argument is refused with what is wrong and what would be right', async () => {
    const { before, after, text, nocrs, away, districts } = files;
    const missing = at('missing.tif');
    const cases: [string[], string[]][] = [
      [
        [before, missing],
        [missing, 'expected'],
      ],
      [
        [before, text],
        [text, 'TIFF'],
      ],
      [[before, dir], []],
      [
        [nocrs, after],
        [nocrs, '--source-crs'],
      ],
      [
        [before, away],
        [away, before, 'overlap'],
      ],
      [
        [before, after, '--bands', 'red'],
        ['--bands', 'red='],
      ],
      [[before, after, '--bands', 'red=0'], ['--bands']],
      [
        [before, after, '--bands', 'purple=1'],
        ['--bands', 'purple'],
      ],
      [
        [before, after, '--bands', 'red=1,red=2'],
        ['--bands', 'red', 'twice'],
      ],
      [
        [before, after, '--bands', 'red=1,nir=9'],
        ['nir=9', '4 band'],
      ],
      [
        [before, after, '--sensor', 'sputnik'],
        ['sputnik', 'sentinel-2'],
      ],
      [[before, after, '--crs', 'EPSG:99999'], ['99999']],
      [
        [before, after, '--crs', 'Mars'],
        ['--crs', 'Mars'],
      ],
      [
        [before, after, '--resolution', '0.5m'],
        ['--resolution', '0.5m', 'metres'],
      ],
      [
        [before, after, '--mmu', '-1'],
        ['--mmu', '-1'],
      ],
      [[before, after, '--workers', '0'], ['--workers']],
      [
        [before, after, '--backend', 'cuda'],
        ['--backend', 'cuda', 'webasm'],
      ],
      [
        [before, after, '--classes', 'roads'],
        ['--classes', 'roads', 'building_new'],
      ],
      [
        [before, after, '--detector', 'magic'],
        ['--detector', 'magic', 'indices'],
      ],
      [[before, after, '--districts', missing], [missing]],
      [
        [before, after, '--districts', districts, '--code-field', 'kode'],
        ['kode', districts],
      ],
      [
        [files['rgb-before'], files['rgb-after'], '--classes', 'water_gain'],
        ['water_gain', 'rgb-before'],
      ],
      [[files['rgb-before'], files['rgb-after'], '--detector', 'indices'], ['nir']],
    ];
    // in this process: a process each would take a minute, and the tests beside show what one makes of a BadInput
    for (const [args, parts] of cases) {
      const error: unknown = await refusalOf(args).catch((thrown: unknown) => thrown);
      expect(error, args.join(' ')).toBeInstanceOf(BadInput);
      for (const part of parts) expect(messageOf(error)).toContain(part);
      expect(messageOf(error)).not.toContain('\n');
    }
  });

  it('bad input leaves one line on stderr, nothing on stdout, and status 2', async () => {
    const { before, text, away } = files;
    refused(await diffed('never', before, text), text, 'TIFF');
    refused(await diffed('never', before, away), away, 'overlap');
    refused(
      await diffed('never', files['rgb-before'], files['rgb-after'], '--classes', 'water_gain'),
      'water_gain',
    );
  });

  it('an --out that cannot be a folder is refused', async () => {
    refused(await tuban('diff', files.before, files.after, '--out', files.text), '--out', files.text);
    refused(await tuban('diff', files.before, files.after, '--out', join(files.text, 'x')), '--out');
  });

  it('--debug adds the stack', async () => {
    for (const args of [
      ['--debug', 'diff', files.text, files.text],
      ['diff', files.text, files.text, '--debug'],
    ]) {
      const { status, stderr } = await tuban(...args);
      expect(status).toBe(2);
      expect(stderr).toMatch(/^\s+at /m);
    }
  });

  it('a broken tuban.json is refused, naming the key', async () => {
    const folder = at('configured');
    await mkdir(folder);
    await writeFile(join(folder, 'tuban.json'), '{"mmuOther": -3}');
    const result = await runCli(['diff', files.before, files.after], folder);
    refused(result, 'tuban.json', 'mmuOther');
    refused(
      await runCli(['diff', files.before, files.after], folder, { TUBAN_MMU_OTHER: 'x' }),
      'TUBAN_MMU_OTHER',
    );
  });
});

/** Bands with noise that crosses every threshold often. */
function noisy(seed: number) {
  return (x: number, y: number, band: number) =>
    200 + Math.floor(3000 * hashAt(Math.floor(x / 3) + 100 * band, Math.floor(y / 3), seed));
}

describe('diff --detector indices', () => {
  const [width, height] = [60, 45];
  const [first, second] = [noisy(1), noisy(2)];

  /** Docs/design.md, section 4, to the letter. */
  function expected(x: number, y: number): number {
    const index = (a: number, b: number) => (a - b) / (a + b);
    const [b, a] = [first, second].map((value) => {
      const [green, red, nir] = [1, 2, 3].map((band) => value(x, y, band));
      return { ndvi: index(nir, red), ndwi: index(green, nir) };
    });
    if (a.ndwi > 0.1 && b.ndwi < 0) return 4;
    if (b.ndwi > 0.1 && a.ndwi < 0) return 5;
    if (b.ndvi > 0.5 && b.ndvi - a.ndvi > 0.2 && a.ndwi < 0) return 7;
    return 0;
  }

  beforeAll(async () => {
    await writeScene({ path: at('noise-1.tif'), width, height, bands: 4, value: first });
    await writeScene({ path: at('noise-2.tif'), width, height, bands: 4, value: second });
  });

  it('equals the formulas pixel by pixel', async () => {
    const { status, stderr } = await diffed(
      'indices',
      at('noise-1.tif'),
      at('noise-2.tif'),
      '--detector',
      'indices',
      '--mmu',
      '1',
      '--no-align',
      '--no-normalize',
    );
    expect(status, stderr).toBe(0);
    const { data } = await readRaster(at('indices/change.tif'));
    const wrong = [...data].filter((code, i) => code !== expected(i % width, Math.floor(i / width)));
    expect(wrong).toEqual([]);
    expect([...countCodes({ width, height, data }).keys()].sort()).toEqual([0, 4, 5, 7]);
    expect(await violations(at('indices'))).toEqual([]);
  });

  it('--mmu drops what is smaller and keeps what is exactly as large', async () => {
    // blocks of 3 × 3 px of 4 m²: a lone one has 36 m²
    const minimum = 36;
    const { status } = await diffed(
      'mmu',
      at('noise-1.tif'),
      at('noise-2.tif'),
      '--detector',
      'indices',
      '--mmu',
      '36.5',
      '--no-align',
      '--no-normalize',
    );
    expect(status).toBe(0);
    const large = (await readPatches(at('mmu'))).features.map(({ properties }) => properties.area_m2);
    const all = (await readPatches(at('indices'))).features.map(({ properties }) => properties.area_m2);
    expect(all.some((area) => area === minimum)).toBe(true);
    expect(large).toEqual(all.filter((area) => area > minimum));
    expect(await violations(at('mmu'))).toEqual([]);
  });
});
