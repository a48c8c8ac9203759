import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cost, runChild } from '../measure/child.js';
import type { ScenePair } from '../scenes/make.js';

/** The grid of a comparison as `summary.json` tells it. */
export interface SummaryGrid {
  readonly crs: string;
  readonly resolution: number;
  readonly width: number;
  readonly height: number;
  readonly transform: readonly number[];
}

export interface ChainResult extends Cost {
  readonly steps: Readonly<Record<string, Cost>>;
  /** The classes before small regions were sieved: codes of the change raster, 255 where a date has no pixel. */
  readonly classes: string;
}

const SIEVE_PX = 12;
/** Written without compression and in tiles: nothing cheaper is on offer. */
const TILED = ['TILED=YES', 'BLOCKXSIZE=512', 'BLOCKYSIZE=512'];

/**
 * The index formulas of docs/design.md section 4, each index computed once. B, C, D are green, red, nir before, F, G, H
 * after; a pixel that warping left empty is 0 in all bands.
 */
const CLASSES = [
  '(B:=B.astype(numpy.float32)',
  'C:=C.astype(numpy.float32)',
  'D:=D.astype(numpy.float32)',
  'F:=F.astype(numpy.float32)',
  'G:=G.astype(numpy.float32)',
  'H:=H.astype(numpy.float32)',
  'vb:=(D-C)/(D+C)',
  'va:=(H-G)/(H+G)',
  'wb:=(B-D)/(B+D)',
  'wa:=(F-H)/(F+H)',
  'numpy.select([(D==0)|(H==0),(wa>0.1)&(wb<0),(wb>0.1)&(wa<0),(vb>0.5)&(vb-va>0.2)&(wa<0)],[255,4,5,7],0).astype(numpy.uint8))[-1]',
].join(',');

/**
 * What a user of GDAL's tools would do for the same result: warp both scenes onto the grid, compute the classes, sieve
 * regions below 12 px, make polygons 4-connected. GDAL's own defaults but for two threads of warping.
 */
export async function gdalChain(pair: ScenePair, grid: SummaryGrid, folder: string): Promise<ChainResult> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const [left, top] = [grid.transform[2], grid.transform[5]];
  const right = left + grid.width * grid.resolution;
  const bottom = top - grid.height * grid.resolution;
  const created = TILED.flatMap((option) => ['-co', option]);
  const steps: Record<string, Cost> = {};
  const step = async (name: string, command: string, args: readonly string[]) => {
    const { wallS, cpuS, peakMb } = await runChild(command, args);
    steps[name] = { wallS, cpuS, peakMb };
  };
  const warp = (source: string, target: string) => [
    ...['-q', '-t_srs', grid.crs, '-tr', String(grid.resolution), String(grid.resolution)],
    ...['-te', String(left), String(bottom), String(right), String(top)],
    ...['-r', 'bilinear', '-multi', '-wo', 'NUM_THREADS=2', ...created, source, target],
  ];
  await step('warp before', 'gdalwarp', warp(pair.before, at('before.tif')));
  await step('warp after', 'gdalwarp', warp(pair.after, at('after.tif')));
  const band = (letter: string, file: string, number: number) => [
    ...[`-${letter}`, at(file), `--${letter}_band=${number}`],
  ];
  await step('calc', 'gdal_calc.py', [
    ...['--quiet', `--outfile=${at('classes.tif')}`, '--type=Byte', '--hideNoData'],
    ...TILED.map((option) => `--co=${option}`),
    ...[...band('B', 'before.tif', 2), ...band('C', 'before.tif', 3), ...band('D', 'before.tif', 4)],
    ...[...band('F', 'after.tif', 2), ...band('G', 'after.tif', 3), ...band('H', 'after.tif', 4)],
    `--calc=${CLASSES}`,
  ]);
  await step('sieve', 'gdal_sieve.py', [
    ...['-q', '-st', String(SIEVE_PX), '-4', '-nomask', at('classes.tif'), at('sieved.tif')],
  ]);
  await step('polygonize', 'gdal_polygonize.py', [
    ...['-q', at('sieved.tif'), '-f', 'FlatGeobuf', at('patches.fgb')],
  ]);
  const costs = Object.values(steps);
  const sum = (values: readonly (number | null)[]) =>
    values.reduce<number | null>((total, v) => (total === null || v === null ? null : total + v), 0);
  return {
    wallS: costs.reduce((total, { wallS }) => total + wallS, 0),
    cpuS: sum(costs.map(({ cpuS }) => cpuS)),
    peakMb: costs.every(({ peakMb }) => peakMb !== null)
      ? Math.max(...costs.map(({ peakMb }) => peakMb ?? 0))
      : null,
    steps,
    classes: at('classes.tif'),
  };
}
