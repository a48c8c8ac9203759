/** `npm run drill`: everything. Else about a tenth, which CI has time for. */
export const DRILL = process.env.TUBAN_DRILL === '1';

/** All of a collection in the drill, every tenth else; `offset` lets parts of one collection take turns. */
export function share<T>(all: readonly T[], offset = 0): readonly T[] {
  return DRILL ? all : all.filter((_, i) => i % 10 === offset % 10);
}

/** Says what was done, where the drill is run. */
export function told(line: string): void {
  if (DRILL) console.info(`drill: ${line}`);
}
