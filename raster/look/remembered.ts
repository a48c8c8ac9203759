import type { Window } from '../grid.js';
import type { Scene } from '../scene.js';
import type { RasterFile, SampleArray } from '../tiff/types.js';

/** Decoded bytes that all scenes of a look may keep; what is beyond is read again. */
export const MOST_REMEMBERED = 128 * 1024 * 1024;

/** Counts what scenes keep, so that a mosaic of many does not fill the memory. */
export interface Memory {
  bytes: number;
}

interface Kept {
  readonly level: number;
  readonly window: Window;
  readonly bands: string;
  readonly planes: readonly SampleArray[];
}

/**
 * The same scene, whose sample windows are decoded once, however often the look resamples them: as they come, shifted,
 * normalized. Windows are read `margin` px larger each way, so that a shift finds its pixels in them. Files stay the
 * scene's: it is closed as ever.
 */
export function rememberedScene(scene: Scene, margin: number, memory: Memory): Scene {
  const files = new Map<RasterFile, RasterFile>();
  const wrap = (file: RasterFile) => {
    const known = files.get(file) ?? rememberedFile(file, margin, memory);
    files.set(file, known);
    return known;
  };
  const bands = new Map([...scene.bands].map(([role, band]) => [role, { ...band, file: wrap(band.file) }]));
  const quality = scene.quality === null ? null : { ...scene.quality, file: wrap(scene.quality.file) };
  return { ...scene, bands, quality };
}

function rememberedFile(file: RasterFile, margin: number, memory: Memory): RasterFile {
  const kept: Kept[] = [];
  /** What holds the window, read now if need be; null where there is no room for more. */
  const recall = async (level: number, window: Window, bands: readonly number[]): Promise<Kept | null> => {
    const key = bands.join();
    const known = kept.find((k) => k.level === level && k.bands === key && contains(k.window, window));
    if (known) return known;
    if (memory.bytes >= MOST_REMEMBERED) return null;
    const larger = enlarge(window, margin, file.info.levels[level]);
    const planes = await file.readWindow(level, larger, bands);
    memory.bytes += planes.reduce((sum, plane) => sum + plane.byteLength, 0);
    const made = { level, window: larger, bands: key, planes };
    kept.push(made);
    return made;
  };
  return {
    ...file,
    async readWindow(level, window, bands) {
      const known = await recall(level, window, bands);
      if (known === null) return file.readWindow(level, window, bands);
      return known.planes.map((plane) => cut(plane, known.window, window));
    },
    async readInto(level, window, bands, target) {
      const known = await recall(level, window, bands);
      if (known === null) return file.readInto(level, window, bands, target);
      known.planes.forEach((plane, b) => {
        copyRows(plane, known.window, window, target.samples, b * target.plane, target.stride);
      });
    },
  };
}

function contains(outer: Window, inner: Window): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** `window` with `margin` px more each way, as far as the level goes. */
function enlarge(window: Window, margin: number, level: { width: number; height: number }): Window {
  const x = Math.max(0, window.x - margin);
  const y = Math.max(0, window.y - margin);
  return {
    x,
    y,
    width: Math.min(level.width, window.x + window.width + margin) - x,
    height: Math.min(level.height, window.y + window.height + margin) - y,
  };
}

/** A part of a plane, copied: whoever reads a window may keep it. */
function cut(plane: SampleArray, from: Window, window: Window): SampleArray {
  const part = new (plane.constructor as new (length: number) => SampleArray)(window.width * window.height);
  copyRows(plane, from, window, part, 0, window.width);
  return part;
}

/** The rows of `window` out of a plane that holds `from`, to `stride` samples from one to the next. */
function copyRows(
  plane: SampleArray,
  from: Window,
  window: Window,
  to: SampleArray,
  at: number,
  stride: number,
): void {
  for (let y = 0; y < window.height; y++) {
    const start = (y + window.y - from.y) * from.width + window.x - from.x;
    to.set(plane.subarray(start, start + window.width), at + y * stride);
  }
}
