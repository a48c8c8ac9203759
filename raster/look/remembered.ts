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
  return {
    ...file,
    async readWindow(level, window, bands) {
      const key = bands.join();
      const known = kept.find((k) => k.level === level && k.bands === key && contains(k.window, window));
      if (known) return known.planes.map((plane) => cut(plane, known.window, window));
      const larger = enlarge(window, margin, file.info.levels[level]);
      if (memory.bytes >= MOST_REMEMBERED) return file.readWindow(level, window, bands);
      const planes = await file.readWindow(level, larger, bands);
      kept.push({ level, window: larger, bands: key, planes });
      memory.bytes += planes.reduce((sum, plane) => sum + plane.byteLength, 0);
      return planes.map((plane) => cut(plane, larger, window));
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
  for (let y = 0; y < window.height; y++) {
    const start = (y + window.y - from.y) * from.width + window.x - from.x;
    part.set(plane.subarray(start, start + window.width) as never, y * window.width);
  }
  return part;
}
