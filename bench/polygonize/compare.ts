import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { GdalTools } from '../gdal/tools.js';
import { runChild } from '../measure/child.js';
import { makeNoisy, NOISY_VERSION } from './noisy.js';

export interface PolygonizeRun {
  readonly who: 'tuban' | 'GDAL';
  readonly side: number;
  readonly regions: number;
  /** From opening the raster to the last polygon, without the start of the process. */
  readonly seconds: number;
  readonly peakMb: number | null;
  readonly detail: Readonly<Record<string, number>>;
}

const Answer = z.object({
  regions: z.number(),
  seconds: z.number(),
  detail: z.record(z.string(), z.number()).default({}),
});

/**
 * What gdal_polygonize.py does, into GDAL's in-memory layer: the quickest of its outputs, since nothing is written. The
 * raster is uncompressed, class 0 is masked, regions are 4-connected: as for ours.
 */
const GDAL_POLYGONIZE = `
import json, sys, time
from osgeo import gdal, ogr
gdal.UseExceptions()
began = time.time()
raster = gdal.Open(sys.argv[1])
band = raster.GetRasterBand(1)
memory = ogr.GetDriverByName('Memory').CreateDataSource('')
layer = memory.CreateLayer('p', geom_type=ogr.wkbPolygon)
layer.CreateField(ogr.FieldDefn('code', ogr.OFTInteger))
gdal.Polygonize(band, band, layer, 0, [])
print(json.dumps({'regions': layer.GetFeatureCount(), 'seconds': time.time() - began}))
`;

/** Polygonizes the same noisy raster of `side`² px with ours and, where it is there, with GDAL; one after the other. */
export async function comparePolygonize(
  folder: string,
  side: number,
  seed: number,
  gdal: GdalTools | null,
): Promise<PolygonizeRun[]> {
  const raster = join(folder, `noisy-v${NOISY_VERSION}-seed${seed}-${side}.bin`);
  await makeNoisy(raster, side, seed);
  // an ENVI header makes the raw bytes a raster to GDAL
  await writeFile(
    raster.replace(/bin$/, 'hdr'),
    `ENVI\nsamples = ${side}\nlines = ${side}\nbands = 1\nheader offset = 0\ndata type = 1\ninterleave = bsq\nbyte order = 0\n`,
  );
  const ours = fileURLToPath(new URL('./ours.js', import.meta.url));
  const results = [await run('tuban', side, process.execPath, [ours, raster, String(side)])];
  if (gdal) results.push(await run('GDAL', side, gdal.python, ['-c', GDAL_POLYGONIZE, raster]));
  return results;
}

async function run(
  who: PolygonizeRun['who'],
  side: number,
  command: string,
  args: readonly string[],
): Promise<PolygonizeRun> {
  const { stdout, peakMb } = await runChild(command, args);
  return { who, side, peakMb, ...Answer.parse(JSON.parse(stdout)) };
}
