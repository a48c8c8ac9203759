/**
 * What verdicts of a few months save in those after them: `node dist/bench/quality/filter.js --series DIR --work DIR`. The series has
 * been run already (`runSeries`, or by hand), with no verdicts; patches of the first months get verdicts from the truth, a filter is
 * fitted, and what it holds back of the later months is counted. Nothing is kept: `--work` is copied first.
 */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseWhole } from '../../jobs/options.js';
import { pixelsIn, readPatches } from '../../jobs/prediction.js';
import { type ChangeClassName, classByCode, codeOf, UNUSABLE } from '../../kernels/classes.js';
import { seeded } from '../../raster/tiff/testing/random.js';
import { FilterConfig } from '../../vector/filter/config.js';
import { judgeObjects, maskObjects, NOT_JUDGED, objectsOf, RIGHT } from '../../vector/objects.js';
import { type Db, openDatabase } from '../../vector/store/db.js';
import { fitMonth } from '../../vector/store/filter-fit.js';
import { judgePatches } from '../../vector/store/filter-patches.js';
import { judgeBuildings, share } from './series/buildings.js';
import { readSeriesTruth, type SeriesTruth } from './series/truth.js';

/** A patch of the series, and what the truth says of it; null where it says nothing. */
interface Labelled {
  readonly number: string;
  readonly class: ChangeClassName;
  readonly month: string;
  readonly state: string;
  readonly confidence: number;
  readonly right: boolean | null;
}

const Numbers = z.object({ features: z.array(z.object({ properties: z.object({ number: z.string() }) })) });

/** Judges every patch that no later month has dismissed: new buildings as a list, the others a month at a time. */
export async function labelSeries(
  samples: string,
  work: string,
  months: readonly string[],
): Promise<Labelled[]> {
  const truth = await readSeriesTruth(samples, months);
  const found: (Omit<Labelled, 'right'> & { readonly index: number; readonly pixels: readonly number[] })[] =
    [];
  for (let index = 1; index < months.length; index++) {
    const path = join(work, `${months[index]}.geojson`);
    const { features } = Numbers.parse(JSON.parse(await readFile(path, 'utf8')));
    (await readPatches(path)).forEach((patch, k) => {
      if (patch.state === 'dismissed') return;
      found.push({
        number: features[k].properties.number,
        class: classByCode(patch.code)?.name ?? 'building_new',
        month: months[index],
        state: patch.state,
        confidence: patch.confidence ?? 0,
        index,
        pixels: pixelsIn(patch.polygons, truth.grid),
      });
    });
  }
  const right = new Map<string, boolean>();
  const buildings = found.filter((one) => one.class === 'building_new');
  const codes = await Promise.all(months.map((_, k) => (k === 0 ? null : truth.codes(k))));
  const made = truth.things.filter((thing) => thing.class === 'building_new');
  const isKnown = (k: number) =>
    share(buildings[k].pixels, (pixel) => codes[buildings[k].index]?.[pixel] !== UNUSABLE) >= 0.5;
  const judged = judgeBuildings(
    truth,
    made,
    buildings.map(({ index, pixels }) => ({ month: index, pixels })),
    isKnown,
    false,
  );
  buildings.forEach(({ number }, k) => {
    if (judged.found[k] !== NOT_JUDGED) right.set(number, judged.found[k] === RIGHT);
  });
  for (let index = 1; index < months.length; index++) judgeOthers(truth, codes[index], found, index, right);
  return found.map(({ pixels, index, ...one }) => ({ ...one, right: right.get(one.number) ?? null }));
}

function judgeOthers(
  truth: SeriesTruth,
  codes: Uint8Array | null,
  found: readonly {
    readonly number: string;
    readonly class: ChangeClassName;
    readonly index: number;
    readonly pixels: readonly number[];
  }[],
  index: number,
  right: Map<string, boolean>,
): void {
  if (codes === null) return;
  const { width, height } = truth.frame;
  const known = codes.map((code) => Number(code !== UNUSABLE));
  const own = found.filter((one) => one.index === index && one.class !== 'building_new');
  for (const name of new Set(own.map((one) => one.class))) {
    const group = own.filter((one) => one.class === name);
    const data = codes.map((code) => Number(code === codeOf(name)));
    const judged = judgeObjects(
      objectsOf(group.map(({ pixels }) => pixels)),
      maskObjects({ width, height, data }),
      known,
      width,
    );
    group.forEach(({ number }, k) => {
      if (judged.found[k] !== NOT_JUDGED) right.set(number, judged.found[k] === RIGHT);
    });
  }
}

class Undone extends Error {}

interface Count {
  readonly right: number;
  readonly wrong: number;
}

interface Outcome {
  readonly class: ChangeClassName;
  readonly verdicts: Count;
  readonly note: string;
  /** Confirmed patches of the months after the verdicts, without the filter and with it. */
  readonly without: Count;
  readonly withFilter: Count;
}

