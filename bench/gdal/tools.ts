import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** GDAL as it is found on the machine. */
export interface GdalTools {
  readonly version: string;
  /** A Python that has `osgeo` and numpy. */
  readonly python: string;
}

const PROGRAMS = ['gdalwarp', 'gdal_calc.py', 'gdal_sieve.py', 'gdal_polygonize.py'] as const;
const PYTHONS = ['python3', '/usr/bin/python3'] as const;

/** The tools, or the reason why the chain cannot be run here. */
export async function findGdal(): Promise<GdalTools | string> {
  for (const program of PROGRAMS) {
    // all of them print how they are used; gdal_*.py end with 2 then
    const found = await run(program, ['--help']).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    if (!found) return `${program} is not on PATH`;
  }
  for (const python of PYTHONS) {
    try {
      const { stdout } = await run(python, [
        '-c',
        'import numpy; from osgeo import gdal; print(gdal.__version__)',
      ]);
      return { version: stdout.trim(), python };
    } catch {
      // the next one may have it
    }
  }
  return `none of ${PYTHONS.join(', ')} has osgeo and numpy`;
}
