import type { Db } from './db.js';
import type { UserRole } from './users.js';

/** The user behind a session or an API token; who is not active any more is nobody. */
export interface Bearer {
  readonly name: string;
  readonly role: UserRole;
  readonly subdistricts: readonly string[];
}

const BEARER = 'u.name, u.role, u.subdistricts';

/** How long a session lasts: since its last use, and altogether. */
export interface SessionLimits {
  readonly usedSince: Date;
  readonly madeSince: Date;
}

/** @param hash SHA-256 of the cookie's value, hexadecimal */
export async function addSession(db: Db, hash: string, user: string, at: Date): Promise<void> {
  await db.query(
    'INSERT INTO tuban.web_session (hash, user_name, created_at, used_at) VALUES ($1, $2, $3, $3)',
    [hash, user, at.toISOString()],
  );
}

/** Who has a session, null where it is not known or over. Its use is noted once a minute. */
export async function sessionUser(
  db: Db,
  hash: string,
  limits: SessionLimits,
  now: Date,
): Promise<Bearer | null> {
  const rows = await db.query<Bearer & { readonly used_at: string }>(
    `SELECT ${BEARER}, s.used_at FROM tuban.web_session s JOIN tuban.web_user u ON u.name = s.user_name AND u.active
     WHERE s.hash = $1 AND s.used_at > $2 AND s.created_at > $3`,
    [hash, limits.usedSince.toISOString(), limits.madeSince.toISOString()],
  );
  if (rows.length === 0) return null;
  const { used_at, ...user } = rows[0];
  if (now.getTime() - new Date(used_at).getTime() > 60_000) {
    await db.query('UPDATE tuban.web_session SET used_at = $2 WHERE hash = $1', [hash, now.toISOString()]);
  }
  return user;
}

export async function endSession(db: Db, hash: string): Promise<void> {
  await db.query('DELETE FROM tuban.web_session WHERE hash = $1', [hash]);
}

export async function forgetOldSessions(db: Db, limits: SessionLimits): Promise<void> {
  await db.query('DELETE FROM tuban.web_session WHERE used_at <= $1 OR created_at <= $2', [
    limits.usedSince.toISOString(),
    limits.madeSince.toISOString(),
  ]);
}

/** An API token as lists show it: what it is worth is known to its maker alone. */
export interface TokenRecord {
  readonly id: string;
  readonly user: string;
  readonly label: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

const TOKEN_COLUMNS = 'id, user_name AS "user", label, created_at AS "createdAt", expires_at AS "expiresAt"';

export interface NewToken {
  readonly hash: string;
  readonly user: string;
  readonly label: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export async function addToken(db: Db, token: NewToken): Promise<TokenRecord> {
  const [row] = await db.query<TokenRecord>(
    `INSERT INTO tuban.api_token (hash, user_name, label, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
     RETURNING ${TOKEN_COLUMNS}`,
    [token.hash, token.user, token.label, token.createdAt.toISOString(), token.expiresAt.toISOString()],
  );
  return row;
}

/** Tokens of a user, null: of all, newest first. */
export function listTokens(db: Db, user: string | null): Promise<TokenRecord[]> {
  return db.query<TokenRecord>(
    `SELECT ${TOKEN_COLUMNS} FROM tuban.api_token WHERE $1::text IS NULL OR user_name = $1 ORDER BY created_at DESC, id`,
    [user],
  );
}

/** Takes a token back; of a user alone, or null: anybody's. False where there is none. */
export async function removeToken(db: Db, id: string, user: string | null): Promise<boolean> {
  const rows = await db.query(
    'DELETE FROM tuban.api_token WHERE id = $1::uuid AND ($2::text IS NULL OR user_name = $2) RETURNING id',
    [id, user],
  );
  return rows.length > 0;
}

/** Who made a token, null where it is not known or its time is over. */
export async function tokenUser(db: Db, hash: string, now: Date): Promise<Bearer | null> {
  const rows = await db.query<Bearer>(
    `SELECT ${BEARER} FROM tuban.api_token t JOIN tuban.web_user u ON u.name = t.user_name AND u.active
     WHERE t.hash = $1 AND t.expires_at > $2`,
    [hash, now.toISOString()],
  );
  return rows[0] ?? null;
}
