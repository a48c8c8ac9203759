import { createHash } from 'node:crypto';
import { boundsIn } from '../../../raster/choose-grid.js';
import type { OpenedScene } from '../../../raster/engine/prepare.js';
import { type Bounds, snappedGrid } from '../../../raster/grid.js';
import { renderRgb, type Stretch } from '../../../raster/picture.js';
import { placed } from '../../../raster/scene.js';
import { sceneStamps } from '../../../raster/scene-files.js';
import { listScenes } from '../../../vector/store/scenes.js';
import type { GisDeps } from './deps.js';
import type { LonLatBox } from './spatial.js';
import { WEB_MERCATOR } from './tile-math.js';

/** What the catalogue says of a month's scenes, without opening them. */
export interface MonthCover {
  /** Of the catalogue's entries and the files: another one, another picture. */
  readonly stamp: string;
  readonly box: LonLatBox;
  /** Side of a pixel of the finest scene, metres. */
  readonly metres: number;
}

/** A month's scenes as a map shows them. */
export interface MonthPicture {
  /** Newest first, and behind them those with a cloud mask once more without it: a cloud is better to look at than a hole. */
  readonly scenes: readonly OpenedScene[];
  /** One for all of the month's ground, so that its tiles fit together. */
  readonly stretch: Stretch;
}

export interface MonthScenes {
  /** Null where the month has no scene. */
  cover(month: string): Promise<MonthCover | null>;
  /** @throws BadInput, Unavailable where a scene cannot be read. */
  picture(month: string, cover: MonthCover): Promise<MonthPicture | null>;
}

/** How long a cover holds before the files are asked again, ms: one view of a map asks for dozens of tiles. */
const COVER_MS = 15_000;
/** Longest side of the picture that the stretch is taken from, px. */
const STRETCH_PX = 512;

/** Covers and pictures of months, each kept while its scenes stay what they are. */
export function monthScenes({
  db,
  scenes: openMonth,
  now,
}: Pick<GisDeps, 'db' | 'scenes' | 'now'>): MonthScenes {
  const covers = new Map<string, { readonly at: number; readonly cover: Promise<MonthCover | null> }>();
  const pictures = new Map<
    string,
    { readonly stamp: string; readonly picture: Promise<MonthPicture | null> }
  >();

  const makeCover = async (month: string): Promise<MonthCover | null> => {
    const records = await listScenes(db, { month });
    if (records.length === 0) return null;
    const files = await Promise.all(records.map((record) => sceneStamps(record.files)));
    const text = JSON.stringify(records.map((record, i) => [record.id, record.addedAt, files[i]]));
    const points = records.flatMap(({ footprint }) => footprint);
    const { minX, minY, maxX, maxY } = boundsOfPoints(points);
    return {
      stamp: createHash('sha256').update(text).digest('hex').slice(0, 16),
      box: [minX, minY, maxX, maxY],
      metres: Math.min(...records.map(({ resolutionM }) => resolutionM)),
    };
  };

  const makePicture = async (month: string): Promise<MonthPicture | null> => {
    const opened = await openMonth(month);
    if (opened.length === 0) return null;
    const unmasked = opened
      .filter(({ scene }) => scene.quality !== null)
      .map((one) => ({ ...one, scene: { ...one.scene, quality: null } }));
    const corners = opened.map(({ scene }) => boundsIn(placed(scene), WEB_MERCATOR));
    const around = boundsOfPoints(
      corners.flatMap(({ minX, minY, maxX, maxY }): [number, number][] => [
        [minX, minY],
        [maxX, maxY],
      ]),
    );
    const side = Math.max(around.maxX - around.minX, around.maxY - around.minY) / STRETCH_PX;
    const { stretch } = await renderRgb(opened, snappedGrid(WEB_MERCATOR, around, side));
    return { scenes: [...opened, ...unmasked], stretch };
  };

  return {
    cover(month) {
      const known = covers.get(month);
      const at = now().getTime();
      if (known !== undefined && at - known.at < COVER_MS) return known.cover;
      const cover = makeCover(month);
      covers.set(month, { at, cover });
      cover.catch(() => covers.delete(month));
      return cover;
    },
    picture(month, { stamp }) {
      const known = pictures.get(month);
      if (known?.stamp === stamp) return known.picture;
      const picture = makePicture(month);
      pictures.set(month, { stamp, picture });
      picture.catch(() => pictures.delete(month));
      return picture;
    },
  };
}

function boundsOfPoints(points: readonly (readonly [number, number])[]): Bounds {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}
