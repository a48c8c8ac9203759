import { createHash } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { JOB_KEY } from '../../raster/engine/shared-job.js';
import { BadInput, messageOf, Unavailable } from '../../raster/errors.js';
import { openDatabase } from '../../vector/store/db.js';
import type { Logger } from '../log.js';
import { DEAD_QUEUE, QUEUE, QUEUE_SCHEMA } from './names.js';

/** A worker that is silent for so long has died, s; its blocks go to others. pg-boss knows no less than 10. */
export const HEARTBEAT_S = 10;
/** How often somebody looks for the silent, s. */
const SUPERVISE_S = 3;
/** A block takes seconds, of a slow address minutes; one that takes longer hangs. */
const EXPIRE_S = 1800;
/** Tries after the first, each after 1, 2, 4 … s: a worker that dies costs the blocks in its hand one. */
const RETRIES = 5;

/** What a job says: a block of a shared job (raster/engine/shared-job.ts). */
export const Payload = z.strictObject({
  key: z.string().regex(JOB_KEY, 'expected 24 hexadecimal digits'),
  index: z.int().min(0).max(10_000_000),
});
export type Payload = z.infer<typeof Payload>;

/** pg-boss stores an error as its fields. */
const Failure = z.object({
  name: z.string().catch('Error'),
  message: z.string().catch('it did not say why'),
});

/** What a worker says that finds no job of that key: where it looked. */
export const Unseen = z.object({ unseen: z.string() });
export type Unseen = z.infer<typeof Unseen>;

const Own = z.object({ value: z.unknown() });

/** The error a worker failed with, as whoever waits for the block has to throw it. */
export function errorOf(output: unknown): Error {
  const told = Failure.safeParse(Own.safeParse(output).data?.value ?? output);
  const { name, message } = told.success
    ? told.data
    : { name: 'Error', message: 'its worker did not say why' };
  if (name === 'BadInput') return new BadInput(message);
  // a worker that died says nothing; the supervisor does
  if (name === 'Unavailable' || /heartbeat|timed? ?out/i.test(message)) return new Unavailable(message);
  return new Error(message);
}

/** The same block of the same job has the same id: it is not queued twice. Form of a UUID, version 8 (RFC 9562). */
export function jobId({ key, index }: Payload): string {
  const hex = createHash('sha256').update(`${key}:${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export interface QueueOptions {
  readonly url: string;
  /** As the server's list of connections shows it. */
  readonly name: string;
  readonly log: Logger;
}

const SETTINGS = {
  heartbeatSeconds: HEARTBEAT_S,
  expireInSeconds: EXPIRE_S,
  retryLimit: RETRIES,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 30,
  deadLetter: DEAD_QUEUE,
  deleteAfterSeconds: 86_400,
};

/**
 * The queue on the configured server, made where it is not there; several may do that at once. Close it with `stop()`.
 * @throws BadInput where no server is configured, Unavailable where it does not answer.
 */
export async function openQueue({ url, name, log }: QueueOptions): Promise<PgBoss> {
  if (url.trim() === '')
    throw new BadInput(
      'Several machines need a PostgreSQL server: set databaseUrl in tuban.json, or TUBAN_DATABASE_URL, to postgres://…; the embedded database works alone (leave --distributed out)',
    );
  // says what is wrong with an address or a server better than a queue does
  await (await openDatabase({ url, dataDir: '', holder: name, migrations: null })).close();
  const boss = new PgBoss({
    connectionString: url,
    application_name: name,
    schema: QUEUE_SCHEMA,
    max: 4,
    schedule: false,
    superviseIntervalSeconds: SUPERVISE_S,
    monitorIntervalSeconds: SUPERVISE_S,
  });
  // a lost connection is had again at the next statement; without a listener it would end the process
  boss.on('error', (error: Error) => log.warn({ error: messageOf(error) }, 'Queue:Error'));
  boss.on('warning', (warning: { readonly message: string }) =>
    log.debug({ text: warning.message }, 'Queue:Warning'),
  );
  try {
    await boss.start();
    await boss.createQueue(DEAD_QUEUE, { retentionSeconds: 30 * 86_400 });
    await boss.createQueue(QUEUE, SETTINGS);
    // one that an earlier version has made keeps that version's settings otherwise
    await boss.updateQueue(QUEUE, SETTINGS);
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw new Unavailable(
      `The queue (schema ${QUEUE_SCHEMA}) cannot be used: ${messageOf(error)}; its user needs CREATE on the database`,
    );
  }
}

const Row = z.object({ id: z.string(), state: z.string(), output: z.unknown() });
export type JobRow = z.infer<typeof Row>;

/** The states of jobs, of those that are there. */
export async function jobStates(boss: PgBoss, ids: readonly string[]): Promise<JobRow[]> {
  const { rows } = await boss
    .getDb()
    .executeSql(
      `SELECT id, state, output FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[])`,
      [QUEUE, [...ids]],
    );
  return z.array(Row).parse(rows);
}
