import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BadInput } from '../../raster/errors.js';
import { openDatabase } from './db.js';
import { lockAddress, lockDirectory } from './lock.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a taken directory is refused, naming its holder and both ways on', async () => {
  const lock = await lockDirectory(folder, 'tuban serve');
  const second = lockDirectory(folder, 'tuban run');
  await expect(second).rejects.toThrow(BadInput);
  await expect(second).rejects.toThrow(
    new RegExp(`"tuban serve" \\(process ${process.pid}, since 20.*its page.*TUBAN_DATABASE_URL`),
  );
  await lock.release();
  await (await lockDirectory(folder, 'tuban run')).release();
});

test('directories are locked apart', async () => {
  const [a, b] = [await lockDirectory('/a', 'x'), await lockDirectory('/b', 'x')];
  await Promise.all([a.release(), b.release()]);
});

test('a holder that does not answer still holds, until it is killed', async () => {
  const address = JSON.stringify(lockAddress(folder).path);
  const holder = spawn(process.execPath, [
    '-e',
    `require('net').createServer(() => {}).listen(${address}, () => console.log('held'))`,
  ]);
  await once(holder.stdout, 'data');
  await expect(lockDirectory(folder, 'tuban run')).rejects.toThrow(/in use by another process \(busy/);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (await lockDirectory(folder, 'tuban run')).release();
});

test('a directory with other files in it is not taken for a database', async () => {
  const dataDir = join(folder, 'photos');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'a.jpg'), '');
  await expect(openDatabase({ url: '', dataDir, holder: 'x' })).rejects.toThrow(/photos holds other files/);
  // and the lock is free again
  await expect(openDatabase({ url: '', dataDir, holder: 'x' })).rejects.toThrow(/holds other files/);
});

test('what a killed first creation left does no harm, and rows are there after closing', async () => {
  const dataDir = join(folder, 'new', 'database');
  mkdirSync(`${dataDir}.new/base`, { recursive: true });
  writeFileSync(`${dataDir}.new/PG_VERSION`, 'half');
  const first = await openDatabase({ url: '', dataDir, holder: 'tuban demo' });
  await first.query(`INSERT INTO tuban.district_setting VALUES ('kept', '"罗湖"')`);
  await expect(openDatabase({ url: '', dataDir, holder: 'x' })).rejects.toThrow(/in use by "tuban demo"/);
  await first.close();
  const again = await openDatabase({ url: '', dataDir, holder: 'x' });
  try {
    expect(await again.query('SELECT value FROM tuban.district_setting')).toEqual([{ value: '罗湖' }]);
    expect(existsSync(`${dataDir}.new`)).toBe(false);
  } finally {
    await again.close();
  }
});
