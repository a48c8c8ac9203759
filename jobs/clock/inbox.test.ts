import { describe, expect, it } from 'vitest';
import { completeScenes, type InboxFile, newScenes, type Sighting, sightings } from './inbox.js';

const file = (path: string, bytes: number, changedMs: number): InboxFile => ({ path, bytes, changedMs });
const SETTLE = 60_000;

/** What is complete at each of several looks. */
function looks(...all: readonly (readonly [nowMs: number, files: readonly InboxFile[]])[]): string[][] {
  let seen: ReadonlyMap<string, Sighting> = new Map();
  return all.map(([now, files]) => {
    seen = sightings(files, seen, now);
    return completeScenes(files, seen, now, SETTLE).map((scene) => scene.files.join(' '));
  });
}

describe('a watched folder', () => {
  it('takes a file once its size has been the same for long enough', () => {
    const growing = (bytes: number, at: number) => [file('/in/a.tif', bytes, at)];
    expect(
      looks(
        [1000, growing(10, 1000)],
        [61_000, growing(20, 61_000)],
        [90_000, growing(20, 61_000)],
        [121_000, growing(20, 61_000)],
      ),
    ).toEqual([[], [], [], ['/in/a.tif']]);
  });

  it('takes at once what was written long ago, and never an empty file', () => {
    expect(looks([500_000, [file('/in/a.tif', 10, 1000), file('/in/b.tif', 0, 1000)]])).toEqual([
      ['/in/a.tif'],
    ]);
  });

  it('a file dated in the future, and a clock put back, do not hold it up for ever', () => {
    const files = [file('/in/a.tif', 10, 9_000_000)];
    expect(looks([1_000_000, files], [500_000, files], [560_000, files])).toEqual([[], [], ['/in/a.tif']]);
  });

  it('one growing band file holds back its product, and no other scene', () => {
    const product = (bytes: number) => [
      file('/in/LC08_L2SP_122044_20260803_20260810_02_T1_SR_B4.TIF', 10, 0),
      file('/in/LC08_L2SP_122044_20260803_20260810_02_T1_SR_B5.TIF', bytes, 900_000),
      file('/in/other.tif', 10, 0),
    ];
    const [first, second] = looks([900_000, product(5)], [960_000, product(5)]);
    expect(first).toEqual(['/in/other.tif']);
    expect(second).toHaveLength(2);
  });

  it('knows what it has registered, and a new delivery of the same file', () => {
    const scene = { files: ['/in/a.tif'], stamp: 'one' };
    expect(newScenes([scene], new Map())).toEqual([scene]);
    expect(newScenes([scene], new Map([['/in/a.tif', 'one']]))).toEqual([]);
    expect(newScenes([scene], new Map([['/in/a.tif', 'old']]))).toEqual([scene]);
    // added by hand: perhaps to another month, on purpose
    expect(newScenes([scene], new Map([['/in/a.tif', null]]))).toEqual([]);
  });
});
