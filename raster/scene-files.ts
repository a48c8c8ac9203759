import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInput, messageOf } from './errors.js';
import type { SceneItem } from './stac/item.js';
import { distinctAddress, isAddress, shownAddress } from './tiff/address.js';
import type { RasterHeader } from './tiff/header.js';
import { httpSource } from './tiff/http.js';
import { type OpenOptions, openRaster, openRasterFrom } from './tiff/open.js';
import { type FileStamp, stampOf } from './tiff/stamp.js';
import type { RasterFile } from './tiff/types.js';

/** What the files of a scene turn out to be. */
export type SceneFiles =
  | { readonly kind: 'rasters'; readonly files: readonly string[] }
  | { readonly kind: 'item'; readonly item: SceneItem };

/** A STAC Item is some 10 kB; this bounds what a file that is none can cost. */
const MAX_ITEM_BYTES = 16 * 1024 * 1024;
const TIFF_NAME = /\.tiff?$/i;

/**
 * Paths and addresses of a scene's rasters: a folder stands for the TIFFs in it, a STAC Item for its assets.
 * `sensor` goes over the one an item names.
 * @throws BadInput naming what cannot be used.
 */
export async function sceneFiles(given: readonly string[], sensor?: string): Promise<SceneFiles> {
  const files: string[] = [];
  for (const file of given) {
    if (!isAddress(file) && (await isFolder(file))) {
      files.push(...(await tiffsIn(file)));
      continue;
    }
    const json = TIFF_NAME.test(shownAddress(file)) ? null : await jsonOf(file);
    if (json === null) files.push(file);
    else if (given.length === 1) {
      const { sceneItem } = await import('./stac/item.js');
      return { kind: 'item', item: sceneItem(json, file, sensor) };
    } else throw new BadInput(`${shownAddress(file)}: is a STAC Item, a scene of its own; give it alone`);
  }
  return { kind: 'rasters', files };
}

/** Versions of everything a scene is made of: what must be the same for its pixels to be the same. */
export async function sceneStamps(given: readonly string[]): Promise<FileStamp[]> {
  const found = await sceneFiles(given);
  if (found.kind === 'rasters') return Promise.all(found.files.map(stampOf));
  const { bands, images, quality } = found.item;
  const all = [...bands.values(), ...(bands.size === 0 ? images : []), ...(quality ? [quality] : [])];
  return Promise.all([...new Set(all.map(({ file }) => file))].map(stampOf));
}

/** Opens a raster on disk or behind an address. @throws BadInput, Unavailable naming it. */
export async function openSceneFile(file: string, options: OpenOptions = {}): Promise<RasterFile> {
  if (!isAddress(file)) return openRaster(file, options);
  const source = await httpSource(file);
  try {
    return await openRasterFrom(source, distinctAddress(file), options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** What has been read of files already, by `info.path`. */
export type Headers = ReadonlyMap<string, RasterHeader>;

/** Opens several at once; where one cannot be opened none is left open. */
export async function openSceneFiles(
  files: readonly { readonly file: string; readonly options: OpenOptions }[],
  headers: Headers = new Map(),
): Promise<RasterFile[]> {
  const opened = await Promise.allSettled(
    files.map(({ file, options }) => {
      const header = headers.get(isAddress(file) ? distinctAddress(file) : file);
      return openSceneFile(file, { ...options, header });
    }),
  );
  const failed = opened.find((result) => result.status === 'rejected');
  const done = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed === undefined) return done;
  await Promise.allSettled(done.map((file) => file.close()));
  throw failed.reason;
}

async function isFolder(file: string): Promise<boolean> {
  const info = await stat(file).catch((error: unknown) => {
    throw new BadInput(`${file}: cannot be opened (${messageOf(error)}); expected a GeoTIFF`);
  });
  return info.isDirectory();
}

async function tiffsIn(folder: string): Promise<string[]> {
  const inside = (await readdir(folder)).filter((name) => TIFF_NAME.test(name)).sort();
  if (inside.length === 0) throw new BadInput(`${folder}: the folder holds no .tif files`);
  return inside.map((name) => join(folder, name));
}

/** The text of a file that begins as a JSON object does, null of any other. */
async function jsonOf(file: string): Promise<string | null> {
  if (!isAddress(file)) {
    const handle = await open(file).catch(() => null);
    // whoever reads it as a raster says why it cannot be opened
    if (handle === null) return null;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
      if (!beginsAsJson(buffer.subarray(0, bytesRead))) return null;
      checkItemSize(file, (await handle.stat()).size);
    } finally {
      await handle.close();
    }
    return readFile(file, 'utf8');
  }
  const source = await httpSource(file);
  try {
    if (!beginsAsJson(await source.read(0, Math.min(64, source.size)))) return null;
    checkItemSize(shownAddress(file), source.size);
    return new TextDecoder().decode(await source.read(0, source.size));
  } finally {
    await source.close();
  }
}

function beginsAsJson(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*\{/.test(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
}

function checkItemSize(name: string, size: number): void {
  if (size <= MAX_ITEM_BYTES) return;
  throw new BadInput(
    `${name}: is JSON of ${Math.ceil(size / 2 ** 20)} MiB; expected a GeoTIFF or a STAC Item`,
  );
}
