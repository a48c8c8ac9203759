import type { ChangeClassName } from '../../kernels/classes.js';
import type { Against } from '../number.js';
import type { PatchState } from '../patch.js';
import type { Db } from './db.js';

/** What lists, filters and tiles ask of a patch: all but its outline. */
export interface PatchEntry {
  readonly number: string;
  /** YYYY-MM. */
  readonly month: string;
  readonly against: Against;
  readonly class: ChangeClassName;
  readonly state: PatchState;
  readonly subdistrictCode: string | null;
  readonly subdistrict: string | null;
  readonly areaM2: number;
  /** 0-1. */
  readonly confidence: number;
  /** Its middle, WGS84. */
  readonly lon: number;
  readonly lat: number;
  readonly toBare: boolean;
  /** Least x and y, most x and y of its outline, in the CRS it is stored in: four numbers from 4 · `place` on. */
  readonly boxes: Float64Array;
  /** Which of its month and comparison it is, from 0. */
  readonly place: number;
}

/** Patches of a month and comparison by number, and those of each subdistrict. */
export interface MonthEntries {
  readonly all: readonly PatchEntry[];
  readonly bySubdistrict: ReadonlyMap<string | null, readonly PatchEntry[]>;
  /** Of all, one after the other. */
  readonly boxes: Float64Array;
}

/** Values of a patch that come as numbers, in the order of the statement. */
const NUMBERS = 8;

/** Columns, each in one value: on the embedded database a row costs more than what is in it. */
interface Columns {
  readonly number: readonly string[] | null;
  readonly class: readonly ChangeClassName[];
  readonly state: readonly PatchState[];
  readonly code: readonly (string | null)[];
  readonly name: readonly (string | null)[];
  readonly bare: readonly boolean[];
  /** Doubles, the highest byte first. */
  readonly numbers: Uint8Array;
}

/** Reads a published month's patches. One statement: a publishing in between is not to mix two results. */
export async function readMonth(db: Db, month: string, against: Against): Promise<MonthEntries> {
  const [columns] = await db.query<Columns>(
    // aggregates take the rows in the order of the subquery (PostgreSQL, 9.21)
    `SELECT json_agg(number) AS number, json_agg(class) AS class, json_agg(state) AS state, json_agg(subdistrict_code) AS code,
       json_agg(subdistrict) AS name, json_agg(to_bare) AS bare,
       string_agg(float8send(area_m2) || float8send(confidence) || float8send(lon) || float8send(lat) || float8send(ST_XMin(geom))
         || float8send(ST_YMin(geom)) || float8send(ST_XMax(geom)) || float8send(ST_YMax(geom)), ''::bytea) AS numbers
     FROM (SELECT * FROM tuban.patch WHERE month = $1 AND against = $2 AND retired_at IS NULL ORDER BY number COLLATE "C") AS p`,
    [month, against],
  );
  const all = entriesOf(month, against, columns);
  const bySubdistrict = new Map<string | null, PatchEntry[]>();
  for (const entry of all) {
    const own = bySubdistrict.get(entry.subdistrictCode);
    if (own === undefined) bySubdistrict.set(entry.subdistrictCode, [entry]);
    else own.push(entry);
  }
  return { all, bySubdistrict, boxes: all[0]?.boxes ?? new Float64Array(0) };
}

function entriesOf(month: string, against: Against, columns: Columns): PatchEntry[] {
  if (columns.number === null) return [];
  const { buffer, byteOffset, byteLength } = columns.numbers;
  const view = new DataView(buffer, byteOffset, byteLength);
  const boxes = new Float64Array(4 * columns.number.length);
  const shared = new Map<string, string>();
  return columns.number.map((number, place): PatchEntry => {
    const value = (k: number) => view.getFloat64(8 * (NUMBERS * place + k));
    for (let k = 0; k < 4; k++) boxes[4 * place + k] = value(4 + k);
    return {
      number,
      month,
      against,
      class: sharedText(shared, columns.class[place]),
      state: sharedText(shared, columns.state[place]),
      subdistrictCode: sharedText(shared, columns.code[place]),
      subdistrict: sharedText(shared, columns.name[place]),
      areaM2: value(0),
      confidence: value(1),
      lon: value(2),
      lat: value(3),
      toBare: columns.bare[place],
      boxes,
      place,
    };
  });
}

/** The same text in one place of memory, however often it comes. */
function sharedText<T extends string | null>(shared: Map<string, string>, text: T): T {
  if (text === null) return text;
  const known = shared.get(text);
  if (known === undefined) shared.set(text, text);
  // equal texts are of one type
  return (known ?? text) as T;
}
