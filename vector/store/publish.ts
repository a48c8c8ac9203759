import { encodePolygon } from '../ewkb.js';
import { type DraftPatch, numberGiver, numberPrefix } from '../number.js';
import type { Patch } from '../patch.js';
import { replaceAreas, type SubdistrictArea } from './areas.js';
import type { Db } from './db.js';
import { judgePatches } from './filter-patches.js';
import { NO_LOOKS, type RunLooks, replaceLooks } from './looks.js';
import { assignNumbers, findOverlaps } from './match.js';
import { PATCH_COLUMNS, type PatchRow, patchFromRow } from './patches.js';
import type { RunRecord } from './runs.js';

/** Rows sent in one statement: large enough for speed, small enough for the memory of the embedded database. */
const CHUNK_ROWS = 5000;

/**
 * Publishes a run in one transaction: readers see the whole new run or the whole old one. Patches that month already had
 * (same class, same subdistrict, overlap of at least half) keep their number, and their state where the draft is only
 * `suspected`; the others get the next free number. Publishing the same run again changes nothing.
 * What the run saw at patches of earlier months brings their states up to date in the same transaction, and filters fitted from
 * verdicts judge them.
 *
 * @param drafts rings in the CRS of the run's grid; their order decides the order of new numbers
 * @param areas land states a subdistrict
 * @param looks what other pairs of months say about these drafts, and this month about earlier patches
 * @returns the patches as stored, in the order of their drafts
 * @throws Error where the run has failed, was discarded or was replaced.
 */
export async function publishRun(
  db: Db,
  run: RunRecord,
  drafts: readonly DraftPatch[],
  areas: readonly SubdistrictArea[],
  summary: unknown = null,
  looks: RunLooks = NO_LOOKS,
): Promise<Patch[]> {
  const { month, against } = run;
  return db.transaction(async (tx) => {
    await lockPublishing(tx, run);
    const [now] = await tx.query<{ status: string }>(
      'SELECT status FROM tuban.run WHERE id = $1 FOR UPDATE',
      [run.id],
    );
    if (now?.status !== 'running' && now?.status !== 'published' && now?.status !== 'draft') {
      throw new Error(`run ${run.id} cannot be published: it is ${now?.status ?? 'unknown'}`);
    }
    await stageDrafts(tx, drafts, run.grid.epsg ?? 0);
    const kept = assignNumbers(await findOverlaps(tx, { month, against, srid: run.grid.epsg ?? 0 }));
    const numbers = await giveNumbers(tx, run, drafts, kept);
    await storePatches(tx, run, numbers);
    const looked = await replaceLooks(tx, run, numbers, looks);
    await judgePatches(tx, [...numbers, ...looked]);
    await tx.query(
      `UPDATE tuban.run SET status = 'replaced' WHERE month = $1 AND against = $2 AND status = 'published' AND id <> $3`,
      [month, against, run.id],
    );
    await tx.query(
      `UPDATE tuban.run SET status = 'published', published_at = now(), failure = NULL, summary = coalesce($2::jsonb, summary)
       WHERE id = $1`,
      [run.id, summary === null ? null : JSON.stringify(summary)],
    );
    await replaceAreas(tx, run.id, areas);
    await tx.query('DROP TABLE pg_temp.draft_patch');
    await tx.query('ANALYZE tuban.patch');
    const rows = await tx.query<PatchRow>(
      `SELECT ${PATCH_COLUMNS} FROM tuban.patch WHERE run_id = $1 AND retired_at IS NULL ORDER BY ord`,
      [run.id],
    );
    return rows.map(patchFromRow);
  });
}

/** Until the transaction's end two runs of one month wait for each other, so that neither counts numbers the other is giving. */
export async function lockPublishing(
  tx: Db,
  { month, against }: Pick<RunRecord, 'month' | 'against'>,
): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`tuban.publish ${month} ${against}`]);
}

