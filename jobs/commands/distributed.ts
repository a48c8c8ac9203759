import type { BlockStore } from '../../raster/engine/block-store.js';
import type { BlockRunner } from '../../raster/engine/compare.js';
import type { Context } from '../context.js';
import type { Input } from './command.js';

/** What does the blocks of a run with `--distributed`, and where they are left; null where this process does them. Close it after the run. */
export async function blockRunner(
  input: Input,
  { config, log, tell }: Context,
): Promise<{ readonly run: BlockRunner; readonly store: BlockStore; close(): Promise<void> } | null> {
  if (input.options.distributed !== true) return null;
  const { openQueue } = await import('../distributed/queue.js');
  const { distributed } = await import('../distributed/parent.js');
  const { sharedBlocks } = await import('../block-stores.js');
  const store = sharedBlocks(config);
  const boss = await openQueue({ url: config.databaseUrl, name: 'tuban run', log });
  const run = distributed({ boss, log, tell, now: () => performance.now() });
  return { run, store, close: () => boss.stop({ graceful: false }).catch(() => {}) };
}
