import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BadInput, messageOf } from '../raster/errors.js';
import { version } from '../raster/version.js';
import { refreshLeads } from '../reports/leads/refresh.js';
import { parseResults } from '../reports/leads/results.js';
import { districtName } from '../reports/shared/district-name.js';
import { createApp } from '../reports/web/app.js';
import type { Deps, RunDesk } from '../reports/web/deps.js';
import { withFolder } from '../reports/web/files.js';
import type { OidcConfig } from '../reports/web/oidc/config.js';
import { type Provider, providerOf } from '../reports/web/oidc/provider.js';
import { hashPassword, randomPassword } from '../reports/web/passwords.js';
import { type Db, openDatabase } from '../vector/store/db.js';
import { warmPatches } from '../vector/store/patch-index.js';
import { warmConnections } from '../vector/store/server.js';
import { getSetting } from '../vector/store/settings.js';
import { listSubdistricts } from '../vector/store/subdistricts.js';
import { addUser, listUsers } from '../vector/store/users.js';
import { watch } from './clock/watch.js';
import type { Config } from './config.js';
import type { Context } from './context.js';
import { importResults } from './leads/apply-result.js';
import { listCases } from './leads/cases.js';
import { readResultsFile } from './leads/results-file.js';
import { writeSheets } from './leads/sheets.js';
import { runMonth } from './monthly.js';
import { makeReport, SYNTHETIC } from './report.js';
import { openRunDesk } from './run-desk.js';
import { openSceneShelf } from './scene-shelf.js';

/** The first user of a server without any. */
const FIRST = 'admin';
/** Answers under way get so long to end. */
const CLOSE_MS = 10_000;
/** So long a start waits for the published months to be in memory; what is left is read while it answers. */
const WARM_MS = 5000;

/** Where `npm run build` leaves the page, beside the compiled code. */
const PAGE_DIR = fileURLToPath(new URL('../reports/web/client/', import.meta.url));

/**
 * Serves page and API until the context's signal; with `schedule` the monthly clock looks at the same database. @throws BadInput where the embedded database is held by another process, or
 * the address cannot be listened on.
 */
export async function serve(context: Context, { schedule = false } = {}): Promise<void> {
  const { config, log } = context;
  const db = await openDatabase({
    url: config.databaseUrl,
    dataDir: join(config.stateDir, 'database'),
    holder: `tuban serve (http://${config.host}:${config.port})`,
  });
  const shelf = openSceneShelf(db);
  const desk = openRunDesk(
    ({ month, against, hold }, { signal, onProgress, onNote }) =>
      runMonth(db, config, { month, against, hold, signal, onProgress, onNote, log }),
    () => new Date(),
  );
  const closing = new AbortController();
  try {
    await firstAdministrator(db, context.tell);
    const app = await createApp(depsOf(db, config, { scenes: shelf.openMonth, runs: desk, log }));
    try {
      // what cannot be read now is read, or complained of, when it is asked for
      const warm = Promise.all([warmConnections(db), warmPatches(db, closing.signal)]).catch(() => {});
      await Promise.race([warm, wait(WARM_MS, undefined, { ref: false })]);
      const address = await app.listen({ port: config.port, host: config.host }).catch((error: unknown) => {
        throw new BadInput(
          `${config.host}:${config.port} cannot be listened on: ${messageOf(error)}; choose another --port or --host`,
        );
      });
      context.print(`tuban serves ${address}  (Ctrl+C ends it)`);
      const clock = schedule ? watch(context, { json: false, use: (work) => work(db) }) : null;
      await ended(context.signal);
      closing.abort();
      await clock;
      context.tell('closing');
    } finally {
      await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    }
  } finally {
    await desk.close();
    await shelf.close();
    await db.close();
  }
}

/** Resolves when somebody wants it to end: for a server that is no failure. */
function ended(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A server that nobody can sign in to gets an administrator; the password is shown this once and never stored. */
export async function firstAdministrator(db: Db, tell: (line: string) => void): Promise<void> {
  if ((await listUsers(db)).length > 0) return;
  const password = randomPassword();
  const user = { name: FIRST, role: 'administrator', subdistricts: [] } as const;
  if (!(await addUser(db, { ...user, passwordHash: await hashPassword(password) }))) return;
  tell(`First start: sign in as "${FIRST}" with the password ${password}`);
  tell('It is shown this once; change it on the page, or with tuban users password admin');
}

/** What the web application needs of the other rooms, as functions. */
export function depsOf(
  db: Db,
  config: Config,
  made: { readonly scenes: Deps['scenes']; readonly runs: RunDesk; readonly log?: Deps['log'] },
): Deps {
  const { district, stateDir, timeZone, leads, filter, publicUrl, basemapUrl, oidc = null } = config;
  const basemap = basemapUrl === '' ? null : { url: basemapUrl, attribution: config.basemapAttribution };
  const now = () => new Date();
  return {
    ...made,
    db,
    version: version(),
    now,
    config: { district, stateDir, timeZone, leads, filter, publicUrl, basemap, oidc, pageDir: PAGE_DIR },
    ...(oidc === null ? {} : { provider: identityProvider(oidc, config.publicUrl, process.env) }),
    makeReport: async (request) => bytesOf(await makeReport(db, config, request)),
    makeSheet: (one) =>
      withFolder(stateDir, async (folder) => {
        const subdistricts = await listSubdistricts(db);
        const out = join(folder, 'sheet.pdf');
        await writeSheets({
          cases: [one],
          openMonth: made.scenes,
          document: {
            district: district || districtName(subdistricts, 'zh'),
            subdistricts,
            generatedAt: now().toISOString(),
            timeZone,
            synthetic: (await getSetting(db, SYNTHETIC)) === true,
          },
          out,
          each: null,
        });
        return readFile(out);
      }),
    leadCase: async (number) => (await listCases(db, { numbers: [number] }))[0] ?? null,
    importResults: async (path) => {
      const file = await readResultsFile(path);
      return importResults(db, parseResults(file, { now: now(), timeZone }));
    },
    refreshLeads: () => refreshLeads(db, config, 'all', now()),
  };
}

/** @throws BadInput where people could not come back from it, or the secret is missing */
function identityProvider(oidc: OidcConfig, publicUrl: string, env: NodeJS.ProcessEnv): Provider {
  if (publicUrl === '') {
    throw new BadInput(
      'oidc needs publicUrl, where the identity provider sends people back to; set it, e.g. "publicUrl": "https://tuban.example.gov.cn"',
    );
  }
  const secret = oidc.clientSecret ?? (oidc.secretEnv === undefined ? null : env[oidc.secretEnv]);
  if (secret === undefined || secret === '') {
    throw new BadInput(`oidc: the environment variable ${oidc.secretEnv} holds no secret; set it`);
  }
  return providerOf(oidc, secret);
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
}
