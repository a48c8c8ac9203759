import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BadInput, messageOf } from '../../../raster/errors.js';
import { LEAD_VERDICTS, REJECT_REASONS } from '../../../vector/lead.js';
import { listLeadPhotos } from '../../../vector/store/lead-events.js';
import { claimRequest } from '../../../vector/store/requests.js';
import { keepPhoto, photoPath, type ReadPhoto } from '../../leads/photos.js';
import { readPhoto } from '../../leads/read-photo.js';
import { type LeadUpdate, updateLeads } from '../../leads/update.js';
import { dayIn } from '../../shared/zone.js';
import { audit } from '../audit.js';
import type { Deps } from '../deps.js';
import { keepUpload, withFolder } from '../files.js';
import { scopeOf, signedIn } from '../permissions.js';
import { Problem } from '../problem.js';
import { addRoute, Day, PatchNumber } from '../route.js';
import { LeadProps, leadAnswer, requireLead } from './leads.js';

/** Largest photo and table of visits, bytes. */
const [MOST_PHOTO, MOST_TABLE] = [25 << 20, 8 << 20];
/** A phone's clock may be wrong by so much, and a visit be sent so late. */
const [AHEAD_MS, BEHIND_MS] = [5 * 60_000, 60 * 24 * 3_600_000];

const Text = z.string().trim().min(1).max(2000);
const Step = z.strictObject({
  step: z.enum(['assign', 'visit', 'verdict', 'close', 'reopen', 'note']),
  team: z.string().trim().min(1).max(100).optional().describe('of assign; the subdistrict’s where absent'),
  due: Day.optional().describe('last day for the visit, of assign and reopen'),
  verdict: z.enum(LEAD_VERDICTS).optional(),
  reason: z.enum(REJECT_REASONS).optional(),
  note: Text.optional(),
  at: z.iso.datetime({ offset: true }).optional().describe('when it happened, where that was before'),
  id: z.uuid().describe('made by the client; the same id again changes nothing'),
});
type Step = z.output<typeof Step>;

/** What an officer does on site; the desk does the rest. */
const ON_SITE: readonly Step['step'][] = ['visit', 'verdict', 'note'];

const Said = z.strictObject({
  taken_at: z.iso.datetime({ offset: true }).optional(),
  position: z
    .string()
    .regex(/^-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?$/, 'expected longitude,latitude in degrees')
    .optional(),
  bearing: z.coerce.number().min(0).max(360).optional(),
  source: z.enum(['camera', 'picked']),
  id: z.uuid(),
});

export async function leadStepRoutes(app: FastifyInstance, deps: Deps): Promise<void> {
  const { db, config, now } = deps;
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fieldSize: 4096, fileSize: MOST_PHOTO, parts: 12 },
  });
  const params = z.strictObject({ number: PatchNumber });
  const LeadAnswer = LeadProps.extend({ warnings: z.array(z.string()) });

  addRoute(app, {
    method: 'POST',
    url: '/api/leads/:number/steps',
    access: ['administrator', 'analyst', 'officer'],
    summary: 'Takes a lead a step further; officers: visit, verdict and note',
    params,
    body: Step,
    answer: LeadAnswer,
    handle: async ({ params: { number }, body, request }) => {
      const { role } = signedIn(request);
      await requireLead(deps, number, scopeOf(request));
      if (role === 'officer' && !ON_SITE.includes(body.step)) {
        throw new Problem(
          403,
          `The role officer may not ${body.step} a lead; it takes administrator or analyst`,
        );
      }
      const update = updateOf(body, dayIn(now(), config.timeZone));
      const at = instantOf(body.at, now());
      return once(request, number, body.id, update, at, `lead.${body.step}`);
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/leads/:number/photos',
    access: ['administrator', 'analyst', 'officer'],
    summary: 'Adds a photo of the visit (multipart: file, taken_at, position, bearing, source, id)',
    params,
    upload: true,
    answer: LeadAnswer,
    status: 201,
    perMinute: 60,
    handle: async ({ params: { number }, request }) => {
      await requireLead(deps, number, scopeOf(request));
      return withFolder(config.stateDir, async (folder) => {
        const { path, fields } = await oneUpload(request, folder, MOST_PHOTO);
        const said = Said.parse(fields);
        const photo = await named(path, () => photoOf(path, said));
        await keepPhoto(config.stateDir, photo);
        return once(request, number, said.id, { photos: [photo] }, now(), 'lead.photo');
      });
    },
  });

  addRoute(app, {
    method: 'GET',
    url: '/api/leads/:number/photos/:hash',
    access: 'signed-in',
    summary: 'A photo as it was handed in',
    params: z.strictObject({
      number: PatchNumber,
      hash: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256'),
    }),
    answer: ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/tiff'],
    handle: async ({ params: { number, hash }, request, reply }) => {
      await requireLead(deps, number, scopeOf(request));
      const photo = (await listLeadPhotos(db, [number])).find((one) => one.hash === hash);
      if (photo === undefined) throw new Problem(404, `Lead ${number} has no such photo`);
      const bytes = await readFile(photoPath(config.stateDir, photo)).catch(() => null);
      if (bytes === null) throw new Problem(404, `The file of photo ${hash.slice(0, 8)}… is lost`);
      return reply
        .type(photo.mediaType)
        .header('cache-control', 'private, max-age=86400, immutable')
        .send(bytes);
    },
  });

  addRoute(app, {
    method: 'POST',
    url: '/api/leads/results',
    access: ['administrator', 'analyst'],
    summary: 'Imports a table of visits (multipart: file; CSV, XLSX or JSON), all of it or nothing',
    upload: true,
    answer: z.object({ done: z.number(), unchanged: z.number() }),
    perMinute: 10,
    handle: async ({ request }) =>
      withFolder(config.stateDir, async (folder) => {
        const { path } = await oneUpload(request, folder, MOST_TABLE);
        const imported = await named(path, () => deps.importResults(path));
        await audit(deps, request, { action: 'lead.results', data: { ...imported } });
        return { ...imported };
      }),
  });

  /** Carries a request out once, however often it is sent, and answers with the lead as it is now. */
  async function once(
    request: FastifyRequest,
    number: string,
    id: string,
    update: LeadUpdate,
    at: Date,
    action: string,
  ) {
    const who = signedIn(request).name;
    const target = `${action} ${number}`;
    const warnings = await db.transaction(async (tx) => {
      const claimed = await claimRequest(tx, { id, user: who, target });
      if (claimed === 'other')
        throw new Problem(409, `id: ${id} stands for another request already; make a new one`);
      if (claimed === 'known') return [];
      const done = await updateLeads(tx, config, [number], update, { who, at });
      await audit({ db: tx, now }, request, { action, target: number, data: { id } });
      return done.warnings;
    });
    return { ...(await leadAnswer(deps, number)), warnings: [...warnings] };
  }

  async function photoOf(path: string, said: z.output<typeof Said>): Promise<ReadPhoto> {
    const photo = await readPhoto(path, config.timeZone);
    const [lon = Number.NaN, lat = Number.NaN] = (said.position ?? '').split(',').map(Number);
    const known = said.position !== undefined && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
    const position = known ? ([lon, lat] as const) : null;
    const takenAt = said.taken_at === undefined ? null : instantOf(said.taken_at, now()).toISOString();
    return {
      ...photo,
      path: 'The photo',
      position: photo.position ?? position,
      takenAt: photo.takenAt ?? takenAt,
      said: { source: said.source, position, bearing: said.bearing ?? null, takenAt },
    };
  }
}

