import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { BadInput, messageOf } from '../raster/errors.js';
import { AllowPrivate } from '../raster/net/guard.js';
import { RecordMapping } from '../reports/leads/record-fields.js';
import { LeadConfig } from '../reports/leads/rule-config.js';
import { Webhooks } from '../reports/leads/webhook-config.js';
import { OidcConfig } from '../reports/web/oidc/config.js';
import { FilterConfig } from '../vector/filter/config.js';
import { AlertConfig, ScheduleConfig } from './clock/config.js';

/** Keys of `tuban.json`; each can be given as `TUBAN_` + its name in capitals, which wins. */
const Schema = z.strictObject({
  databaseUrl: z
    .string()
    .regex(/^(postgres(ql)?:\/\/.*)?$/, 'expected postgres://… or nothing for the embedded database')
    .default('')
    .describe('PostgreSQL + PostGIS server; empty for the embedded database'),
  stateDir: z
    .string()
    .min(1)
    .default('.tuban')
    .describe('folder of the embedded database and the runs’ rasters'),
  blockStore: z
    .string()
    .regex(
      /^(s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/(?!\.+(\/|$))[^/?#\s]*)*)?$/,
      'expected s3://bucket/prefix, or nothing for the state folder',
    )
    .default('')
    .describe(
      'where runs with --distributed and their workers leave blocks for each other: s3://bucket/prefix; empty: in `stateDir`, which all machines then see (docs/operations.md)',
    ),
  district: z
    .string()
    .default('')
    .describe(
      'name of the district on reports; empty: 罗湖区 for its subdistrict codes, else just “district”',
    ),
  crs: z
    .string()
    .regex(/^EPSG:\d+$/i, 'expected an EPSG code such as EPSG:4547')
    .default('EPSG:4547')
    .describe('CRS of the district’s grid, fixed by its first run'),
  resolution: z.number().positive().optional().describe('metres a pixel; the first scene’s where absent'),
  workers: z.number().int().min(1).max(64).optional().describe('worker threads; one a core where absent'),
  backend: z.enum(['auto', 'webgpu', 'webasm', 'cpu']).default('auto').describe('where kernels run'),
  detector: z.string().default('states').describe('kind of detector: states, indices, or onnx with a model'),
  model: z
    .string()
    .default('')
    .describe(
      'learned model: a folder or a name of `tuban models list`; empty: the one in use (docs/models.md)',
    ),
  mmuBuilding: z.number().positive().default(50).describe('least area of a building patch, m²'),
  mmuOther: z.number().positive().default(200).describe('least area of any other patch, m²'),
  timeZone: z
    .string()
    .default('Asia/Shanghai')
    .describe('zone in which times are printed and working days counted'),
  leads: LeadConfig.prefault({}).describe(
    'rules that make leads, and their life (below); as a variable, JSON',
  ),
  filter: FilterConfig.prefault({}).describe(
    'false alarms learned from verdicts: {use, minVerdicts, mostShare, sureConfidence} (vector/filter/README.md)',
  ),
  record: RecordMapping.default([]).describe(
    'fields of leads in exports: a list of {field, name, shortName} (reports/leads/README.md); empty: all of them',
  ),
  webhooks: Webhooks.default([]).describe(
    'who is told of every step of a lead: a list of {name, url, secret or secretEnv, events, since} (docs/webhooks.md)',
  ),
  webhookAttempts: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(12)
    .describe('tries before a delivery becomes a dead letter'),
  webhookTimeoutS: z.number().positive().max(120).default(10).describe('seconds a receiver has to answer'),
  port: z.number().int().min(0).max(65535).default(8080).describe('port `serve` listens on; 0: any free one'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'address `serve` listens on; 0.0.0.0 for all, best behind a proxy with https (docs/security.md)',
    ),
  publicUrl: z
    .string()
    .regex(/^(https?:\/\/[^\s/]+)?$/, 'expected an address such as https://tuban.example.gov.cn, or nothing')
    .default('')
    .describe('address people reach the web application at, behind a proxy; https makes its cookies Secure'),
  basemapUrl: z
    .string()
    .regex(
      /^(https?:\/\/\S+\{z\}\S*)?$/,
      'expected XYZ tiles such as https://host/{z}/{x}/{y}.png, or nothing',
    )
    .default('')
    .describe('XYZ tiles ({z}, {x}, {y}) of a basemap on the web map; empty: none, nothing outside is asked'),
  basemapAttribution: z.string().default('').describe('whose basemap it is, as shown on the map'),
  oidc: OidcConfig.optional().describe(
    'signing in with the city’s unified identity: {issuer, clientId, secretEnv, roleClaim, roles, …} (docs/security.md)',
  ),
  allowPrivate: AllowPrivate.default([]).describe(
    'hosts and blocks inside that names, redirects and STAC Items may lead to, e.g. ["gis.luohu.local", "10.0.0.0/8"] (docs/security.md)',
  ),
  schedule: ScheduleConfig.prefault({}).describe(
    'when `tuban schedule` runs a month, and where it finds its scenes (docs/operations.md)',
  ),
  alert: AlertConfig.optional().describe(
    'who is told when a run fails or is late: {url, secret or secretEnv} (docs/operations.md)',
  ),
});

export type Config = z.infer<typeof Schema>;
export const CONFIG_KEYS = Object.entries(Schema.shape).map(([key, type]) => ({
  key,
  env: envName(key),
  text: type.description ?? '',
}));

/** `databaseUrl` → `TUBAN_DATABASE_URL`. */
function envName(key: string): string {
  return `TUBAN_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/**
 * Reads `tuban.json` of the folder, then the environment over it. Folders in it are relative to it.
 * @throws BadInput naming the key.
 */
export function loadConfig(folder: string, env: NodeJS.ProcessEnv): Config {
  const path = join(folder, 'tuban.json');
  const stored = existsSync(path) ? readJson(path) : {};
  const fromEnv: Record<string, unknown> = {};
  for (const { key, env: name } of CONFIG_KEYS) {
    const text = env[name];
    if (text !== undefined) fromEnv[key] = fromText(key, name, text);
  }
  const parsed = Schema.safeParse({ ...stored, ...fromEnv });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue.path.join('.');
    const where =
      String(issue.path[0]) in fromEnv
        ? [envName(String(issue.path[0])), ...issue.path.slice(1)].join('.')
        : `${path}${key ? `, key "${key}"` : ''}`;
    throw new BadInput(`${where}: ${issue.message}`);
  }
  const { stateDir, schedule } = parsed.data;
  const inbox = schedule.inbox === undefined ? {} : { inbox: resolve(folder, schedule.inbox) };
  return { ...parsed.data, stateDir: resolve(folder, stateDir), schedule: { ...schedule, ...inbox } };
}

const NUMBERS = [
  'resolution',
  'workers',
  'mmuBuilding',
  'mmuOther',
  'webhookAttempts',
  'webhookTimeoutS',
  'port',
];
const JSON_KEYS = ['leads', 'filter', 'record', 'webhooks', 'oidc', 'allowPrivate', 'schedule', 'alert'];

/** The environment knows text alone: numbers are read, lists and objects are JSON. */
function fromText(key: string, name: string, text: string): unknown {
  if (NUMBERS.includes(key) && text.trim() !== '') return Number(text);
  if (!JSON_KEYS.includes(key)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadInput(`${name}: is not valid JSON (${messageOf(error)})`);
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new BadInput(`${path}: is not valid JSON (${messageOf(error)})`);
  }
  throw new BadInput(`${path}: expected a JSON object such as {"crs": "EPSG:4547"}`);
}
