import { z } from 'zod';
import { runChild } from '../measure/child.js';
import type { ScenePair } from '../scenes/make.js';
import type { GdalTools } from './tools.js';

/**
 * Reads every block of every band once into one small buffer, and tells when it began and ended by the clock. Of the
 * ways tried (rows of blocks, pixel-interleaved buffers) none was clearly quicker than band sequential blocks of the
 * file's own size.
 */
const READ_ALL = `
import json, sys, time
from osgeo import gdal
import numpy as np
gdal.UseExceptions()
gdal.SetCacheMax(64 << 20)
began = time.time()
scene = gdal.Open(sys.argv[1])
side = scene.GetRasterBand(1).GetBlockSize()[0]
buffer = np.empty((scene.RasterCount, side, side), 'u2')
for y in range(0, scene.RasterYSize, side):
    for x in range(0, scene.RasterXSize, side):
        w, h = min(side, scene.RasterXSize - x), min(side, scene.RasterYSize - y)
        part = buffer if (w, h) == (side, side) else np.empty((scene.RasterCount, h, w), 'u2')
        scene.ReadRaster(x, y, w, h, buf_obj=part)
print(json.dumps([began, time.time()]))
`;

const Span = z.tuple([z.number(), z.number()]);

/**
 * Seconds that GDAL takes to decode both scenes, a process each at once: from the first opening to the last block, so
 * that the start of the interpreters does not count. It is the floor of any work on the pair.
 */
export async function decodeSeconds(gdal: GdalTools, pair: ScenePair): Promise<number> {
  const spans = await Promise.all(
    [pair.before, pair.after].map(async (path) => {
      const { stdout } = await runChild(gdal.python, ['-c', READ_ALL, path]);
      return Span.parse(JSON.parse(stdout));
    }),
  );
  return Math.max(...spans.map(([, end]) => end)) - Math.min(...spans.map(([begin]) => begin));
}
