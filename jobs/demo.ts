import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCrs } from '../raster/crs.js';
import { DEMO_MONTHS, DEMO_RESOLUTION, makeSamples, type SampleSet } from '../samples/make.js';
import { readDistricts } from '../vector/districts.js';
import { exportPatches } from '../vector/export/export.js';
import { openDatabase } from '../vector/store/db.js';
import { listPatches } from '../vector/store/patches.js';
import { crsOfRun, publishedRun } from '../vector/store/runs.js';
import { setSetting } from '../vector/store/settings.js';
import { replaceSubdistricts } from '../vector/store/subdistricts.js';
import { registerScene } from './catalogue.js';
import { loadConfig } from './config.js';
import { type ClassScore, evaluate } from './evaluate.js';
import { type MonthlyResult, runMonth } from './monthly.js';
import { SYNTHETIC, writeReport } from './report.js';
import { runFolder } from './state-history.js';

/** Seed of the demo's world. */
const SEED = 20260821;

export interface DemoRequest {
  readonly dir: string;
  readonly seed?: number;
  readonly tell: (line: string) => void;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

export interface DemoResult {
  readonly dir: string;
  readonly database: string;
  readonly reports: readonly string[];
  readonly patches: string;
  readonly rasters: string;
  readonly results: readonly MonthlyResult[];
  readonly scores: readonly ClassScore[];
}

/** Makes the sample months, runs them all, writes report and patches, and scores the last month against its truth. */
export async function demo(request: DemoRequest): Promise<DemoResult> {
  const dir = resolve(request.dir);
  // the demo's own folder is a working directory like any other; its server is the embedded database
  const config = { ...loadConfig(dir, {}), databaseUrl: '', stateDir: join(dir, '.tuban') };
  const database = join(config.stateDir, 'database');
  await rm(join(dir, 'samples'), { recursive: true, force: true });
  request.tell('making the sample months');
  const samples = await makeSamples({
    dir: join(dir, 'samples'),
    seed: request.seed ?? SEED,
    months: [...DEMO_MONTHS],
    resolution: DEMO_RESOLUTION,
    onProgress: (share) => request.onProgress?.('samples', Math.round(share * 100), 100),
  });
  request.tell('opening the embedded database');
  const db = await openDatabase({ url: '', dataDir: database, holder: 'tuban demo' });
  try {
    await setSetting(db, SYNTHETIC, true);
    await replaceSubdistricts(db, (await readDistricts(samples.districtsFile, {})).subdistricts);
    for (const { month, file } of samples.scenes) await registerScene(db, { files: [file] }, month);
    const results: MonthlyResult[] = [];
    for (const { month } of samples.scenes) {
      request.tell(`running ${month}`);
      results.push(...(await runMonth(db, config, { month, against: null, onProgress: request.onProgress })));
    }
    const month = samples.scenes[samples.scenes.length - 1].month;
    request.tell('writing the report');
    const reports = [join(dir, `report-${month}.html`), join(dir, `report-${month}.en.html`)];
    const report = { month, against: null, since: null, format: 'html' } as const;
    await writeReport(db, config, { ...report, lang: 'zh', out: reports[0] });
    await writeReport(db, config, { ...report, lang: 'en', out: reports[1] });
    const run = await publishedRun(db, { month, against: 'mom' });
    if (run === null) throw new Error(`the demo's month ${month} has no run`);
    const patches = join(dir, `patches-${month}.gpkg`);
    await exportPatches(await listPatches(db, { month, against: 'mom' }), {
      format: 'gpkg',
      crs: parseCrs('EPSG:4490'),
      gridCrs: crsOfRun(run),
      out: patches,
    });
    const rasters = runFolder(config.stateDir, run.id);
    const scores = await score(samples, month, results, join(rasters, 'change.tif'));
    return { dir, database, reports, patches, rasters, results, scores };
  } finally {
    await db.close();
  }
}

async function score(
  samples: SampleSet,
  month: string,
  results: readonly MonthlyResult[],
  prediction: string,
): Promise<ClassScore[]> {
  const before = results.find((result) => result.month === month && result.against === 'mom')?.beforeMonth;
  const truth = samples.truth.find((entry) => entry.before === before && entry.after === month);
  if (!truth || !(await stat(truth.file).catch(() => null))) return [];
  return evaluate({ prediction, truth: truth.file });
}
