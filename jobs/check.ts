import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBackend } from '../kernels/backend.js';
import { modelId } from '../kernels/learned/model.js';
import { BadInput, messageOf, Unavailable } from '../raster/errors.js';
import { isAddress } from '../raster/tiff/address.js';
import { findChromium } from '../reports/pdf.js';
import { type DatabaseOptions, type Db, openDatabase } from '../vector/store/db.js';
import { readMigrations } from '../vector/store/migrate.js';
import { databaseState } from '../vector/store/state.js';
import { sharedBlocks } from './block-stores.js';
import { alertTo } from './clock/alert.js';
import type { Config } from './config.js';
import { connectedWorkers } from './distributed/upkeep.js';
import { monthsDetector } from './models/use.js';

/** One line of `tuban check`. */
export interface CheckLine {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found, and the cure where it is not ok. */
  readonly text: string;
}

export interface CheckDeps {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Whether a font with Chinese is installed; null where nothing can tell. */
  readonly hasChineseFont: () => Promise<boolean | null>;
}

const GIB = 2 ** 30;
/** A month's rasters of a district at 0.5 m are some GiB. */
const [LEAST_FREE, GOOD_FREE] = [1 * GIB, 10 * GIB];
const MOST_CLOCK_DIFFERENCE_S = 60;
const OLDEST_POSTGIS = 3.1;

const ok = (name: string, text: string): CheckLine => ({ name, status: 'ok', text });
const warn = (name: string, text: string): CheckLine => ({ name, status: 'warn', text });
const fail = (name: string, text: string): CheckLine => ({ name, status: 'fail', text });

/** Looks at everything a run or the server needs; changes nothing that lasts. */
export async function check(deps: CheckDeps): Promise<CheckLine[]> {
  const { config } = deps;
  const lines = [ok('configuration', `district CRS ${config.crs}, state folder ${config.stateDir}`)];
  lines.push(await folder(config.stateDir));
  lines.push(await disk(config.stateDir));
  if (config.blockStore !== '') lines.push(await blockStore(config));
  lines.push(...(await database(deps)));
  lines.push(timeZone(config, deps.now()));
  lines.push(await backend(config));
  lines.push(chromium(deps.env));
  lines.push(fonts(await deps.hasChineseFont()));
  lines.push(...(await clock(deps)));
  return lines;
}

async function folder(stateDir: string): Promise<CheckLine> {
  const probe = join(stateDir, `check-${randomUUID()}.new`);
  try {
    await mkdir(stateDir, { recursive: true });
    await writeFile(probe, 'written to see whether it can be');
    await rename(probe, `${probe}ed`);
    return ok('state folder', `${stateDir} can be written`);
  } catch (error) {
    return fail(
      'state folder',
      `${stateDir} cannot be written (${messageOf(error)}); give its user the right, or name another as stateDir`,
    );
  } finally {
    for (const path of [probe, `${probe}ed`]) await rm(path, { force: true }).catch(() => {});
  }
}

/** Does all that runs and workers do there, with a job of its own. */
async function blockStore(config: Config): Promise<CheckLine> {
  const [name, key] = ['block store', randomBytes(12).toString('hex')];
  const [part, text] = ['probe', Buffer.from(`written by tuban check: ${key}`)];
  try {
    const store = sharedBlocks(config, { attempts: 3 });
    await store.begin(key);
    const back = await store
      .put(key, part, text)
      .then(() => store.get(key, part))
      .catch(async (error: unknown) => {
        await store.clear(key).catch(() => {});
        throw error;
      });
    await store.clear(key);
    if (back === null || !text.equals(back))
      return fail(name, `${store.name}: does not give back what was written; look at the store`);
    return (await store.has(key, part))
      ? fail(name, `${store.name}: still has what was taken away; look at the store`)
      : ok(name, `${store.name} can be written, read and cleared`);
  } catch (error) {
    if (!(error instanceof BadInput || error instanceof Unavailable)) throw error;
    return fail(name, error.message);
  }
}

async function disk(stateDir: string): Promise<CheckLine> {
  const found = await statfs(stateDir).catch(() => null);
  if (found === null) return fail('disk', `${stateDir} is on no file system that can be asked`);
  const free = found.bavail * found.bsize;
  const text = `${(free / GIB).toFixed(1)} GiB free`;
  if (free < LEAST_FREE)
    return fail('disk', `${text}; make room (tuban prune) or move stateDir to another disk`);
  if (free < GOOD_FREE)
    return warn('disk', `${text}; a month may need several GiB (tuban prune frees rasters)`);
  return ok('disk', text);
}

