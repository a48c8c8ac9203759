import { kernelTables } from './kernels.js';
import type { Cost } from './measure/child.js';
import type { DiffRun } from './measure/cli.js';
import type { BenchResults, SizeResult } from './results.js';

/** What the project wants to reach (`figure` against `bound`), and what was measured. */
interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly figure: string;
  readonly met: boolean;
}

/** The results as a Markdown page. Parts that were not run are left out. */
export function markdown(results: BenchResults): string {
  return `${[
    machineText(results),
    ...section('Against the aims', aimTable(aims(results))),
    ...section('Whole job', wholeTable(results)),
    ...section('Steps of the GDAL chain, s (peak MB)', chainTable(results.sizes)),
    ...section('Where the time goes', stageTables(results.sizes)),
    ...section('Workers', workerTable(results.workers)),
    ...section('Backends', backendTable(results)),
    ...section('Polygonizing a noisy class raster', polygonizeTable(results)),
    ...section('Kernels alone, one thread', results.kernels ? kernelTables(results.kernels) : ''),
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

const seconds = (s: number) => s.toFixed(s < 10 ? 2 : 1);
const times = (ratio: number) => `${ratio.toFixed(2)} ×`;
const percent = (share: number) => `${(100 * share).toFixed(3)} %`;
const megabytes = (mb: number | null) => (mb === null ? '–' : mb.toFixed(0));
const megapixels = ({ summary }: DiffRun) => (summary.grid.width * summary.grid.height) / 1e6;

function machineText({ machine, seed, repeat, gdal, minutes }: BenchResults): string {
  const beside = 'version' in gdal ? `GDAL ${gdal.version} beside` : `no GDAL beside (${gdal.absent})`;
  const often = repeat === 1 ? 'each figure measured once' : `medians of ${repeat}`;
  return `${machine.date} UTC · ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB · ${machine.system}, Node ${machine.node} · load at start ${machine.loadAtStart} · ${beside} · seed ${seed}, ${often}, ${minutes.toFixed(1)} min`;
}

/** Sizes at which the aims are set: 8192² where measured, else the largest with a GDAL chain beside. */
function yardstick(sizes: readonly SizeResult[]): SizeResult | undefined {
  return (
    sizes.find(({ side }) => side === 8192) ?? sizes.findLast(({ chain }) => chain !== null) ?? sizes.at(-1)
  );
}

function aims(results: BenchResults): Aim[] {
  const { sizes, scaling, workers, backends, polygonize } = results;
  const list: Aim[] = [];
  const add = (what: string, aim: string, figure: string, met: boolean) =>
    list.push({ what, aim, figure, met });
  const at = yardstick(sizes);
  if (at) {
    const ours = at.indices.wallS;
    const where = `at ${at.side}²`;
    if (at.chain) {
      const ratio = at.chain.wallS / ours;
      add(`GDAL chain ÷ ours, ${where}`, '≥ 4', times(ratio), ratio >= 4);
    }
    if (at.decodeS !== null) {
      const ratio = ours / at.decodeS;
      add(`ours ÷ GDAL decoding alone, ${where}`, '≤ 2.8', times(ratio), ratio <= 2.8);
    }
    if (at.agreement) {
      const { share, changedEqual, changedEither } = at.agreement;
      const ofChange = changedEither > 0 ? ` (${percent(changedEqual / changedEither)} of changed px)` : '';
      add(`same classes as the chain, ${where}`, '≥ 99.9 %', `${percent(share)}${ofChange}`, share >= 0.999);
    }
    if (at.indices.peakMb !== null)
      add(
        `peak memory, ${where}`,
        '≤ 800 MB',
        `${megabytes(at.indices.peakMb)} MB`,
        at.indices.peakMb <= 800,
      );
    if (at.defaults) {
      const ratio = at.defaults.wallS / ours;
      add(`all defaults ÷ indices, ${where}`, '≤ 2.5', times(ratio), ratio <= 2.5);
    }
  }
  if (scaling.tuban !== null)
    add(
      `exponent of time, ${sizes[0].side}² to ${sizes.at(-1)?.side}²`,
      '≤ 1.05',
      `${scaling.tuban.toFixed(3)}${scaling.gdal === null ? '' : ` (GDAL ${scaling.gdal.toFixed(3)})`}`,
      scaling.tuban <= 1.05,
    );
  const peak = (side: number) => sizes.find((size) => size.side === side)?.indices.peakMb ?? null;
  const [small, large] = [peak(4096), peak(16384)];
  if (small !== null && large !== null) {
    add('peak memory at 16384² ÷ 4096²', '≤ 1.2', times(large / small), large / small <= 1.2);
    add('peak memory at 16384²', '< 1000 MB', `${megabytes(large)} MB`, large < 1000);
  }
  if (workers.length === 2) {
    const ratio = workers[0].wallS / workers[1].wallS;
    add(`two workers against one, at ${workers[0].side}²`, '≥ 1.7', times(ratio), ratio >= 1.7);
  }
  for (const { backend, agreement } of backends) {
    if (!agreement) continue;
    const first = backends.find(({ run }) => typeof run !== 'string')?.backend;
    add(
      `same classes, ${backend} and ${first}`,
      '≥ 99.99 %',
      percent(agreement.share),
      agreement.share >= 0.9999,
    );
  }
  const [ours, theirs] = ['tuban', 'GDAL'].map((who) => polygonize.find((run) => run.who === who));
  if (ours && theirs) {
    const ratio = theirs.seconds / ours.seconds;
    const same = ours.regions === theirs.regions;
    const figure = same ? times(ratio) : `${times(ratio)}, but ${ours.regions} regions for ${theirs.regions}`;
    add(`GDAL ÷ ours, polygonizing ${ours.side}²`, '≥ 1', figure, ratio >= 1 && same);
  }
  return list;
}

function aimTable(list: readonly Aim[]): string {
  return table(
    ['', 'aim', 'measured', ''],
    list.map(({ what, aim, figure, met }) => [what, aim, figure, met ? 'met' : '**not met**']),
  );
}

function wholeTable({ sizes }: BenchResults): string {
  const rows = sizes.flatMap(({ side, indices, defaults, chain, decodeS }) => {
    const mpx = megapixels(indices);
    const row = (who: string, { wallS, cpuS, peakMb }: Cost) => [
      `${side}²`,
      who,
      seconds(wallS),
      cpuS === null ? '–' : seconds(cpuS),
      megabytes(peakMb),
      (mpx / wallS).toFixed(1),
      times(wallS / indices.wallS),
    ];
    return [
      row(`tuban, indices (${indices.backend})`, indices),
      ...(defaults ? [row(`tuban, defaults (${defaults.backend})`, defaults)] : []),
      ...(chain ? [row('GDAL chain', chain)] : []),
      ...(decodeS === null
        ? []
        : [row('GDAL, decoding alone', { wallS: decodeS, cpuS: null, peakMb: null })]),
    ];
  });
  return table(['side', 'what', 'wall s', 'CPU s', 'peak MB', 'Mpx/s', 'time ÷ indices'], rows);
}

function chainTable(sizes: readonly SizeResult[]): string {
  const measured = sizes.filter(({ chain }) => chain !== null);
  const names = Object.keys(measured[0]?.chain?.steps ?? {});
  return table(
    ['side', ...names],
    measured.map(({ side, chain }) => [
      `${side}²`,
      ...names.map((name) => {
        const step = chain?.steps[name];
        return step ? `${seconds(step.wallS)} (${megabytes(step.peakMb)})` : '–';
      }),
    ]),
  );
}

/** Prefix of stages whose time is summed over the worker threads. */
const THREADS = 'threads_';

/** For the largest size of each mode: every stage that `timings_ms` names, whatever they are. */
function stageTables(sizes: readonly SizeResult[]): string {
  const indices = sizes.at(-1)?.indices;
  const defaults = sizes.findLast((size) => size.defaults !== null)?.defaults;
  return [indices, defaults]
    .flatMap((run) => (run ? [stageTable(run)] : []))
    .filter((text) => text !== '')
    .join('\n\n');
}

function stageTable(run: DiffRun): string {
  const mpx = megapixels(run);
  const rows = Object.entries(run.summary.timings_ms).map(([name, ms]) => [
    name.startsWith(THREADS) ? name.slice(THREADS.length) : name,
    name.startsWith(THREADS) ? 'worker threads, summed' : 'main thread, elapsed',
    seconds(ms / 1000),
    ms === 0 ? '–' : (mpx / (ms / 1000)).toFixed(0),
  ]);
  const stages = Object.entries(run.summary.stages).map(([stage, where]) => `${stage} on ${where}`);
  return `${run.mode} at ${run.side}² (${mpx.toFixed(1)} Mpx; ${stages.join(', ')}):\n\n${table(['stage', 'where', 's', 'Mpx/s'], rows)}`;
}

function workerTable(runs: readonly DiffRun[]): string {
  return table(
    ['side', 'workers', 'wall s', 'CPU s', 'peak MB', 'speed'],
    runs.map((run) => [
      `${run.side}²`,
      String(run.workers),
      seconds(run.wallS),
      run.cpuS === null ? '–' : seconds(run.cpuS),
      megabytes(run.peakMb),
      times(runs[0].wallS / run.wallS),
    ]),
  );
}

function backendTable({ backends }: BenchResults): string {
  return table(
    ['backend', 'side', 'wall s', 'peak MB', 'classes unlike the first’s'],
    backends.map(({ backend, run, agreement }) =>
      typeof run === 'string'
        ? [backend, '–', run.replaceAll('|', '/'), '–', '–']
        : [
            backend,
            `${run.side}²`,
            seconds(run.wallS),
            megabytes(run.peakMb),
            agreement ? `${agreement.pixels - agreement.equal} px (${percent(1 - agreement.share)})` : '–',
          ],
    ),
  );
}

function polygonizeTable({ polygonize }: BenchResults): string {
  return table(
    ['who', 'side', 'regions', 's', 'peak MB', 'of it'],
    polygonize.map(({ who, side, regions, seconds: s, peakMb, detail }) => [
      who,
      `${side}²`,
      regions.toLocaleString('en'),
      seconds(s),
      megabytes(peakMb),
      Object.entries(detail)
        .map(
          ([name, value]) =>
            `${name} ${Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2)}`,
        )
        .join(', '),
    ]),
  );
}
