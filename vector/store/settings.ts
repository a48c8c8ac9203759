import { z } from 'zod';
import { type Crs, crsFromEpsg } from '../../raster/crs.js';
import type { Db } from './db.js';

/** A setting of the district as JSON, null where it was never set. */
export async function getSetting(db: Db, key: string): Promise<unknown> {
  const rows = await db.query<{ value: unknown }>('SELECT value FROM tuban.district_setting WHERE key = $1', [
    key,
  ]);
  return rows.length > 0 ? rows[0].value : null;
}

export async function setSetting(db: Db, key: string, value: unknown): Promise<void> {
  await db.query(
    `INSERT INTO tuban.district_setting (key, value) VALUES ($1, $2::jsonb)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    [key, JSON.stringify(value)],
  );
}

/** What every run of a district shares, so that its months lie pixel on pixel. */
export interface DistrictFrame {
  readonly crs: Crs;
  /** In CRS units. */
  readonly resolution: number;
}

const FRAME = 'frame';
const StoredFrame = z.object({ epsg: z.number().int(), resolution: z.number().positive() });

/** The frame the district's first run fixed; null before it. */
export async function districtFrame(db: Db): Promise<DistrictFrame | null> {
  const stored = await getSetting(db, FRAME);
  if (stored === null) return null;
  const { epsg, resolution } = StoredFrame.parse(stored);
  return { crs: crsFromEpsg(epsg), resolution };
}

/**
 * Fixes the district's frame where none is fixed yet, and returns the one that holds: of two runs that start at once, the
 * first one's. The CRS needs an EPSG code.
 */
export async function fixDistrictFrame(db: Db, frame: DistrictFrame): Promise<DistrictFrame> {
  const stored = StoredFrame.parse({ epsg: frame.crs.epsg, resolution: frame.resolution });
  await db.query(
    'INSERT INTO tuban.district_setting (key, value) VALUES ($1, $2::jsonb) ON CONFLICT (key) DO NOTHING',
    [FRAME, JSON.stringify(stored)],
  );
  return (await districtFrame(db)) ?? frame;
}
