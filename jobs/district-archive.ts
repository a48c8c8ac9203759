import type { OpenedScene } from '../raster/engine/prepare.js';
import { BadInput } from '../raster/errors.js';
import type { Grid } from '../raster/grid.js';
import type { Db } from '../vector/store/db.js';
import { listSubdistricts } from '../vector/store/subdistricts.js';
import { type Archive, openArchive, storedMonths } from './catalogue.js';
import type { Config } from './config.js';
import { districtGrid } from './district-grid.js';
import { MOST_MONTHS_BACK } from './looks.js';
import { monthsBetween } from './options.js';

/** A district's scenes on its one grid, for whatever looks at months again. */
export interface DistrictArchive {
  readonly grid: Grid;
  /** Onto which all months are aligned and normalized. */
  readonly reference: OpenedScene;
  /** The scenes of a date compared: those of a month, and of the months before it that fill its gaps. */
  before(month: string): Promise<OpenedScene[]>;
  after(month: string): Promise<OpenedScene[]>;
  close(): Promise<void>;
}

/** @throws BadInput where no month has scenes or no subdistricts are known */
export async function openDistrictArchive(db: Db, config: Config): Promise<DistrictArchive> {
  const months = await storedMonths(db);
  const subdistricts = await listSubdistricts(db);
  if (months.length === 0 || subdistricts.length === 0)
    throw new BadInput(
      'There are no scenes or no subdistricts yet; add them first: tuban scenes add, tuban districts import',
    );
  const archive: Archive = openArchive(db);
  try {
    const [reference] = await archive.scenes([months[0]]);
    const grid = await districtGrid(db, config, subdistricts, reference.scene);
    return {
      grid,
      reference,
      before: (month) =>
        archive.scenes(
          months.filter((m) => m <= month && monthsBetween(m, month) <= MOST_MONTHS_BACK).reverse(),
        ),
      after: (month) => archive.scenes([month]),
      close: () => archive.close(),
    };
  } catch (error) {
    await archive.close();
    throw error;
  }
}
