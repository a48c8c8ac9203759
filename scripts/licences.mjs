// Lists the licences of all installed packages that the program needs at run time (`--all`: of development too), from the lock
// file, and exits 1 where one is not on the list below. A new kind of licence is a decision, not an accident.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ALLOWED = new Set([
  ...[
    'MIT',
    'MIT-0',
    'ISC',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    '0BSD',
    'BlueOak-1.0.0',
    'Unlicense',
    'CC0-1.0',
    'Zlib',
  ],
  // EDL-1.0 is BSD-3-Clause by another name; the last two are BSD as their packages write it
  ...['EDL-1.0', 'BSD', 'BDS-3-Clause'],
  // data and fonts
  ...['CC-BY-4.0', 'CC-BY-3.0', 'OFL-1.1', 'Python-2.0', 'W3C-20150513'],
  // used as they are, replaceable, linked at run time
  ...['MPL-2.0', 'LGPL-2.1', 'LGPL-2.1-only', 'LGPL-2.1-or-later', 'LGPL-3.0-or-later', 'PostgreSQL'],
]);

const root = new URL('..', import.meta.url).pathname;
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const all = process.argv.includes('--all');

/** `(MIT OR GPL-3.0)`: one that may be chosen is enough; of `AND` all count. */
function allowed(licence) {
  const plain = licence.replace(/[()]/g, '');
  return plain
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((one) => ALLOWED.has(one.trim())));
}

const rows = [];
for (const [path, entry] of Object.entries(packages)) {
  if (path === '' || (entry.dev && !all)) continue;
  const file = join(root, path, 'package.json');
  // of another platform
  const installed = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const told = entry.license ?? installed.license ?? installed.licenses?.[0]?.type ?? 'unknown';
  const licence = typeof told === 'string' ? told : (told.type ?? 'unknown');
  rows.push({ name: `${path.replace(/^.*node_modules\//, '')}@${entry.version}`, licence });
}
rows.sort((a, b) => a.licence.localeCompare(b.licence) || a.name.localeCompare(b.name));
for (const { name, licence } of rows) console.log(`${licence}\t${name}`);
const bad = rows.filter(({ licence }) => !allowed(licence));
for (const { name, licence } of bad)
  console.error(`${name}: licence "${licence}" is not on the list in scripts/licences.mjs`);
process.exitCode = bad.length > 0 ? 1 : 0;
