import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { BadInput, messageOf } from '../../raster/errors.js';

export const MANIFEST = 'manifest.json';
export const MANIFEST_HASH = 'manifest.sha256';

/** A path in the backup, with slashes, that cannot lead out of it. */
const InnerPath = z
  .string()
  .regex(/^[\w.@-]+(\/[\w.@-]+)*$/)
  .refine((path) => !path.split('/').includes('..'));

export const Manifest = z.object({
  format: z.literal(1),
  /** Version of the program that made it. */
  tuban: z.string(),
  createdAt: z.string(),
  database: z.enum(['embedded', 'server']),
  migrations: z.array(z.object({ id: z.number().int(), name: z.string() })),
  tables: z.array(z.object({ name: z.string().regex(/^\w+$/), rows: z.number().int() })),
  sequences: z.array(
    z.object({ table: z.string(), column: z.string(), last: z.number(), called: z.boolean() }),
  ),
  files: z.array(
    z.object({ path: InnerPath, bytes: z.number().int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});
export type Manifest = z.infer<typeof Manifest>;

/** Folders of the state folder that are copied whole, besides those of the published runs. */
export const BESIDE_RUNS = ['photos', 'models'];

export const tableFile = (table: string) => `tables/${table}.rows.gz`;

/** The manifest of a backup. @throws BadInput where the folder is none, or the manifest was changed. */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  let hash: string;
  try {
    text = await readFile(join(folder, MANIFEST), 'utf8');
    hash = (await readFile(join(folder, MANIFEST_HASH), 'utf8')).trim();
  } catch (error) {
    throw new BadInput(
      `${folder}: is no whole backup (${messageOf(error)}); expected a folder made by tuban backup`,
    );
  }
  if (createHash('sha256').update(text).digest('hex') !== hash)
    throw new BadInput(`${folder}: ${MANIFEST} was changed or is damaged; use another backup`);
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw new BadInput(
      `${folder}: was made by another version of tuban, whose form is unknown here; update tuban`,
    );
  }
}

/** What is wrong with a backup, a line each; empty where it is whole: sizes, hashes, rows, and nothing beside. */
export async function verifyBackup(folder: string): Promise<{ manifest: Manifest; problems: string[] }> {
  const manifest = await readManifest(folder);
  const problems: string[] = [];
  for (const { path, bytes, sha256 } of manifest.files) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found === null) problems.push(`${path}: is missing`);
    else if (found.size !== bytes) problems.push(`${path}: has ${found.size} bytes, expected ${bytes}`);
    else if ((await hashOf(join(folder, path))) !== sha256) problems.push(`${path}: its content was changed`);
  }
  const known = new Set([MANIFEST, MANIFEST_HASH, ...manifest.files.map(({ path }) => path)]);
  for (const path of await filesBelow(folder))
    if (!known.has(path)) problems.push(`${path}: is not of this backup`);
  if (problems.length > 0) return { manifest, problems };
  for (const { name, rows } of manifest.tables) {
    let count = 0;
    for await (const _row of tableRows(folder, name)) count++;
    if (count !== rows) problems.push(`${tableFile(name)}: holds ${count} rows, expected ${rows}`);
  }
  return { manifest, problems };
}

/** The rows of a table, as they were dumped. */
export async function* tableRows(folder: string, table: string): AsyncGenerator<string> {
  const lines = createInterface({
    input: createReadStream(join(folder, tableFile(table))).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) yield z.string().parse(JSON.parse(line));
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest('hex');
}

/** Paths of all files below a folder, with slashes; none where it is not there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
