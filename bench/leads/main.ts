/** A worst month of leads: what the README of `bench` says. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerScene } from '../../jobs/catalogue.js';
import { refreshLeads } from '../../reports/leads/refresh.js';
import { LeadConfig } from '../../reports/leads/rule-config.js';
import { makeSamples } from '../../samples/make.js';
import { readDistricts } from '../../vector/districts.js';
import { openDatabase } from '../../vector/store/db.js';
import { replaceSubdistricts } from '../../vector/store/subdistricts.js';
import { CLI } from '../cli.js';
import { watched } from './command.js';
import { BEFORE, districts, MONTH, seconds, storeMonth, storeRegisters, WORST_MONTH } from './made.js';

/** A file of each format, one of both encodings. */
const EXPORTS = [
  ['geojson', 'utf-8', 'leads.geojson'],
  ['gpkg', 'utf-8', 'leads.gpkg'],
  ['shp', 'gbk', 'leads.shp'],
  ['csv', 'utf-8', 'leads.csv'],
  ['xlsx', 'utf-8', 'leads.xlsx'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'tuban-bench-leads-'));
const url = process.env.TUBAN_BENCH_DATABASE_URL ?? '';
const only = process.argv[2];
try {
  const dataDir = join(folder, '.tuban', 'database');
  mkdirSync(join(folder, '.tuban'));
  const db = await openDatabase({ url, dataDir, holder: 'bench' });
  try {
    await tellRegisters();
    if (only !== 'refresh') await storeScenes();
  } finally {
    await db.close();
  }

  async function tellRegisters(): Promise<void> {
    console.log(db.kind, 'imports, s:', await storeRegisters(db, WORST_MONTH));
    await storeMonth(db, WORST_MONTH);
    const settings = { leads: LeadConfig.parse({}), timeZone: 'Asia/Shanghai' };
    for (const which of ['first', 'again']) {
      const before = process.cpuUsage();
      const wallS = await seconds(() => refreshLeads(db, settings, { month: MONTH }, new Date()));
      const { user, system } = process.cpuUsage(before);
      console.log(which, 'refresh:', { wallS, cpuS: (user + system) / 1e6 });
    }
  }

  async function storeScenes(): Promise<void> {
    const extent = join(folder, 'districts.geojson');
    writeFileSync(extent, JSON.stringify(districts()));
    const dir = join(folder, 'samples');
    const samples = await makeSamples({ dir, seed: 5, months: [BEFORE, MONTH], resolution: 2, extent });
    await replaceSubdistricts(db, (await readDistricts(extent, {})).subdistricts);
    for (const { month, file } of samples.scenes) await registerScene(db, { files: [file] }, month);
  }

  if (only !== 'refresh') {
    const env = { TUBAN_DATABASE_URL: url };
    for (const [format, encoding, out] of EXPORTS) {
      const args = ['leads', 'export', '--month', MONTH, '--format', format, '--encoding', encoding];
      console.log(format, await watched(CLI, [...args, '--out', out], folder, env));
    }
    for (const out of ['sheets.pdf', 'sheets.html']) {
      const cost = await watched(CLI, ['leads', 'sheet', '--month', MONTH, '--out', out], folder, env);
      console.log(out, { ...cost, fileMb: statSync(join(folder, out)).size / 1e6 });
    }
  }
} finally {
  if (process.env.TUBAN_BENCH_KEEP) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
