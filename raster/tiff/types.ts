import type { Affine } from '../affine.js';
import type { Crs } from '../crs.js';
import type { Window } from '../grid.js';
import type { RasterHeader } from './header.js';
import type { SharedBlocks, SharedMemory } from './shared.js';

export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export type SampleType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

export type ColourRole = 'red' | 'green' | 'blue' | 'alpha' | 'grey' | 'palette' | 'undefined';

/** What a raster file says of itself. Level 0 is full resolution, the others its overviews, finest first. */
export interface RasterInfo {
  /** As the user gave it: a path or an address. */
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** px to CRS units; null where the file is not georeferenced. */
  readonly transform: Affine | null;
  /** Null where the file names no CRS we can read. */
  readonly crs: Crs | null;
  readonly bandCount: number;
  readonly sampleType: SampleType;
  /** GDAL_NODATA (tag 42113). */
  readonly nodata: number | null;
  /** GDAL metadata DESCRIPTION a band, null where there is none. */
  readonly bandDescriptions: readonly (string | null)[];
  readonly colours: readonly ColourRole[];
  readonly levels: readonly { readonly width: number; readonly height: number }[];
  /** Real value = sample × scale + offset (GDAL metadata), 1 and 0 where the file tells none. */
  readonly scales: readonly number[];
  readonly offsets: readonly number[];
  /** TIFFTAG_DATETIME as YYYY-MM-DD, null where absent. */
  readonly acquired: string | null;
}

/** Where the samples of a window go: band i, row y begins at `i * plane + y * stride`. */
export interface WindowTarget {
  readonly samples: SampleArray;
  readonly stride: number;
  readonly plane: number;
}

export interface RasterFile {
  readonly info: RasterInfo;
  /** What was read of it before any pixel, as plain data: another thread opens the file with it. */
  readonly header: RasterHeader;
  /**
   * Decoded samples of a window of one level, one array a band in the order asked, `window.width * window.height` long,
   * row by row. The window lies inside the level. Bands count from 0.
   * @throws BadInput naming the file where its data cannot be decoded.
   */
  readWindow(level: number, window: Window, bands: readonly number[]): Promise<SampleArray[]>;
  /** The same into an array at hand, of the file's sample type or one that holds its values. */
  readInto(level: number, window: Window, bands: readonly number[], target: WindowTarget): Promise<void>;
  /** Blocks that threads reading a band of windows `width` × `height` px (level 0) should keep in common, in `memory`. */
  shareBlocks(width: number, height: number, memory: SharedMemory): SharedBlocks;
  /** From now on this thread keeps decoded blocks in those shared ones, made by `shareBlocks` of the same file. */
  keepBlocksIn(shared: SharedBlocks): void;
  close(): Promise<void>;
}
