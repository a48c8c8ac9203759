import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from '../../measure/child.js';

/** Made once a seed and list of months, and kept. Returns the folder. */
export async function makeSeries(
  cli: string,
  folder: string,
  seed: number,
  months: readonly string[],
): Promise<string> {
  const out = join(folder, `series-${seed}-${months[0]}-${months.length}`);
  const done = join(out, 'complete');
  if (existsSync(done)) return out;
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await runChild(process.execPath, [
    ...[cli, 'samples', '--dir', out, '--seed', String(seed), '--months', months.join(',')],
  ]);
  await writeFile(done, '');
  return out;
}

/** Runs a series month after month as anyone would, with a learned model where one is named, then exports what is known at its end to `YYYY-MM.geojson`. */
export async function runSeries(
  cli: string,
  samples: string,
  months: readonly string[],
  work: string,
  model: string,
  tell: (text: string) => void,
): Promise<void> {
  await mkdir(work, { recursive: true });
  await writeFile(join(work, 'tuban.json'), JSON.stringify({ model }));
  const tuban = (...args: string[]) => runChild(process.execPath, [cli, ...args], { cwd: work });
  await tuban('districts', 'import', join(samples, 'districts.geojson'));
  for (const month of months) {
    await tuban('scenes', 'add', join(samples, 'scenes', `${month}.tif`), '--month', month);
    const { wallS } = await tuban('run', '--month', month);
    tell(`  ${month}: ${wallS.toFixed(0)} s`);
  }
  for (const month of months.slice(1)) {
    const out = join(work, `${month}.geojson`);
    await tuban(
      'patches',
      'export',
      '--month',
      month,
      '--format',
      'geojson',
      '--crs',
      'EPSG:4547',
      '--out',
      out,
    );
  }
}