async function database({ config, now }: CheckDeps): Promise<CheckLine[]> {
  const { databaseUrl, stateDir } = config;
  const options: DatabaseOptions = {
    url: databaseUrl,
    dataDir: join(stateDir, 'database'),
    holder: 'tuban check',
    migrations: null,
  };
  const embedded = databaseUrl.trim() === '';
  const lines = embedded
    ? [
        warn(
          'durability',
          'the embedded database does not force its writes to the disk (no fsync): safe against killed processes, not against power loss; in production set TUBAN_DATABASE_URL to a PostgreSQL server',
        ),
      ]
    : [];
  if (embedded && (await stat(join(options.dataDir, 'PG_VERSION')).catch(() => null)) === null)
    return [ok('database', 'embedded, made by the first command that needs it'), ...lines];
  try {
    const db = await openDatabase(options);
    try {
      const state = await databaseState(db);
      lines.unshift(ok('database', `${db.kind}, PostgreSQL ${state.server}`));
      if (state.postgis === null)
        lines.push(
          warn(
            'PostGIS',
            'not there yet; the first command makes it, if its user may (CREATE EXTENSION postgis)',
          ),
        );
      else if (Number.parseFloat(state.postgis) < OLDEST_POSTGIS)
        lines.push(fail('PostGIS', `${state.postgis}; ${OLDEST_POSTGIS} or newer is needed: update PostGIS`));
      else lines.push(ok('PostGIS', state.postgis));
      lines.push(migrations(state.migrations));
      const difference = Math.abs(Date.parse(state.now) - now().getTime()) / 1000;
      lines.push(
        difference > MOST_CLOCK_DIFFERENCE_S
          ? warn(
              'clock',
              `this machine and the database differ by ${Math.round(difference)} s; run NTP on both`,
            )
          : ok('clock', `${now().toISOString()}, as the database has it`),
      );
      lines.push(await scenes(state.sceneFiles));
      if (state.migrations.length > 0) lines.push(await model(config, db));
      const workers = await connectedWorkers(db);
      if (workers !== null)
        lines.push(
          ok('workers', `${workers} connected; runs with --distributed wait for one (tuban worker)`),
        );
    } finally {
      await db.close();
    }
  } catch (error) {
    if (!(error instanceof BadInput || error instanceof Unavailable)) throw error;
    // held by the server of the page: that is as it should be
    const held = embedded && error instanceof BadInput && /in use by/.test(error.message);
    lines.unshift(held ? warn('database', error.message) : fail('database', error.message));
  }
  return lines;
}

/** The learned model that runs use: this machine needs its files too. */
async function model(config: Config, db: Db): Promise<CheckLine> {
  try {
    const { model: used } = await monthsDetector(db, config);
    return ok('model', used === undefined ? 'none: the built-in detector judges' : modelId(used.card));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return fail(
      'model',
      `${error.message}; add it here (tuban models add), or go back (tuban models use --none)`,
    );
  }
}

function migrations(applied: readonly number[]): CheckLine {
  const known = readMigrations();
  const newer = applied.filter((id) => !known.some((one) => one.id === id));
  if (newer.length > 0)
    return fail(
      'migrations',
      `the database was made by a newer tuban (${newer.join(', ')} unknown here); update tuban`,
    );
  const pending = known.filter(({ id }) => !applied.includes(id));
  return pending.length === 0
    ? ok('migrations', `all ${applied.length} applied`)
    : warn(
        'migrations',
        `${pending.length} not applied yet; the next command does (tuban database migrate --dry-run tries them first)`,
      );
}

async function scenes(files: readonly string[]): Promise<CheckLine> {
  const lost: string[] = [];
  for (const file of files) {
    if (!isAddress(file) && (await stat(file).catch(() => null)) === null) lost.push(file);
  }
  if (lost.length === 0)
    return ok('scene files', `${files.length} in the catalogue, those on this machine are there`);
  return warn(
    'scene files',
    `${lost.length} of ${files.length} are gone (${lost.slice(0, 3).join(', ')}); put them back, or add the scenes anew`,
  );
}

function timeZone({ timeZone }: Config, now: Date): CheckLine {
  try {
    const text = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'short',
    }).format(now);
    return ok('time zone', `${timeZone}, ${text} there`);
  } catch {
    return fail(
      'time zone',
      `"${timeZone}" is no time zone; expected one such as Asia/Shanghai (timeZone in tuban.json)`,
    );
  }
}

async function backend({ backend: wanted }: Config): Promise<CheckLine> {
  try {
    const opened = await openBackend(wanted);
    await opened.close();
    return ok('backend', `${wanted} runs on ${opened.name}`);
  } catch (error) {
    return fail('backend', `${messageOf(error)}; set backend to auto`);
  }
}

function chromium(env: NodeJS.ProcessEnv): CheckLine {
  try {
    const path = findChromium(env);
    return path === null
      ? warn(
          'Chromium',
          'none found: no PDF reports and sheets (Debian: apt-get install chromium fonts-noto-cjk)',
        )
      : ok('Chromium', path);
  } catch (error) {
    return fail('Chromium', messageOf(error));
  }
}

function fonts(found: boolean | null): CheckLine {
  if (found === null)
    return warn('fonts', 'fc-list is not there to ask; PDFs need a font with Chinese (fonts-noto-cjk)');
  return found
    ? ok('fonts', 'one with Chinese is installed')
    : warn('fonts', 'none with Chinese: PDFs show boxes instead (Debian: apt-get install fonts-noto-cjk)');
}

/** What the clock and the webhooks are configured with. */
async function clock({ config, env, now }: CheckDeps): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  const { inbox } = config.schedule;
  if (inbox !== undefined) {
    const found = await stat(inbox).catch(() => null);
    lines.push(
      found?.isDirectory()
        ? ok('inbox', inbox)
        : fail('inbox', `${inbox} is no folder; make it, or correct schedule.inbox in tuban.json`),
    );
  }
  for (const { name, secretEnv } of config.webhooks) {
    if (secretEnv !== undefined && (env[secretEnv] ?? '').length < 16)
      lines.push(
        fail('webhooks', `"${name}": ${secretEnv} holds no secret of 16 characters or more; set it`),
      );
  }
  try {
    alertTo(config.alert, env, 1000, now);
  } catch (error) {
    lines.push(fail('alert', messageOf(error)));
  }
  return lines;
}
