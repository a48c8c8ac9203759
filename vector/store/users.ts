import { BadInput } from '../../raster/errors.js';
import type { Db } from './db.js';

export const USER_ROLES = ['administrator', 'analyst', 'planner', 'officer'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** Somebody who may sign in to the web application. */
export interface UserRecord {
  readonly name: string;
  readonly role: UserRole;
  /** Codes of an officer's subdistricts; the other roles see the whole district. */
  readonly subdistricts: readonly string[];
  readonly active: boolean;
  /** Whether the city's unified identity signs them in, and no password of ours. */
  readonly unified: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly passwordAt: string;
}

export interface NewUser {
  readonly name: string;
  readonly role: UserRole;
  readonly subdistricts: readonly string[];
  /** Its hash, never itself. */
  readonly passwordHash: string;
}

const COLUMNS =
  'name, role, subdistricts, active, issuer IS NOT NULL AS unified, created_at AS "createdAt", password_at AS "passwordAt"';

/** All users by name. */
export function listUsers(db: Db): Promise<UserRecord[]> {
  return db.query<UserRecord>(`SELECT ${COLUMNS} FROM tuban.web_user ORDER BY name COLLATE "C"`);
}

/** A user with the hash of the password, null where there is none of that name. */
export async function findUser(
  db: Db,
  name: string,
): Promise<(UserRecord & { readonly passwordHash: string }) | null> {
  const rows = await db.query<UserRecord & { readonly passwordHash: string }>(
    `SELECT ${COLUMNS}, password AS "passwordHash" FROM tuban.web_user WHERE name = $1`,
    [name],
  );
  return rows[0] ?? null;
}

/** False where the name is taken. */
export async function addUser(db: Db, user: NewUser): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO tuban.web_user (name, role, subdistricts, password) VALUES ($1, $2, $3::text[], $4)
     ON CONFLICT (name) DO NOTHING RETURNING name`,
    [user.name, user.role, user.subdistricts, user.passwordHash],
  );
  return rows.length > 0;
}

export interface UserChange {
  readonly role?: UserRole;
  readonly subdistricts?: readonly string[];
  readonly active?: boolean;
  readonly passwordHash?: string;
}

/**
 * Changes what is said of a user and signs the user out everywhere: a session never outlives the rights it began with. A
 * user who is not active any more loses the API tokens too. False where there is none of that name.
 * @throws BadInput for a password of somebody whom the unified identity signs in
 */
export async function changeUser(db: Db, name: string, change: UserChange): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (change.passwordHash !== undefined && (await findUser(tx, name))?.unified) {
      throw new BadInput(`${name} signs in with the unified identity, which keeps the password`);
    }
    const rows = await tx.query(
      `UPDATE tuban.web_user SET role = coalesce($2, role), subdistricts = coalesce($3::text[], subdistricts),
         active = coalesce($4::boolean, active), password = coalesce($5, password),
         password_at = CASE WHEN $5::text IS NULL THEN password_at ELSE now() END
       WHERE name = $1 RETURNING name`,
      [
        name,
        change.role ?? null,
        change.subdistricts ?? null,
        change.active ?? null,
        change.passwordHash ?? null,
      ],
    );
    await tx.query('DELETE FROM tuban.web_session WHERE user_name = $1', [name]);
    if (change.active === false) await tx.query('DELETE FROM tuban.api_token WHERE user_name = $1', [name]);
    if (change.passwordHash !== undefined) await forgetFailures(tx, name);
    return rows.length > 0;
  });
}

/** Administrators that can sign in. */
export async function countAdministrators(db: Db): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM tuban.web_user WHERE role = 'administrator' AND active`,
  );
  return row.count;
}

/** Failed sign-ins in a row under a name since `since`, and when the last one was. */
export async function signInFailures(
  db: Db,
  name: string,
  since: Date,
): Promise<{ readonly failures: number; readonly lastAt: Date | null }> {
  const rows = await db.query<{ failures: number; last_at: string }>(
    'SELECT failures, last_at FROM tuban.sign_in_failure WHERE name = $1 AND last_at > $2',
    [name, since.toISOString()],
  );
  return rows.length > 0
    ? { failures: rows[0].failures, lastAt: new Date(rows[0].last_at) }
    : { failures: 0, lastAt: null };
}

/** Counts a failed sign-in, from one again where the last was before `since`; forgets names that nobody tried since then. */
export async function countFailure(db: Db, name: string, at: Date, since: Date): Promise<void> {
  await db.query('DELETE FROM tuban.sign_in_failure WHERE last_at <= $1', [since.toISOString()]);
  await db.query(
    `INSERT INTO tuban.sign_in_failure AS f (name, failures, last_at) VALUES ($1, 1, $2)
     ON CONFLICT (name) DO UPDATE SET failures = f.failures + 1, last_at = excluded.last_at`,
    [name, at.toISOString()],
  );
}

export async function forgetFailures(db: Db, name: string): Promise<void> {
  await db.query('DELETE FROM tuban.sign_in_failure WHERE name = $1', [name]);
}
