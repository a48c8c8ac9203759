import { BLOCK_SIZE, type Block, blocks, type Grid } from '../grid.js';
import { filesOf, placementOf } from '../scene.js';
import type { Headers } from '../scene-files.js';
import { type SharedBlocks, type SharedMemory, sharedMemory } from '../tiff/shared.js';
import { controlNet, netScale, type Placement } from '../warp/net.js';
import type { BlockJob } from './job.js';
import type { OpenedScene } from './prepare.js';

/** What decides how a comparison is cut into blocks. */
export type Tiled = Pick<BlockJob, 'grid' | 'cell'>;

/** From cells of so many px a side on a block has half as many of them a side: what lies under them must be read. */
const LARGE_CELL = 4;

/** Side of a block in px of what is judged: whole tiles of the outputs' first overview. */
const blockSide = (cell: number) => (cell < LARGE_CELL ? BLOCK_SIZE : BLOCK_SIZE / 2);

/** The same where a small grid is one block. */
function sizeOf({ grid, cell }: Tiled): number {
  return Math.min(blockSide(cell), Math.max(grid.width, grid.height));
}

/** The blocks a comparison is made of, by index: the same for whoever asks. */
export function blocksOf(tiled: Tiled): Block[] {
  return blocks(tiled.grid, sizeOf(tiled));
}

/** Width of a panel, px of the outputs, about: the tiles under a row of it are kept. */
const PANEL = 4 * BLOCK_SIZE;

/** How many panels of about equal width a grid has, and how many columns of blocks the widest of them. */
function panelsOf(
  { grid, cell }: Tiled,
  size: number,
): { readonly count: number; readonly columns: number; readonly widest: number } {
  const columns = Math.ceil(grid.width / size);
  const count = Math.max(1, Math.round((columns * blockSide(cell) * cell) / PANEL));
  return { count, columns, widest: Math.ceil(columns / count) };
}

/**
 * The blocks in the order they are worked off: row by row in panels a few blocks wide. Neighbours read the same tiles of
 * the scenes, and the rows of a panel need few enough to be kept whatever the width of the grid.
 */
export function inPanels(left: readonly Block[], tiled: Tiled): Block[] {
  const size = sizeOf(tiled);
  const { count, columns } = panelsOf(tiled, size);
  const panelOf = ({ core }: Block) => Math.floor(((core.x / size) * count) / columns);
  return [...left].sort((a, b) => panelOf(a) - panelOf(b) || a.index - b.index);
}

/** What the threads of a pool have in common. */
export interface SharedPixels {
  /** Decoded blocks, by path of the file. */
  readonly blocks: ReadonlyMap<string, SharedBlocks>;
  /** What holds them. */
  readonly memory: SharedMemory;
}

/** Room for the decoded tiles under a row of a panel, a file. */
export function shareBlocks(scenes: readonly Pick<OpenedScene, 'scene'>[], tiled: Tiled): SharedPixels {
  const { grid } = tiled;
  const size = sizeOf(tiled);
  const width = Math.min(grid.width, size * panelsOf(tiled, size).widest);
  const height = Math.min(grid.height, size);
  const blocks = new Map<string, SharedBlocks>();
  const memory = sharedMemory();
  for (const { scene } of scenes) {
    for (const file of filesOf(scene)) {
      const scale = sourceScale({ ...grid, width, height }, placementOf(file.info));
      blocks.set(file.info.path, file.shareBlocks(width * scale, height * scale, memory));
    }
  }
  return { blocks, memory };
}

/** A file that stands for two scenes with a CRS each, as `--source-crs` may say, is read anew by every thread. */
export function headersOf(scenes: readonly Pick<OpenedScene, 'scene'>[]): Headers {
  const files = scenes.flatMap(({ scene }) => scene.files);
  const headers = new Map(files.map((file) => [file.info.path, file.header]));
  for (const { info } of files) {
    const other = headers.get(info.path)?.info.crs;
    if (other?.proj4 !== info.crs?.proj4) headers.delete(info.path);
  }
  return headers;
}

/** px of a raster that one px of the grid spans, about. */
function sourceScale(grid: Grid, placement: Placement): number {
  const window = { x: 0, y: 0, width: grid.width, height: grid.height };
  return netScale(controlNet(grid, window, placement));
}
