import { BadInput } from '../../raster/errors.js';
import type { SceneSpec } from '../../raster/scene.js';
import { SENSORS } from '../../raster/sensors.js';
import { fileNameOf, shownAddress } from '../../raster/tiff/address.js';
import { listScenes } from '../../vector/store/scenes.js';
import { listSubdistricts } from '../../vector/store/subdistricts.js';
import { registerScene } from '../catalogue.js';
import { outsideDistrict } from '../coverage.js';
import { groupFiles } from '../group-files.js';
import { parseMonth } from '../options.js';
import { type Command, JSON_OPTION, text } from './command.js';
import { withDatabase } from './database.js';
import { sceneSpec } from './diff.js';

export const scenesAdd: Command = {
  name: 'scenes add',
  args: '<files...>',
  summary:
    'adds scenes to a month: multi-band files, folders, the band files of one product, STAC Items; paths or https addresses',
  summaryZh: '把影像登记到某月（多波段文件、文件夹、单波段文件组或 STAC Item；路径或 https 地址均可）',
  options: [
    ['--month <yyyy-mm>', 'month the scenes belong to'],
    ['--sensor <name>', `sensor profile: ${SENSORS.map((sensor) => sensor.name).join(', ')}`],
    ['--bands <list>', 'band numbers of multi-band files, e.g. red=1,green=2,blue=3,nir=4'],
    ['--source-crs <epsg>', 'CRS of files that carry none'],
    JSON_OPTION,
  ],
  async run(input, context) {
    const month = text(input, 'month');
    if (month === undefined)
      throw new BadInput('Missing --month; expected the month of the scenes, e.g. --month 2026-08');
    parseMonth(month);
    const recipe = sceneSpec(input);
    const scenes = groupFiles(input.args, recipe.sensor).map((files): SceneSpec => ({ ...recipe, files }));
    await withDatabase(context, 'scenes add', async (db) => {
      const added = [];
      for (const spec of scenes) added.push(await registerScene(db, spec, month));
      const subdistricts = await listSubdistricts(db);
      for (const { files, footprint } of added) {
        if (subdistricts.length > 0 && outsideDistrict(footprint, subdistricts)) {
          context.tell(
            `warning: ${shownAddress(files[0])} does not touch the imported subdistricts; check its CRS`,
          );
        }
      }
      if (input.options.json) context.print(JSON.stringify(added));
      else
        for (const scene of added)
          context.print(
            `${scene.month}  ${scene.files.map((f) => fileNameOf(f)).join(' ')}  ${scene.crs}  ${scene.resolutionM} m`,
          );
    });
  },
};

export const scenesList: Command = {
  name: 'scenes list',
  args: '',
  summary: 'lists the catalogue',
  summaryZh: '列出影像目录',
  options: [['--month <yyyy-mm>', 'only this month'], JSON_OPTION],
  async run(input, context) {
    const month = text(input, 'month');
    const filter = month === undefined ? {} : { month: parseMonth(month) };
    const scenes = await withDatabase(context, 'scenes list', (db) => listScenes(db, filter));
    if (input.options.json) context.print(JSON.stringify(scenes));
    else if (scenes.length === 0)
      context.print('no scenes; add them with tuban scenes add FILE… --month YYYY-MM');
    else
      for (const scene of scenes)
        context.print(
          `${scene.month}  ${scene.acquired ?? '-'}  ${scene.sensor ?? 'auto'}  ${scene.files.map(shownAddress).join(' ')}`,
        );
  },
};
