import { basename } from 'node:path';
import type { SceneReport } from '../raster/engine/prepare.js';
import { shownAddress } from '../raster/tiff/address.js';
import type { Db } from '../vector/store/db.js';
import { addToRunLog, type LogLevel, type RunLogLine } from '../vector/store/run-log.js';
import type { Logger } from './log.js';

/** Writes down what a run does: with the run, in the program's log, and to who listens. */
export type Note = (
  level: LogLevel,
  event: string,
  data?: Readonly<Record<string, unknown>>,
) => Promise<void>;

export function runNotes(
  db: Db,
  run: number,
  tell: { readonly log?: Logger; readonly onNote?: (run: number, line: RunLogLine) => void },
): Note {
  return async (level, event, data = {}) => {
    tell.log?.[level](data, event);
    tell.onNote?.(run, await addToRunLog(db, run, { level, event, data }));
  };
}

/** A scene's name without its folder: who reads the log may not see the machine's paths. */
export function sceneName(path: string): string {
  return basename(shownAddress(path));
}

/** How each scene came to lie and shine like the reference, as lines of the log; what was refused warns. */
export async function noteScenes(note: Note, reports: readonly SceneReport[]): Promise<void> {
  for (const { scene, alignment, normalization } of reports) {
    const { dx, dy } = alignment.shift;
    await note(alignment.reliable ? 'info' : 'warn', 'Scene:Aligned', {
      scene: sceneName(scene),
      dx_px: rounded(dx),
      dy_px: rounded(dy),
      reliable: alignment.reliable,
    });
    const { refused, invariant } = normalization;
    await note(refused.length === 0 ? 'info' : 'warn', 'Scene:Normalized', {
      scene: sceneName(scene),
      invariant: rounded(invariant),
      ...(refused.length === 0 ? {} : { refused }),
    });
  }
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;
