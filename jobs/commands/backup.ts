import { resolve } from 'node:path';
import { Unavailable } from '../../raster/errors.js';
import { version } from '../../raster/version.js';
import { type Command, JSON_OPTION } from './command.js';
import { withDatabase } from './database.js';

export const backupCommand: Command = {
  name: 'backup',
  args: '<folder>',
  summary:
    'copies database, rasters of published runs and photos into a new folder, with hashes; runs may go on',
  summaryZh: '把数据库、已发布运行的栅格与照片备份到新文件夹（含校验和），可与运行并行',
  options: [['--verify', 'only check a backup that is there: sizes, hashes, rows'], JSON_OPTION],
  async run(input, context) {
    const folder = resolve(input.args[0]);
    const { verifyBackup } = await import('../backup/manifest.js');
    if (!input.options.verify) {
      const { backup } = await import('../backup/backup.js');
      const { missing } = await withDatabase(context, 'backup', (db) =>
        backup(db, {
          stateDir: context.config.stateDir,
          out: folder,
          version: version(),
          now: new Date(),
          signal: context.signal,
        }),
      );
      for (const line of missing) context.tell(`warning: ${line}`);
    }
    // what was written is read again: a backup is worth what can be read of it
    const { manifest, problems } = await verifyBackup(folder);
    if (input.options.json) context.print(JSON.stringify({ folder, problems, ...manifest }));
    else for (const problem of problems) context.print(problem);
    if (problems.length > 0) throw new Unavailable(`${folder}: the backup is damaged; make another one`);
    if (input.options.json) return;
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    context.print(
      `${folder}: whole, of ${manifest.createdAt}: ${rows} rows, ${manifest.files.length} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
    );
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  args: '<folder>',
  summary: 'brings a backup back into an empty database and state folder, embedded or server, and up to date',
  summaryZh: '把备份恢复到空的数据库与状态文件夹（内嵌或服务器均可），并升级到当前版本',
  options: [JSON_OPTION],
  async run(input, context) {
    const folder = resolve(input.args[0]);
    const { restore } = await import('../backup/restore.js');
    const manifest = await restore(folder, context.config);
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    if (input.options.json) context.print(JSON.stringify({ folder, createdAt: manifest.createdAt, rows }));
    else {
      context.print(
        `restored as of ${manifest.createdAt}: ${rows} rows; scenes are looked for where they lay`,
      );
      context.print('people sign in again; tuban check says whether everything is in place');
    }
  },
};
