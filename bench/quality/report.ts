import type { Reliability } from '../../vector/reliability.js';
import type { Machine } from '../measure/machine.js';
import type { RealResult } from './real.js';
import type { Choice } from './series/score.js';
import type { Tally } from './tally.js';

export interface SeriesRow extends Tally {
  readonly choice: Choice;
  readonly class: string;
  readonly wrongOn: Readonly<Record<string, number>>;
}

export interface SeriesResult {
  readonly seeds: readonly number[];
  readonly months: readonly string[];
  /** Empty for none. */
  readonly model: string;
  readonly rows: readonly SeriesRow[];
}

export interface QualityResults {
  readonly machine: Machine;
  readonly real: readonly RealResult[];
  readonly series: SeriesResult | null;
  readonly minutes: number;
}

/** The results as a Markdown page. Parts that were not run are left out. */
export function markdown({ machine, real, series, minutes }: QualityResults): string {
  const head = `${machine.date} UTC · ${machine.cores} cores, load at start ${machine.loadAtStart} · ${minutes.toFixed(1)} min · figures in % but where a unit stands`;
  return `${[
    head,
    ...section('Real pairs, pixel F1', realTable(real)),
    ...(series ? section(seriesTitle(series), seriesTable(series.rows)) : []),
    ...(series
      ? section('Wrong patches of new building, by what was made there', wrongTable(series.rows))
      : []),
    ...section('Reliability: share of right patches by confidence', reliabilityTable(real, series)),
  ].join('\n\n')}\n`;
}

function section(title: string, body: string): string[] {
  return body === '' ? [] : [`### ${title}`, body];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

const percent = (share: number) => (Number.isNaN(share) ? '–' : (100 * share).toFixed(1));

function realTable(real: readonly RealResult[]): string {
  const methods = [...new Set(real.flatMap(({ classical }) => Object.keys(classical)))];
  return table(
    [
      'set',
      'pairs',
      'aim',
      '**F1**',
      'P',
      'R',
      'F1, unusable as missed',
      'object F1',
      'right of leads',
      ...methods,
    ],
    real.map(({ set, pairs, aim, tuban, classical }) => [
      set,
      String(pairs),
      `≥ ${aim}`,
      `**${percent(tuban.pixel.f1)}**`,
      percent(tuban.pixel.precision),
      percent(tuban.pixel.recall),
      percent(tuban.strictF1),
      percent(tuban.object.f1),
      leadsText(tuban),
      ...methods.map((name) => (classical[name] ? percent(classical[name].f1) : '–')),
    ]),
  );
}

function leadsText({ leads }: Tally): string {
  return leads ? `${percent(leads.precision)} (${leads.right}/${leads.visited})` : '–';
}

function seriesTitle({ seeds, months, model }: SeriesResult): string {
  const judge = model === '' ? '' : `, model ${model}`;
  return `Sample series, seeds ${seeds.join(', ')}, ${months[0]} to ${months[months.length - 1]}, all traps on${judge}`;
}

function seriesTable(rows: readonly SeriesRow[]): string {
  return table(
    [
      'patches',
      'class',
      'pixel F1',
      'P',
      'R',
      'object F1',
      'P',
      'R',
      'found right / wrong / missed',
      'km²·months',
      'wrong per km² and month',
      'right of leads',
    ],
    rows.map((row) => {
      const { pixel, object } = row;
      return [
        row.choice,
        row.class,
        percent(pixel.f1),
        percent(pixel.precision),
        percent(pixel.recall),
        percent(object.f1),
        percent(object.precision),
        percent(object.recall),
        `${object.truePositive} / ${object.falsePositive} / ${object.falseNegative}`,
        row.judgedKm2.toFixed(0),
        row.falsePerKm2.toFixed(3),
        leadsText(row),
      ];
    }),
  );
}

function wrongTable(rows: readonly SeriesRow[]): string {
  const own = rows.filter(({ wrongOn }) => Object.keys(wrongOn).length > 0);
  const causes = [...new Set(own.flatMap(({ wrongOn }) => Object.keys(wrongOn)))].sort();
  return table(
    ['lies on', ...own.map(({ choice }) => choice)],
    causes.map((cause) => [cause, ...own.map(({ wrongOn }) => String(wrongOn[cause] ?? 0))]),
  );
}

function reliabilityTable(real: readonly RealResult[], series: SeriesResult | null): string {
  const named: [string, Reliability | null][] = [
    ...real.map(({ set, tuban }): [string, Reliability | null] => [set, tuban.reliability]),
    ...(series?.rows ?? [])
      .filter(({ choice }) => choice === 'all')
      .map((row): [string, Reliability | null] => [row.class, row.reliability]),
  ];
  const told = named.flatMap(([name, table]) => (table && table.patches > 0 ? [[name, table] as const] : []));
  if (told.length === 0) return '';
  const bins = told[0][1].bins.map(({ from, to }) => `${from.toFixed(1)}–${to.toFixed(1)}`);
  return table(
    ['', ...bins, 'calibration error'],
    told.map(([name, { bins: own, expectedCalibrationError }]) => [
      name,
      ...own.map(({ patches, shareRight }) => (patches > 0 ? `${percent(shareRight)} of ${patches}` : '')),
      expectedCalibrationError.toFixed(3),
    ]),
  );
}
