import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Point } from '../../raster/affine.js';
import { crsFromEpsg, transformer, WGS84 } from '../../raster/crs.js';
import { BadInput } from '../../raster/errors.js';
import { seeded } from '../../raster/tiff/testing/random.js';
import { type NearPair, nearPair } from '../testing/near-pairs.js';
import type { Db } from './db.js';
import { type GivenGround, validGround } from './ground.js';
import { difference, intersection } from './overlay.js';
import { openTestDatabase, openTestServer, type TestDatabase, testServerUrl } from './testing.js';

/**
 * Ground is cut with ground in SQL alone: on the embedded database by its own PostGIS and GEOS, on a server by others. Both
 * must come to the same areas where edges lie within nanometres to a millimetre of one another.
 */
const COUNT = 10_000;
const BATCH = 250;
const SEED = 20_261_121;
/** Share of a pair's area. */
const TOLERANCE = 1e-4;
/** Of a batch: some 7 s, 18 where others use the machine. It tells a hang from slow work, and measures nothing. */
const SLOWEST_MS = 60_000;

interface Areas {
  readonly place: number;
  /** Of the two polygons, of what they share (cut in degrees and in metres), of the first without the second, m². */
  readonly a: number;
  readonly b: number;
  readonly both: number;
  readonly planar: number;
  readonly rest: number;
}

const toLonLat = transformer(crsFromEpsg(4547), WGS84);
const groundOf = (what: string, rings: NearPair['a']): GivenGround => ({
  what,
  geometry: [rings.map((ring) => ring.map(([x, y]): Point => toLonLat(x, y)))],
});

/** The polygon as an import takes it, null where it is refused. */
async function taken(db: Db, ground: GivenGround): Promise<string | null> {
  try {
    return (await validGround(db, [ground])).geoms[0];
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return null;
  }
}

/** All at once, or where one of them is refused each on its own. */
async function allTaken(db: Db, grounds: readonly GivenGround[]): Promise<(string | null)[]> {
  try {
    return (await validGround(db, grounds)).geoms;
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const found: (string | null)[] = [];
    for (const ground of grounds) found.push(await taken(db, ground));
    return found;
  }
}

/** Areas of a batch of pairs, as leads and patch numbers ask for them. */
async function areasOf(db: Db, pairs: readonly NearPair[]): Promise<(Areas | null)[]> {
  const as = await allTaken(
    db,
    pairs.map(({ a }, i) => groundOf(`a${i}`, a)),
  );
  const bs = await allTaken(
    db,
    pairs.map(({ b }, i) => groundOf(`b${i}`, b)),
  );
  const rows = await db.query<Areas>(
    `SELECT place::int AS place, ST_Area(pa) AS a, ST_Area(pb) AS b, ST_Area(ST_Transform(${intersection('a', 'b', 'degrees')}, 4547)) AS both,
       ST_Area(${intersection('pa', 'pb', 'metres')}) AS planar, ST_Area(${difference('pa', 'pb', 'metres')}) AS rest
     FROM (SELECT place, a, b, made_valid(ST_Transform(a, 4547)) AS pa, made_valid(ST_Transform(b, 4547)) AS pb
           FROM (SELECT place, a::geometry AS a, b::geometry AS b FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(a, b, place)
                 WHERE a IS NOT NULL AND b IS NOT NULL) AS read) AS projected
     ORDER BY place`.replaceAll(
      /made_valid\((.*?\))\)/g,
      'CASE WHEN ST_IsValid($1) THEN $1 ELSE ST_CollectionExtract(ST_MakeValid($1), 3) END',
    ),
    [as, bs],
  );
  const found = new Map(rows.map((row) => [row.place, row]));
  return pairs.map((_, i) => found.get(i + 1) ?? null);
}

function pairsOf(from: number, to: number): NearPair[] {
  return Array.from({ length: to - from }, (_, i) => nearPair(seeded(SEED + from + i), from + i));
}

/** What does not add up in the areas of one database: what two polygons share and the rest of one are that one. */
function contradiction({ a, b, both, planar, rest }: Areas): string | null {
  const most = TOLERANCE * Math.max(a, b);
  if (Math.abs(planar + rest - a) > most) return `${planar} shared and ${rest} beside make ${a}`;
  if (Math.abs(planar - both) > most) return `${both} shared in degrees, ${planar} in metres`;
  return planar > Math.min(a, b) + most ? `${planar} shared of ${a} and ${b}` : null;
}

const url = testServerUrl();
if (url === null) console.warn('overlay is compared with no server: TUBAN_TEST_DATABASE_URL is not set');

describe('nearly coincident polygons', () => {
  let embedded: TestDatabase;
  let server: TestDatabase | null = null;
  beforeAll(async () => {
    embedded = await openTestDatabase();
    if (url !== null) server = await openTestServer(url);
  });
  afterAll(async () => {
    await server?.dispose();
    await embedded?.dispose();
  });

  it(`${COUNT} pairs: areas add up, and are the same on a server, and none hangs`, {
    timeout: 600_000,
  }, async () => {
    const wrong: string[] = [];
    const counts = { compared: 0, refused: 0, slowestBatchMs: 0 };
    for (let from = 0; from < COUNT; from += BATCH) {
      const pairs = pairsOf(from, from + BATCH);
      const start = performance.now();
      const own = await areasOf(embedded.db, pairs);
      counts.slowestBatchMs = Math.max(counts.slowestBatchMs, performance.now() - start);
      const other = server && (await areasOf(server.db, pairs));
      for (const [i, areas] of own.entries()) {
        const what = `pair ${from + i} (${pairs[i].kind})`;
        const theirs = other?.[i];
        if (other && (areas === null) !== (theirs === null)) wrong.push(`${what}: refused by one only`);
        if (areas === null) {
          counts.refused++;
          continue;
        }
        counts.compared++;
        const problem = contradiction(areas);
        if (problem) wrong.push(`${what}: ${problem}`);
        if (!theirs) continue;
        const most = TOLERANCE * Math.max(areas.a, areas.b);
        for (const key of ['a', 'b', 'both', 'planar', 'rest'] as const) {
          if (Math.abs(areas[key] - theirs[key]) > most)
            wrong.push(`${what}: ${key} is ${areas[key]}, on the server ${theirs[key]}`);
        }
      }
    }
    console.info(`overlay of ${COUNT} pairs, series ${SEED}:`, JSON.stringify(counts));
    expect(wrong).toEqual([]);
    expect(counts.compared).toBeGreaterThan(0.8 * COUNT);
    expect(counts.slowestBatchMs).toBeLessThan(SLOWEST_MS);
  });

  it('are told from others: a millimetre of a metre-wide strip is a difference', async () => {
    const strip = (width: number): NearPair['a'] => [
      [
        [512_000, 2_494_000],
        [512_000 + width, 2_494_000],
        [512_000 + width, 2_494_100],
        [512_000, 2_494_100],
        [512_000, 2_494_000],
      ],
    ];
    const [areas] = await areasOf(embedded.db, [{ kind: 'strips', a: strip(1), b: strip(0.999) }]);
    expect(areas?.rest).toBeCloseTo(0.1, 4);
  });
});