/** Reads the one file of a multipart body into a folder, and the fields around it. */
async function oneUpload(request: FastifyRequest, folder: string, most: number) {
  if (!request.isMultipart()) throw new Problem(415, 'Expected multipart/form-data with a file');
  const fields: Record<string, string> = {};
  let path: string | null = null;
  try {
    for await (const part of request.parts({ limits: { fileSize: most } })) {
      if (part.type === 'field') {
        if (typeof part.value === 'string') fields[part.fieldname] = part.value;
        continue;
      }
      // the client's name for it is only asked for its ending
      const ending = /\.[a-z]{2,5}$/i.exec(part.filename ?? '')?.[0].toLowerCase() ?? '';
      path = join(folder, `${randomUUID()}${ending}`);
      await keepUpload(part.file, path);
      if (part.file.truncated) throw new Problem(413, `The file is larger than ${most >> 20} MB`);
    }
  } catch (error) {
    // a body that breaks off or is none has no status; everything else says itself what it is
    if (error instanceof Problem || (error instanceof Error && 'statusCode' in error)) throw error;
    throw new Problem(400, `The multipart body cannot be read: ${messageOf(error)}`);
  }
  if (path === null) throw new Problem(400, 'file: expected a file in the multipart body');
  return { path, fields };
}

/** What goes wrong with an upload names the file, not where it lay on the server. */
async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const text = error.message.replaceAll(path, `file${extname(path)}`);
    throw new BadInput(text.replaceAll(basename(path), `file${extname(path)}`), { cause: error });
  }
}

/** @throws Problem 400 where parts are missing or do not belong to the step. */
function updateOf(body: Step, today: string): LeadUpdate {
  const { step, team, due, verdict, reason, note } = body;
  if (verdict === undefined && step === 'verdict') {
    throw new Problem(400, `verdict: expected one of ${LEAD_VERDICTS.join(', ')}`);
  }
  if (note === undefined && step === 'note') throw new Problem(400, 'note: expected a text');
  const misplaced = [
    ...(step !== 'assign' && team !== undefined ? ['team'] : []),
    ...(step !== 'assign' && step !== 'reopen' && due !== undefined ? ['due'] : []),
    ...(step !== 'verdict' && verdict !== undefined ? ['verdict'] : []),
    ...(verdict !== 'rejected' && reason !== undefined ? ['reason'] : []),
  ];
  if (misplaced.length > 0) throw new Problem(400, `${misplaced[0]}: does not belong to this step`);
  if (due !== undefined && due < today)
    throw new Problem(400, `due: expected today (${today}) or a later day`);
  return {
    assign: step === 'assign' ? (team ?? true) : undefined,
    due,
    visited: step === 'visit',
    verdict,
    reason,
    close: step === 'close',
    reopen: step === 'reopen',
    note,
  };
}

/** @throws Problem 400 where it lies ahead, or too long ago to be a visit of ours. */
function instantOf(given: string | undefined, now: Date): Date {
  if (given === undefined) return now;
  const at = new Date(given);
  const ahead = at.getTime() - now.getTime();
  if (ahead > AHEAD_MS || ahead < -BEHIND_MS) {
    throw new Problem(400, `at: ${given} is not within the last 60 days; is the clock right?`);
  }
  return ahead > 0 ? now : at;
}
