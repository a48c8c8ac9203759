import { rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseCrs, WGS84 } from '../raster/crs.js';
import { leadProperties } from '../reports/leads/properties.js';
import { leadLayer } from '../reports/leads/record.js';
import { recordColumns } from '../reports/leads/record-fields.js';
import { dayIn } from '../reports/shared/zone.js';
import { DEMO_MONTHS, DEMO_RESOLUTION, makeSamples, type SampleSet } from '../samples/make.js';
import { makeRegisters } from '../samples/registers.js';
import { readDistricts } from '../vector/districts.js';
import { exportLayer, exportPatches } from '../vector/export/export.js';
import type { LeadDisposition } from '../vector/lead.js';
import { readAddresses } from '../vector/registers/addresses.js';
import { readCameras } from '../vector/registers/cameras.js';
import { readPermits } from '../vector/registers/permits.js';
import { readZones } from '../vector/registers/zones.js';
import { importAddresses } from '../vector/store/addresses.js';
import { importCameras } from '../vector/store/cameras.js';
import { type Db, openDatabase } from '../vector/store/db.js';
import { listLeads } from '../vector/store/leads.js';
import { listPatches } from '../vector/store/patches.js';
import { importPermits } from '../vector/store/permits.js';
import { crsOfRun, publishedRun } from '../vector/store/runs.js';
import { setSetting } from '../vector/store/settings.js';
import { replaceSubdistricts } from '../vector/store/subdistricts.js';
import { importZones } from '../vector/store/zones.js';
import { registerScene } from './catalogue.js';
import { type Config, loadConfig } from './config.js';
import { type ClassScore, evaluate } from './evaluate.js';
import { listCases } from './leads/cases.js';
import { chooseModel } from './models/use.js';
import { type MonthlyResult, runMonth } from './monthly.js';
import { SYNTHETIC, writeReport } from './report.js';
import { runFolder } from './state-history.js';

/** Seed of the demo's world. */
const SEED = 20260821;
/** Has learnt what buildings look like in other worlds of the generator. */
const SAMPLE_MODEL = 'buildings-samples@6';

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
  readonly leads: DemoLeads;
  readonly results: readonly MonthlyResult[];
  readonly scores: readonly ClassScore[];
}

/** The leads of all months: how many of what disposition, and the file that lists them. */
export interface DemoLeads {
  readonly file: string;
  /** Those that were sent, with the fields of the enforcement record. */
  readonly workbook: string;
  readonly count: Readonly<Partial<Record<LeadDisposition, number>>>;
}

/** The demo's own folder is a working directory like any other; its server is the embedded database. */
export function demoConfig(dir: string): Config {
  return { ...loadConfig(dir, {}), databaseUrl: '', stateDir: join(dir, '.tuban') };
}

/** Makes the sample months, runs them all, writes report, patches and leads, and scores the last month against its truth. */
export async function demo(request: DemoRequest): Promise<DemoResult> {
  const dir = resolve(request.dir);
  const config = demoConfig(dir);
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
    await importRegisters(db, samples, request.seed ?? SEED, join(dir, 'samples'));
    await chooseModel(db, SAMPLE_MODEL, new Date());
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
    const leads = await writeLeads(db, config, dir);
    const rasters = runFolder(config.stateDir, run.id);
    const scores = await score(samples, month, results, join(rasters, 'change.tif'));
    return { dir, database, reports, patches, rasters, leads, results, scores };
  } finally {
    await db.close();
  }
}

/** Permits, zones, addresses and cameras, made for the sample's changes and read back as any file would be. */
export async function importRegisters(db: Db, samples: SampleSet, seed: number, dir: string): Promise<void> {
  const files = await makeRegisters({ ...samples, dir, seed });
  await importPermits(db, (await readPermits(files.permits)).rows);
  for (const { kind, file } of files.zones) await importZones(db, kind, (await readZones(file)).rows);
  await importAddresses(db, (await readAddresses(files.addresses)).rows, { replace: true });
  await importCameras(db, (await readCameras(files.cameras)).rows);
}

async function writeLeads(db: Db, { timeZone, record, crs }: Config, dir: string): Promise<DemoLeads> {
  const [file, workbook] = [join(dir, 'leads.json'), join(dir, 'leads.xlsx')];
  const leads = await listLeads(db);
  const today = dayIn(new Date(), timeZone);
  await writeFile(
    file,
    `${JSON.stringify(
      leads.map((lead) => leadProperties(lead, today)),
      null,
      1,
    )}\n`,
  );
  const count: Partial<Record<LeadDisposition, number>> = {};
  for (const { disposition } of leads) count[disposition] = (count[disposition] ?? 0) + 1;
  const sent = await listCases(db, { disposition: 'sent' });
  await exportLayer(sent, leadLayer(recordColumns(record)), {
    format: 'xlsx',
    crs: WGS84,
    gridCrs: sent[0]?.run.grid.crs ?? parseCrs(crs),
    out: workbook,
  });
  return { file, workbook, count };
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
