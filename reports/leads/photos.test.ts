import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadInput, messageOf } from '../../raster/errors.js';
import type { Db } from '../../vector/store/db.js';
import { listLeadEvents, listLeadPhotos } from '../../vector/store/lead-events.js';
import { publishRun } from '../../vector/store/publish.js';
import { startRun } from '../../vector/store/runs.js';
import { draftAt, GRID } from '../../vector/store/sample.js';
import { openTestDatabase, type TestDatabase } from '../../vector/store/testing.js';
import { keepPhoto, photoPath } from './photos.js';
import { readPhoto } from './read-photo.js';
import { refreshLeads } from './refresh.js';
import { lonLatAt, RULES } from './testing.js';
import { updateLeads } from './update.js';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tuban-photos-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Degrees as EXIF has them: degrees, minutes, hundredths of seconds. */
function dms(value: number): string {
  const seconds = Math.abs(value) * 3600;
  return `${Math.floor(seconds / 3600)}/1 ${Math.floor((seconds % 3600) / 60)}/1 ${Math.round((seconds % 60) * 10_000)}/10000`;
}

async function photo(name: string, at: readonly [number, number] | null, tone = 90): Promise<string> {
  const gps = at && {
    GPSLatitudeRef: at[1] < 0 ? 'S' : 'N',
    GPSLatitude: dms(at[1]),
    GPSLongitudeRef: at[0] < 0 ? 'W' : 'E',
    GPSLongitude: dms(at[0]),
  };
  const taken = { DateTimeOriginal: '2026:09:03 10:20:30' };
  const picture = sharp({
    create: { width: 16, height: 12, channels: 3, background: { r: tone, g: 120, b: 80 } },
  });
  const path = join(dir, name);
  await writeFile(
    path,
    await picture
      .withExif({ IFD2: taken, ...(gps ? { IFD3: gps } : {}) })
      .jpeg()
      .toBuffer(),
  );
  return path;
}

describe('readPhoto', () => {
  it('reads position and time out of EXIF, and the type out of the content', async () => {
    const read = await readPhoto(await photo('north.png', [114.123456, 22.543211]), 'Asia/Shanghai');
    expect(read.mediaType).toBe('image/jpeg');
    expect(read.position?.[0]).toBeCloseTo(114.123456, 6);
    expect(read.position?.[1]).toBeCloseTo(22.543211, 6);
    expect(read.takenAt).toBe('2026-09-03T02:20:30.000Z');
    const south = await readPhoto(await photo('south.jpg', [-43.2, -22.9]), 'UTC');
    expect(south.position).toEqual([expect.closeTo(-43.2, 6), expect.closeTo(-22.9, 6)]);
  });

  it('takes a photo without a position', async () => {
    const read = await readPhoto(await photo('bare.jpg', null), 'UTC');
    expect(read).toMatchObject({ position: null, takenAt: '2026-09-03T10:20:30.000Z' });
  });

  it('refuses what is no picture, by name', async () => {
    const path = join(dir, 'letter.jpg');
    await writeFile(path, 'Dear all');
    await expect(readPhoto(path, 'UTC')).rejects.toThrow(BadInput);
    await expect(readPhoto(path, 'UTC')).rejects.toThrow(/letter\.jpg is no picture/);
    await expect(readPhoto(join(dir, 'absent.jpg'), 'UTC')).rejects.toThrow(/absent\.jpg cannot be read/);
  });
});

describe('keepPhoto', () => {
  it('keeps a photo once under its hash, and leaves nothing else', async () => {
    const read = await readPhoto(await photo('a.jpg', null, 10), 'UTC');
    const state = join(dir, 'state');
    const path = await keepPhoto(state, read);
    expect(path).toBe(join(state, 'photos', read.hash.slice(0, 2), `${read.hash}.jpg`));
    expect(photoPath(state, read)).toBe(path);
    expect(await readFile(path)).toEqual(read.bytes);
    await writeFile(path, 'as it was');
    await keepPhoto(state, read);
    expect(await readFile(path, 'utf8')).toBe('as it was');
    expect(await readdir(join(state, 'photos', read.hash.slice(0, 2)))).toHaveLength(1);
  });
});

describe('photos of a visit', () => {
  let opened: TestDatabase;
  let db: Db;
  beforeAll(async () => {
    opened = await openTestDatabase();
    db = opened.db;
  });
  afterAll(() => opened?.dispose());

  it('are checked against the patch, warned of when far or without position, and all kept', async () => {
    const settings = { leads: RULES, timeZone: 'Asia/Shanghai' };
    const at = new Date('2026-09-03T03:00:00Z');
    const run = await startRun(db, {
      month: '2026-08',
      against: 'mom',
      beforeMonth: '2026-07',
      grid: GRID,
      parameters: {},
    });
    const [{ number }] = await publishRun(db, run, [draftAt(0, 0, 20, { confidence: 0.95 })], []);
    await refreshLeads(db, settings, 'all', at);
    const paths = [
      await photo('inside.jpg', [...lonLatAt(10, 10)], 1),
      await photo('far.jpg', [...lonLatAt(20 + 350, 10)], 2),
      await photo('nowhere.jpg', null, 3),
    ];
    const photos = await Promise.all(paths.map((path) => readPhoto(path, 'Asia/Shanghai')));
    const update = { assign: true, visited: true, photos, note: '现场' } as const;
    const { warnings } = await updateLeads(db, settings, [number], update, { who: '王五', at });
    expect(warnings).toEqual([
      expect.stringMatching(/far\.jpg was taken 3(49|50|51) m from the patch of lead/),
      expect.stringMatching(/nowhere\.jpg has no position in its EXIF; it is kept/),
    ]);
    const stored = await listLeadPhotos(db, [number]);
    expect(stored.map(({ distanceM }) => distanceM)).toEqual([0, expect.closeTo(350, -1), null]);
    expect(stored[0]).toMatchObject({
      hash: photos[0].hash,
      takenAt: '2026-09-03T02:20:30.000Z',
      mediaType: 'image/jpeg',
    });
    const events = await listLeadEvents(db, [number]);
    expect(events.map(({ kind }) => kind)).toEqual([
      'created',
      'sent',
      'assigned',
      'visited',
      'photo',
      'photo',
      'photo',
    ]);
    expect(events[4]).toMatchObject({
      id: stored[0].eventId,
      status: 'visited',
      data: { hash: photos[0].hash, far: false },
    });
    const again = await updateLeads(db, settings, [number], { photos: [photos[0]] }, { who: '王五', at });
    expect(again.events).toEqual([]);
    expect(again.warnings.map(messageOf)).toEqual([expect.stringMatching(/already among the photos/)]);
  });
});
