import { spawnSync } from 'node:child_process';

/** Whether GDAL's tools are there to read what we serve; where CI=true they must be. */
export function gdalThere(): boolean {
  const there = spawnSync('ogrinfo', ['--version']).status === 0;
  if (!there && process.env.CI === 'true') {
    throw new Error('CI=true, but ogrinfo is not there; apt-get install gdal-bin');
  }
  if (!there) console.warn('tests that read with GDAL are skipped: apt-get install gdal-bin');
  return there;
}
