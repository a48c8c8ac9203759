import { CAMERA_FIELDS, readCameras } from '../../vector/registers/cameras.js';
import { importCameras } from '../../vector/store/cameras.js';
import type { Command } from './command.js';
import { withDatabase } from './database.js';
import { assertFrame } from './frame.js';
import { importOptions, registerOptions, tellImport } from './registers.js';

export const camerasImport: Command = {
  name: 'cameras import',
  args: '<file>',
  summary: 'imports ground cameras with bearing, field of view and range; known ids are updated',
  summaryZh: '导入地面摄像头（方位角、视场角、可视距离）；编号相同则更新',
  options: importOptions(CAMERA_FIELDS),
  async run(input, context) {
    const { rows, warnings } = await readCameras(input.args[0], registerOptions(input));
    const count = await withDatabase(context, 'cameras import', async (db) => {
      await assertFrame(db, input, rows);
      return importCameras(db, rows);
    });
    tellImport(input, context, 'cameras', { ...count, warnings });
  },
};
