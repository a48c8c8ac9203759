import { openBackend } from '../../kernels/backend.js';
import { type ChangeClassName, codeOf, UNUSABLE } from '../../kernels/classes.js';
import { openPair } from '../../raster/engine/chips.js';
import { commonBands } from '../../raster/engine/compare.js';
import { BadInput } from '../../raster/errors.js';
import type { Grid, Window } from '../../raster/grid.js';
import { eachZoneRow, type Zone, zoneOfRings } from '../../raster/zones.js';
import type { Db } from '../../vector/store/db.js';
import { listPatches } from '../../vector/store/patches.js';
import type { Config } from '../config.js';
import { openDistrictArchive } from '../district-archive.js';
import { groundOf, type Place, splitPlaces } from './split.js';
import { type JudgedLead, judgedLeads, leadsWithVerdict, placesOfZone } from './verdicts.js';
import { sampleTypeOf, windowAt } from './windows.js';
import { createDataset, type DatasetFigures } from './writer.js';

export interface VerdictsRequest {
  readonly out: string;
  /** Side of a chip, px: a whole part of GROUND_PX. */
  readonly chip: number;
  /** As createDataset takes them. */
  readonly labels: ReadonlySet<ChangeClassName> | null;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** The leads of one comparison. */
interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly leads: JudgedLead[];
}

/**
 * Chips around leads with a verdict, of the months they were seen between: a confirmed one's pixels are its class, a rejected one's
 * none, and what nobody has been to is not known. Ground that is held back once is held back in every month.
 * @throws BadInput where no lead has a verdict
 */
export async function exportVerdicts(
  db: Db,
  config: Config,
  request: VerdictsRequest,
): Promise<DatasetFigures> {
  const archive = await openDistrictArchive(db, config);
  try {
    const { grid, reference } = archive;
    const leads = judgedLeads(await leadsWithVerdict(db), grid);
    if (leads.length === 0)
      throw new BadInput(
        'No lead has been confirmed or rejected yet; expected verdicts (tuban leads update --verdict), or --pairs',
      );
    const comparisons = comparisonsOf(leads);
    const [first] = comparisons;
    const scenes = [...(await archive.before(first.before)), ...(await archive.after(first.after))];
    // the bands of the first pair; a later one that lacks some of them is told of
    const bands = [...commonBands(scenes)];
    const places = new Map(
      leads.flatMap(({ zone }) => placesOfZone(zone, request.chip)).map((place) => [keyOf(place), place]),
    );
    const splits = splitPlaces([...places.values()], request.chip);
    const splitAt = new Map([...places.keys()].map((key, k) => [key, splits[k]]));
    const writer = await createDataset(request.out, {
      bands,
      sampleType: sampleTypeOf(scenes, bands),
      chip: request.chip,
      labels: request.labels,
      told: {
        source: 'verdicts of leads',
        verdicts: {
          confirmed: leads.filter(({ right }) => right).length,
          rejected: leads.filter(({ right }) => !right).length,
        },
        left_out_beside_held_back: splits.filter((split) => split === null).length,
      },
    });
    const backend = await openBackend(config.backend);
    try {
      for (const [k, { before, after, leads: own }] of comparisons.entries()) {
        request.signal?.throwIfAborted();
        request.onProgress?.(k, comparisons.length);
        const reader = await openPair({
          grid,
          before: await archive.before(before),
          after: await archive.after(after),
          reference,
          bands,
          align: true,
          normalize: true,
          backend,
        });
        const patches = await listPatches(db, { month: after.slice(0, 7), against: 'mom' });
        const unknown = patches
          .filter(({ number }) => !own.some(({ lead }) => lead.number === number))
          .map(({ rings }) => zoneOfRings(rings, grid));
        const touched = new Map(
          own.flatMap(({ zone }) => placesOfZone(zone, request.chip)).map((place) => [keyOf(place), place]),
        );
        for (const [key, place] of touched) {
          const split = splitAt.get(key);
          if (split === undefined || split === null) continue;
          const window = windowAt(place, request.chip);
          const dates = await reader.read(window);
          const label = new Uint8Array(window.width * window.height);
          paint(label, window, grid, unknown, UNUSABLE);
          for (const { lead, right, zone } of own)
            paint(label, window, grid, [zone], right ? codeOf(lead.patch.class) : 0);
          for (let i = 0; i < label.length; i++)
            if (dates[0].usable[i] === 0 || dates[1].usable[i] === 0) label[i] = UNUSABLE;
          await writer.add({
            name: `${after}_${place.row}_${place.column}`,
            split,
            ground: groundOf(place, request.chip),
            source: 'verdict',
            grid,
            window,
            dates,
            label,
            look: reader.look,
            told: {
              before,
              after,
              leads: own
                .filter(({ zone }) => placesOfZone(zone, request.chip).some((p) => keyOf(p) === key))
                .map(({ lead: { number, verdict } }) => ({ number, verdict })),
            },
          });
        }
      }
      return await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    } finally {
      await backend.close();
    }
  } finally {
    await archive.close();
  }
}

const keyOf = ({ column, row }: Place) => `${column},${row}`;

/** Leads by the months they were seen between, the earliest first. */
export function comparisonsOf(leads: readonly JudgedLead[]): Comparison[] {
  const found = new Map<string, Comparison>();
  for (const judged of leads) {
    const key = `${judged.after} ${judged.before}`;
    const known = found.get(key);
    if (known) known.leads.push(judged);
    else found.set(key, { before: judged.before, after: judged.after, leads: [judged] });
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, comparison]) => comparison);
}

/** Sets the pixels of a window that lie in zones. */
function paint(label: Uint8Array, window: Window, grid: Grid, zones: readonly Zone[], value: number): void {
  const bottom = Math.min(grid.height, window.y + window.height);
  const right = Math.min(grid.width, window.x + window.width);
  const inside = { x: window.x, y: window.y, width: right - window.x, height: bottom - window.y };
  for (const zone of zones)
    eachZoneRow(zone, inside, (y, x0, x1) => {
      const row = (y - window.y) * window.width - window.x;
      label.fill(value, row + x0, row + x1);
    });
}
