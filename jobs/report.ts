import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gatherReport } from '../reports/monthly/gather.js';
import type { Lang } from '../reports/monthly/input.js';
import { renderReport } from '../reports/monthly/report.js';
import type { Subdistrict } from '../vector/patch.js';
import type { Db } from '../vector/store/db.js';
import { getSetting } from '../vector/store/settings.js';
import { listSubdistricts } from '../vector/store/subdistricts.js';
import { openArchive } from './catalogue.js';
import type { Config } from './config.js';

export interface ReportRequest {
  readonly month: string;
  readonly against: readonly ('mom' | 'yoy')[] | null;
  readonly lang: Lang;
  readonly out: string;
}

/** Setting that marks a database as filled with made-up scenes. */
export const SYNTHETIC = 'synthetic';

/** Division code of Luohu (GB/T 2260), which its subdistricts' codes begin with. */
const LUOHU = '440303';

/** What a district is called where the configuration does not say. */
export function districtName(subdistricts: readonly Subdistrict[], lang: Lang): string {
  const luohu = subdistricts.length > 0 && subdistricts.every(({ code }) => code.startsWith(LUOHU));
  if (luohu) return lang === 'zh' ? '罗湖区' : 'Luohu District';
  return lang === 'zh' ? '本区' : 'District';
}

/** Gathers and writes the report; the file appears whole or not at all. */
export async function writeReport(db: Db, config: Config, request: ReportRequest): Promise<void> {
  const archive = openArchive(db);
  try {
    const input = await gatherReport(db, {
      ...request,
      district: config.district || districtName(await listSubdistricts(db), request.lang),
      generatedAt: new Date().toISOString(),
      timeZone: config.timeZone,
      synthetic: (await getSetting(db, SYNTHETIC)) === true,
      openMonth: (month) => archive.scenes([month]),
    });
    const out = resolve(request.out);
    await mkdir(dirname(out), { recursive: true });
    await writeFile(`${out}.new`, renderReport(input));
    await rename(`${out}.new`, out);
  } finally {
    await archive.close();
  }
}