/** Classes of which leads are made. */
const LEAD_CLASSES: readonly ChangeClassName[] = ['building_new', 'building_removed', 'earthwork'];

/** Gives verdicts on what was confirmed or sent in the first `verdictMonths`, fits, judges the later months, and takes it all back. */
async function tryFilter(
  db: Db,
  labelled: readonly Labelled[],
  months: readonly string[],
  verdictMonths: number,
  wrong: number,
  seed: number,
): Promise<Outcome[]> {
  const from = months[1 + verdictMonths];
  const random = seeded(seed);
  const visited = labelled.filter(
    (one) =>
      one.right !== null &&
      one.month < from &&
      LEAD_CLASSES.includes(one.class) &&
      (one.state === 'confirmed' || one.confidence >= 0.9),
  );
  const verdicts = visited.map((one) => ({ ...one, said: random() < wrong ? !one.right : one.right }));
  const outcome: Outcome[] = [];
  await db
    .transaction(async (tx) => {
      await tx.query('TRUNCATE tuban.lead, tuban.lead_event, tuban.lead_photo CASCADE');
      await tx.query(
        `INSERT INTO tuban.lead (number, month, disposition, priority, reasons, suspected_m2, permits, zones, cameras, status, verdict, reject_reason, sent_at)
         SELECT number, month, 'sent', 'low', '[]', 0, '[]', '[]', '[]', verdict, verdict, CASE verdict WHEN 'rejected' THEN 'other' END, now()
         FROM unnest($1::text[], $2::text[], $3::text[]) AS v(number, month, verdict)`,
        [
          verdicts.map(({ number }) => number),
          verdicts.map(({ month }) => month),
          verdicts.map(({ said }) => (said ? 'confirmed' : 'rejected')),
        ],
      );
      const fitted = await fitMonth(tx, FilterConfig.parse({}), from, new Date());
      await judgePatches(tx, 'all');
      const held = new Set(
        (
          await tx.query<{ number: string }>(
            `SELECT number FROM tuban.patch WHERE (filtering ->> 'held')::boolean`,
          )
        ).map(({ number }) => number),
      );
      for (const name of LEAD_CLASSES) {
        const later = labelled.filter(
          (one) => one.class === name && one.month >= from && one.state === 'confirmed' && one.right !== null,
        );
        const own = verdicts.filter((one) => one.class === name);
        const known =
          fitted.what === 'new' || fitted.what === 'known'
            ? fitted.filter.classes.find((one) => one.class === name)
            : undefined;
        outcome.push({
          class: name,
          verdicts: {
            right: own.filter(({ said }) => said).length,
            wrong: own.filter(({ said }) => !said).length,
          },
          note:
            fitted.what === 'few'
              ? `only ${fitted.verdicts} verdicts`
              : known?.threshold != null
                ? `below ${known.threshold}`
                : (known?.why ?? 'none'),
          without: countOf(later),
          withFilter: countOf(later.filter(({ number }) => !held.has(number))),
        });
      }
      throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
  return outcome;
}

function countOf(patches: readonly Labelled[]): Count {
  const right = patches.filter((one) => one.right === true).length;
  return { right, wrong: patches.length - right };
}

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: '' },
    work: { type: 'string', default: '' },
    months: { type: 'string', default: '' },
    verdicts: { type: 'string', default: '3' },
    draws: { type: 'string', default: '5' },
  },
});

const months = z
  .array(z.string())
  .parse(
    (await readdir(join(values.series, 'scenes'))).flatMap(
      (file) => /^\d{4}-\d{2}(?=\.tif$)/.exec(file) ?? [],
    ),
  )
  .sort()
  .slice(0, values.months === '' ? undefined : parseWhole(values.months, '--months'));
const folder = await mkdtemp(join(tmpdir(), 'tuban-filter-'));
try {
  const labelled = await labelSeries(values.series, values.work, months);
  await cp(join(values.work, '.tuban', 'database'), join(folder, 'database'), { recursive: true });
  const db = await openDatabase({ url: '', dataDir: join(folder, 'database'), holder: 'bench' });
  try {
    const verdictMonths = parseWhole(values.verdicts, '--verdicts');
    const print = (line: string) => process.stdout.write(`${line}\n`);
    print(
      '| class | wrong verdicts | draw | verdicts right/wrong | filter | later confirmed right/wrong | with filter |',
    );
    print('|---|---|---|---|---|---|---|');
    for (const [wrong, draws] of [
      [0, 1],
      [0.1, parseWhole(values.draws, '--draws')],
    ]) {
      for (let draw = 1; draw <= draws; draw++) {
        for (const one of await tryFilter(db, labelled, months, verdictMonths, wrong, draw)) {
          const pair = ({ right, wrong: bad }: Count) => `${right}/${bad}`;
          print(
            `| ${one.class} | ${100 * wrong} % | ${draw} | ${pair(one.verdicts)} | ${one.note} | ${pair(one.without)} | ${pair(one.withFilter)} |`,
          );
        }
      }
    }
  } finally {
    await db.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
