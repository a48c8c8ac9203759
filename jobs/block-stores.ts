import { join } from 'node:path';
import { type BlockStore, folderStore } from '../raster/engine/block-store.js';
import { s3Store } from '../raster/engine/s3-store.js';
import type { S3Options } from '../raster/net/s3-objects.js';
import type { Config } from './config.js';

/** Where a run that does its blocks itself keeps them. */
export function ownBlocks({ stateDir }: Pick<Config, 'stateDir'>): BlockStore {
  return folderStore(join(stateDir, 'work'));
}

/** Where runs with --distributed and their workers leave blocks for each other. @throws BadInput where keys are missing */
export function sharedBlocks(
  config: Pick<Config, 'stateDir' | 'blockStore'>,
  options: S3Options = {},
): BlockStore {
  return config.blockStore === '' ? ownBlocks(config) : s3Store(config.blockStore, options);
}

/** All places where a run of this configuration may have left blocks. */
export function blockStores(config: Pick<Config, 'stateDir' | 'blockStore'>): readonly BlockStore[] {
  return [ownBlocks(config), ...(config.blockStore === '' ? [] : [sharedBlocks(config)])];
}
