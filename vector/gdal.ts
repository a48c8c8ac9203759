import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { messageOf } from '../raster/errors.js';

/**
 * GDAL compiled to WebAssembly (gdal3.js, LGPL), for the vector formats that are not worth writing ourselves. It runs in this
 * thread, on bytes in its own memory: it touches no file of ours, leaves no thread, and is loaded at its first use (1-2 s).
 */
interface Gdal {
  open(path: string, openOptions?: readonly string[]): Promise<{ readonly datasets: readonly Dataset[] }>;
  close(dataset: Dataset): Promise<void>;
  ogr2ogr(
    dataset: Dataset,
    options: readonly string[],
    outputName: string,
  ): Promise<{ readonly local: string }>;
  ogrinfo(dataset: Dataset, options?: readonly string[]): Promise<unknown>;
  readonly Module: { readonly FS: MemoryFiles };
}

/** Opaque to us. */
interface Dataset {
  readonly path: string;
}

/** The part of Emscripten's FS that is used here. */
interface MemoryFiles {
  mkdir(path: string): void;
  rmdir(path: string): void;
  readdir(path: string): string[];
  readFile(path: string): Uint8Array;
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
}

export type NamedBytes = ReadonlyMap<string, Uint8Array>;

let loading: Promise<Gdal> | null = null;
/** What GDAL printed since the last call began; its own return codes hide most errors. */
let printed: string[] = [];
/** One call at a time: GDAL's state and memory are shared. */
let last: Promise<unknown> = Promise.resolve();

function load(): Promise<Gdal> {
  loading ??= loadOnce();
  return loading;
}

async function loadOnce(): Promise<Gdal> {
  const require = createRequire(import.meta.url);
  // the package sets a global `location`, which makes other libraries take Node for a browser
  const before = Object.getOwnPropertyDescriptor(globalThis, 'location');
  const init: (config: object) => Promise<Gdal> = require('gdal3.js/node.js');
  const folder = join(dirname(require.resolve('gdal3.js/package.json')), 'dist', 'package');
  const print = (text: string) => {
    printed.push(text);
  };
  try {
    // it reads its data from './' + path, so the path must be relative to the working directory
    const path = relative(process.cwd(), folder).replaceAll('\\', '/');
    return await init({ path, useWorker: false, logHandler: print, errorHandler: print });
  } finally {
    if (before) Object.defineProperty(globalThis, 'location', before);
    else Reflect.deleteProperty(globalThis, 'location');
  }
}

/** GDAL could not do what was asked; `message` is what it printed. */
export class GdalError extends Error {
  override readonly name = 'GdalError';
}

export interface Conversion {
  /** All files of the source by name, e.g. `in.shp` and `in.dbf`. Names are ASCII. */
  readonly files: NamedBytes;
  /** The one of them to open. */
  readonly source: string;
  readonly openOptions?: readonly string[];
  /** Options of ogr2ogr, `-f` first. */
  readonly options: readonly string[];
}

/**
 * Runs ogr2ogr.
 * @returns the files written, by name: `out` and the extension of the format.
 * @throws GdalError with GDAL's own words.
 */
export function convert(conversion: Conversion): Promise<NamedBytes> {
  return withDataset(conversion, async (gdal, dataset) => {
    const folder = '/output/job';
    gdal.Module.FS.mkdir(folder);
    try {
      await gdal.ogr2ogr(dataset, conversion.options, 'job/out');
      failOnErrors();
      return readAll(gdal.Module.FS, folder);
    } finally {
      removeAll(gdal.Module.FS, folder);
    }
  });
}

/** What ogrinfo says of a source, as JSON (GDAL's ogrinfo_output.schema.json). @throws GdalError. */
export function describeVectors(source: Omit<Conversion, 'options'>): Promise<unknown> {
  return withDataset(source, async (gdal, dataset) => gdal.ogrinfo(dataset));
}

function withDataset<T>(
  source: Omit<Conversion, 'options'>,
  work: (gdal: Gdal, dataset: Dataset) => Promise<T>,
): Promise<T> {
  const turn = last.then(async () => {
    const gdal = await load();
    const files = gdal.Module.FS;
    const folder = '/input/job';
    printed = [];
    files.mkdir(folder);
    try {
      for (const [name, bytes] of source.files) files.writeFile(`${folder}/${name}`, bytes);
      const { datasets } = await gdal.open(`${folder}/${source.source}`, [...(source.openOptions ?? [])]);
      if (datasets.length === 0) throw new GdalError(spoken('cannot be opened'));
      try {
        return await work(gdal, datasets[0]);
      } finally {
        await gdal.close(datasets[0]);
      }
    } catch (error) {
      throw error instanceof GdalError ? error : new GdalError(spoken(rejection(error)));
    } finally {
      removeAll(files, folder);
    }
  });
  last = turn.catch(() => {});
  return turn;
}

/** GDAL's wrapper rejects with `{no, message}`, or an array of these. */
function rejection(error: unknown): string {
  const first: unknown = Array.isArray(error) ? error[0] : error;
  if (first instanceof Error) return messageOf(first);
  return typeof first === 'object' && first !== null && 'message' in first
    ? String(first.message)
    : String(first);
}

function failOnErrors(): void {
  if (printed.some((line) => line.startsWith('ERROR'))) throw new GdalError(spoken(''));
}

/** The errors printed, else `fallback`. */
function spoken(fallback: string): string {
  const errors = printed.filter((line) => line.startsWith('ERROR'));
  return errors.length > 0 ? errors.slice(0, 3).join('; ') : fallback;
}

function names(files: MemoryFiles, folder: string): string[] {
  return files.readdir(folder).filter((name) => name !== '.' && name !== '..');
}

function readAll(files: MemoryFiles, folder: string): NamedBytes {
  return new Map(names(files, folder).map((name) => [name, files.readFile(`${folder}/${name}`)]));
}

function removeAll(files: MemoryFiles, folder: string): void {
  for (const name of names(files, folder)) files.unlink(`${folder}/${name}`);
  files.rmdir(folder);
}
