import { classByName, M2_PER_MU } from '../../kernels/classes.js';
import { parseCrs } from '../../raster/crs.js';
import { defaultWorkers } from '../../raster/engine/pool.js';
import { diff } from '../diff.js';
import { askedDetector } from '../models/judge.js';
import { parseBackend, parseBands, parseClasses, parseCount, parsePositive } from '../options.js';
import { type Command, type Input, JSON_OPTION, text } from './command.js';

export const diffCommand: Command = {
  name: 'diff',
  args: '<before> <after>',
  summary:
    'compares two GeoTIFFs (or folders with a file a band, or STAC Items; paths or https addresses) with no database',
  summaryZh: '不用数据库，直接比较两期影像（GeoTIFF、单波段文件夹或 STAC Item；路径或 https 地址均可）',
  options: [
    ['--out <dir>', 'folder for change.tif, confidence.tif, magnitude.tif, patches.geojson, summary.json'],
    ['--bands <list>', 'band numbers, any subset, e.g. blue=1,green=2,red=3,nir=4'],
    ['--sensor <name>', 'sensor profile of both scenes'],
    ['--crs <epsg>', 'CRS of the output grid (default: that of BEFORE in metres, else UTM)'],
    ['--source-crs <epsg>', 'CRS of files that carry none'],
    ['--resolution <m>', 'pixel size of the output grid (default: that of BEFORE)'],
    ['--districts <file>', 'subdistricts that patches are split by'],
    ['--code-field <name>', 'property of the districts file that holds the code'],
    ['--name-field <name>', 'property of the districts file that holds the name'],
    ['--mmu <m2>', 'least area of a patch (default: 50 for buildings, 200 for others)'],
    ['--backend <name>', 'auto, webgpu, webasm or cpu'],
    ['--workers <n>', 'worker threads (default: one a core)'],
    ['--classes <list>', 'only these change classes'],
    ['--detector <name>', 'states (default), indices, or onnx with --model'],
    ['--model <model>', 'learned model: a folder with model.json, or a name of `models list`'],
    ['--no-align', 'do not co-register AFTER onto BEFORE'],
    ['--no-normalize', 'do not match the radiometry of AFTER to BEFORE'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const { config } = context;
    const option = (name: string) => text(input, name);
    const out = option('out') ?? 'diff';
    const mmu = option('mmu') === undefined ? null : parsePositive(option('mmu') ?? '', '--mmu', 'm²');
    const crs = option('crs');
    const resolution = option('resolution');
    const classes = option('classes');
    const districts = option('districts');
    const workers = option('workers');
    const progress = context.progress('diff');
    const { summary, patches } = await diff({
      before: sceneSpec(input, input.args[0]),
      after: sceneSpec(input, input.args[1]),
      out,
      crs: crs === undefined ? undefined : parseCrs(crs, '--crs'),
      resolution: resolution === undefined ? undefined : parsePositive(resolution, '--resolution', 'metres'),
      districts:
        districts === undefined
          ? undefined
          : { path: districts, codeField: option('codeField'), nameField: option('nameField') },
      mmu:
        mmu === null
          ? { building: config.mmuBuilding, other: config.mmuOther }
          : { building: mmu, other: mmu },
      backend: parseBackend(option('backend') ?? config.backend),
      workers:
        workers === undefined ? (config.workers ?? defaultWorkers()) : parseCount(workers, '--workers'),
      classes: classes === undefined ? undefined : parseClasses(classes),
      detector: await askedDetector(
        config.stateDir,
        option('detector') ?? config.detector,
        option('model') ?? config.model,
      ),
      align: input.options.align !== false,
      normalize: input.options.normalize !== false,
      onProgress: (done, total) => progress.update(done, total),
      signal: context.signal,
    }).finally(() => progress.end());
    for (const note of summary.notes) context.tell(`note: ${note}`);
    if (input.options.json) {
      context.print(JSON.stringify(summary));
      return;
    }
    const { grid } = summary;
    context.print(
      `${grid.width} × ${grid.height} px of ${Number(grid.resolution.toPrecision(6))} m in ${grid.crs}, ${(summary.usable_fraction * 100).toFixed(1)} % usable, ran on ${summary.backend}`,
    );
    for (const [name, total] of Object.entries(summary.classes)) {
      if (total.patches === 0) continue;
      const label = `${name} ${classByName(name)?.zh ?? ''}`.padEnd(24);
      context.print(
        `  ${label} ${String(total.patches).padStart(6)} patches  ${Math.round(total.area_m2)} m² (${(total.area_m2 / M2_PER_MU).toFixed(1)} 亩)`,
      );
    }
    if (patches.length === 0) context.print('  no change found');
    if (summary.not_computed.length > 0) context.print(`  not computed: ${summary.not_computed.join(', ')}`);
    context.print(`results in ${out}`);
  },
};

/** What --bands, --sensor and --source-crs say of a file. */
export function sceneSpec(input: Input, ...files: string[]) {
  const bands = text(input, 'bands');
  const sourceCrs = text(input, 'sourceCrs');
  return {
    files,
    sensor: text(input, 'sensor'),
    bands: bands === undefined ? undefined : parseBands(bands),
    sourceCrs: sourceCrs === undefined ? undefined : parseCrs(sourceCrs, '--source-crs'),
  };
}