/** Loads the drafts into the temporary table `draft_patch`; `ord` is their place. */
async function stageDrafts(tx: Db, drafts: readonly DraftPatch[], srid: number): Promise<void> {
  await tx.query(
    `CREATE TEMPORARY TABLE draft_patch (ord integer, class text, state text, subdistrict_code text, subdistrict text,
       before text, after text, area_m2 float8, perimeter_m float8, compactness float8, confidence float8, to_bare boolean,
       model text, evidence jsonb, lon float8, lat float8, geom geometry(Polygon)) ON COMMIT DROP`,
  );
  for (let from = 0; from < drafts.length; from += CHUNK_ROWS) {
    const chunk = drafts.slice(from, from + CHUNK_ROWS);
    await tx.query(
      `INSERT INTO pg_temp.draft_patch
       SELECT ord, class, state, code, name, before, after, area, perimeter, compactness, confidence, bare, model, evidence::jsonb,
         lon, lat, geom::geometry
       FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[],
         $10::float8[], $11::float8[], $12::boolean[], $13::text[], $14::float8[], $15::float8[], $16::text[], $17::text[])
         AS d(ord, class, state, code, name, before, after, area, perimeter, compactness, confidence, bare, model, lon, lat, geom, evidence)`,
      [
        chunk.map((_, index) => from + index),
        chunk.map((d) => d.class),
        chunk.map((d) => d.state),
        chunk.map((d) => d.subdistrictCode),
        chunk.map((d) => d.subdistrict),
        chunk.map((d) => d.before),
        chunk.map((d) => d.after),
        chunk.map((d) => d.areaM2),
        chunk.map((d) => d.perimeterM),
        chunk.map((d) => d.compactness),
        chunk.map((d) => d.confidence),
        chunk.map((d) => d.toBare),
        // a draft kept back by an older release tells none
        chunk.map((d) => d.model ?? null),
        chunk.map((d) => d.centroid[0]),
        chunk.map((d) => d.centroid[1]),
        chunk.map((d) => encodePolygon(d.rings, srid)),
        chunk.map((d) => JSON.stringify(d.evidence ?? {})),
      ],
    );
  }
  await tx.query('CREATE INDEX ON pg_temp.draft_patch USING gist (geom)');
  await tx.query('ANALYZE pg_temp.draft_patch');
}

/** The number of each draft, in their order: the one it keeps, or the next free one of its prefix. */
async function giveNumbers(
  tx: Db,
  run: RunRecord,
  drafts: readonly DraftPatch[],
  kept: ReadonlyMap<number, string>,
): Promise<string[]> {
  const prefixes = [...new Set(drafts.map((draft) => numberPrefix(run, draft)))];
  const rows = await tx.query<{ prefix: string; last: number }>(
    'SELECT prefix, last FROM tuban.patch_sequence WHERE prefix = ANY ($1::text[])',
    [prefixes],
  );
  const marks = new Map(rows.map((row) => [row.prefix, row.last]));
  const give = numberGiver(run, marks);
  const numbers = drafts.map((draft, index) => kept.get(index) ?? give(draft));
  await tx.query(
    `INSERT INTO tuban.patch_sequence (prefix, last) SELECT prefix, last FROM unnest($1::text[], $2::int[]) AS m(prefix, last)
     ON CONFLICT (prefix) DO UPDATE SET last = excluded.last`,
    [[...marks.keys()], [...marks.values()]],
  );
  return numbers;
}

/** Puts the staged drafts under their numbers and retires what they do not name. */
async function storePatches(tx: Db, run: RunRecord, numbers: readonly string[]): Promise<void> {
  await tx.query('ALTER TABLE pg_temp.draft_patch ADD COLUMN number text');
  await tx.query(
    `UPDATE pg_temp.draft_patch d SET number = n.number
     FROM unnest($1::text[]) WITH ORDINALITY AS n(number, place) WHERE d.ord = n.place - 1`,
    [numbers],
  );
  // the planner knows nothing of rows this fresh: without the index it compares all drafts with all patches
  await tx.query('CREATE UNIQUE INDEX ON pg_temp.draft_patch (number)');
  await tx.query(
    `UPDATE tuban.patch p SET retired_at = now() WHERE p.month = $1 AND p.against = $2 AND p.retired_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM pg_temp.draft_patch d WHERE d.number = p.number)`,
    [run.month, run.against],
  );
  await tx.query(
    `INSERT INTO tuban.patch (number, run_id, ord, month, against, class, state, subdistrict_code, subdistrict, before, after,
       area_m2, perimeter_m, compactness, confidence, to_bare, model, evidence, lon, lat, geom)
     SELECT number, $1::int, ord, $2, $3, class, state, subdistrict_code, subdistrict, before, after,
       area_m2, perimeter_m, compactness, confidence, to_bare, model, evidence, lon, lat, geom FROM pg_temp.draft_patch
     -- the state stays: it follows from the looks of other months, which outlive a re-run of this one
     ON CONFLICT (number) DO UPDATE SET run_id = excluded.run_id, ord = excluded.ord, subdistrict = excluded.subdistrict,
       before = excluded.before, after = excluded.after, area_m2 = excluded.area_m2, perimeter_m = excluded.perimeter_m,
       compactness = excluded.compactness, confidence = excluded.confidence, to_bare = excluded.to_bare, model = excluded.model,
       evidence = excluded.evidence, lon = excluded.lon,
       lat = excluded.lat, geom = excluded.geom, updated_at = now(), retired_at = NULL`,
    [run.id, run.month, run.against],
  );
}
