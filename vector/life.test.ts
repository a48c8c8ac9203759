import { describe, expect, test } from 'vitest';
import { type ChangeClassName, classByName } from '../kernels/classes.js';
import { agreeingCodes, type Look, lifeOf } from './life.js';

const look = (kind: Look['kind'], after: string, holding: number, usable = 1): Look => ({
  kind,
  before: '2026-05',
  after,
  usable,
  holding,
});

describe('the life of a patch', () => {
  test('it is suspected until another month has seen it', () => {
    expect(lifeOf('building_new', [])).toEqual({ state: 'suspected', decided: null });
  });

  test('a later month that still shows it confirms it, one that does not dismisses it', () => {
    expect(lifeOf('building_new', [look('later', '2026-07', 0.8)])).toEqual({
      state: 'confirmed',
      decided: '2026-07',
    });
    expect(lifeOf('building_new', [look('later', '2026-07', 0.1)])).toEqual({
      state: 'dismissed',
      decided: '2026-07',
    });
  });

  test('clouded and unclear months are waited out, and the first clear one decides', () => {
    const clouded = look('later', '2026-07', 0, 0.4);
    const unclear = look('later', '2026-08', 0.4);
    expect(lifeOf('water_gain', [clouded, unclear]).state).toBe('suspected');
    const looks = [look('later', '2026-10', 0), look('later', '2026-09', 0.6), unclear, clouded];
    expect(lifeOf('water_gain', looks)).toEqual({ state: 'confirmed', decided: '2026-09' });
  });

  test('half of it seen may confirm it and cannot dismiss it: the rest lies under a cloud, and what is seen in its veil', () => {
    const half = look('later', '2026-07', 0, 0.6);
    expect(lifeOf('building_new', [half]).state).toBe('suspected');
    expect(lifeOf('building_new', [half, look('later', '2026-08', 1, 0.6)])).toEqual({
      state: 'confirmed',
      decided: '2026-08',
    });
    expect(lifeOf('building_new', [half, look('later', '2026-08', 0, 0.95)]).decided).toBe('2026-08');
    // what earlier months show under a shadow is not seen, and tells nothing of what they do show
    expect(lifeOf('water_gain', [look('earlier', '2026-06', 0, 0.6)]).state).toBe('dismissed');
  });

  test('what a month before shows no change from is dismissed, whatever comes later', () => {
    const looks = [look('earlier', '2026-06', 0), look('later', '2026-07', 1)];
    expect(lifeOf('building_removed', looks)).toEqual({ state: 'dismissed', decided: '2026-06' });
  });

  test('forest waits for a look over a year: the season alone confirms nothing', () => {
    const stays = look('later', '2026-07', 1);
    expect(lifeOf('forest_loss', [stays]).state).toBe('suspected');
    expect(lifeOf('forest_loss', [stays, look('year', '2026-08', 0.9)])).toEqual({
      state: 'confirmed',
      decided: '2026-08',
    });
    expect(lifeOf('forest_loss', [stays, look('year', '2026-06', 0.1)]).state).toBe('dismissed');
    expect(lifeOf('building_new', [look('year', '2026-06', 0.1)]).state).toBe('suspected');
    const crop = [stays, look('later', '2026-08', 0), look('year', '2026-07', 1)];
    expect(lifeOf('forest_loss', crop).state).toBe('dismissed');
    expect(lifeOf('water_gain', crop).state).toBe('confirmed');
  });

  test('of a wood that was cut earlier months vote: on a sunlit slope it looks like a meadow in winter', () => {
    const meadow = look('earlier', '2026-01', 0.1);
    const [wood, unclear] = [look('earlier', '2026-03', 0.9), look('earlier', '2026-02', 0.4)];
    expect(lifeOf('forest_loss', [meadow, unclear, wood]).state).toBe('suspected');
    // a month that is unclear has no vote, and half of them are not enough
    expect(lifeOf('forest_loss', [meadow, unclear])).toEqual({ state: 'dismissed', decided: '2026-01' });
    expect(lifeOf('forest_loss', [meadow, look('earlier', '2026-02', 0), wood]).state).toBe('dismissed');
    expect(lifeOf('forest_gain', [meadow, wood]).state).toBe('dismissed');
  });

  test('of a wood that was planted later months vote, and it is confirmed only by all of them', () => {
    const [june, july] = [look('later', '2026-06', 1), look('later', '2026-07', 1)];
    const [december, january] = [look('later', '2026-12', 0), look('later', '2027-01', 0)];
    const year = look('year', '2026-11', 1);
    expect(lifeOf('forest_gain', [june, december]).state).toBe('suspected');
    expect(lifeOf('forest_gain', [june, july, year]).state).toBe('confirmed');
    expect(lifeOf('forest_gain', [june, july, year, december]).state).toBe('suspected');
    expect(lifeOf('forest_gain', [june, december, january])).toEqual({
      state: 'dismissed',
      decided: '2027-01',
    });
    // the year's own look has a vote as well
    expect(lifeOf('forest_gain', [june, look('year', '2026-11', 0)]).state).toBe('suspected');
    expect(lifeOf('forest_gain', [look('year', '2026-11', 0)]).decided).toBe('2026-11');
  });

  test('earthwork is confirmed by a second month: a ploughed field is bare for one', () => {
    const looks = [look('later', '2026-07', 1), look('later', '2026-08', 0.9)];
    expect(lifeOf('earthwork', looks.slice(0, 1)).state).toBe('suspected');
    expect(lifeOf('earthwork', looks)).toEqual({ state: 'confirmed', decided: '2026-08' });
    const field = [looks[0], look('later', '2026-08', 0.1), look('later', '2026-09', 1)];
    expect(lifeOf('earthwork', field)).toEqual({ state: 'dismissed', decided: '2026-08' });
  });

  test('ground made ready and then built on has lasted, and agrees with what came of it', () => {
    const codes = (...names: ChangeClassName[]) => new Set(names.map((name) => classByName(name)?.code));
    expect(agreeingCodes('earthwork', 'later')).toEqual(codes('earthwork', 'building_new'));
    expect(agreeingCodes('building_new', 'later')).toEqual(codes('building_new'));
    expect(agreeingCodes('building_new', 'earlier')).toEqual(
      codes('building_new', 'earthwork', 'water_loss', 'forest_loss'),
    );
  });
});
