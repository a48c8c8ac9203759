import type { Db } from './db.js';
import type { UserRecord, UserRole } from './users.js';

/** OpenID Connect Core, section 2: 1 to 255 ASCII characters. */
export const SUBJECT = /^[\x20-\x7e]{1,255}$/;

/** A person of the city's unified identity. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface IdentityUser extends Identity {
  readonly name: string;
  readonly role: UserRole;
  readonly subdistricts: readonly string[];
}

/** No password is of this form, so none signs in. */
const NO_PASSWORD = '-';

/** Who a person is here, null where nobody is. */
export async function userOfIdentity(
  db: Db,
  { issuer, subject }: Identity,
): Promise<Pick<UserRecord, 'name' | 'role' | 'subdistricts' | 'active'> | null> {
  const rows = await db.query<Pick<UserRecord, 'name' | 'role' | 'subdistricts' | 'active'>>(
    'SELECT name, role, subdistricts, active FROM tuban.web_user WHERE issuer = $1 AND subject = $2',
    [issuer, subject],
  );
  return rows[0] ?? null;
}

/**
 * Adds a user who signs in with the unified identity. False where the name is another's, in other letters too (Wang.Wei is wang.wei):
 * what somebody is called elsewhere makes nobody somebody here.
 */
export async function addIdentityUser(db: Db, user: IdentityUser): Promise<boolean> {
  const { name, role, subdistricts, issuer, subject } = user;
  const rows = await db.query(
    `INSERT INTO tuban.web_user (name, role, subdistricts, password, issuer, subject)
     SELECT $1, $2, $3::text[], $4, $5, $6
     WHERE NOT EXISTS (SELECT FROM tuban.web_user WHERE lower(normalize(name, NFKC)) = lower(normalize($1::text, NFKC)))
     ON CONFLICT DO NOTHING RETURNING name`,
    [name, role, subdistricts, NO_PASSWORD, issuer, subject],
  );
  return rows.length > 0;
}

/** What a sign-in at the provider began with, and must end with. */
export interface Begun {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly back: string;
}

/** Keeps a sign-in that begins, and forgets those from before `since`. */
export async function beginSignIn(db: Db, hash: string, begun: Begun, at: Date, since: Date): Promise<void> {
  await db.query('DELETE FROM tuban.oidc_sign_in WHERE at <= $1', [since.toISOString()]);
  await db.query(
    'INSERT INTO tuban.oidc_sign_in (hash, state, nonce, verifier, back, at) VALUES ($1, $2, $3, $4, $5, $6)',
    [hash, begun.state, begun.nonce, begun.verifier, begun.back, at.toISOString()],
  );
}

/** Takes a sign-in that comes back: the first who asks gets it, and nobody after. Null where it is not known, or too old. */
export async function takeSignIn(db: Db, hash: string, since: Date): Promise<Begun | null> {
  const rows = await db.query<Begun & { readonly fresh: boolean }>(
    'DELETE FROM tuban.oidc_sign_in WHERE hash = $1 RETURNING state, nonce, verifier, back, at > $2::timestamptz AS fresh',
    [hash, since.toISOString()],
  );
  if (rows.length === 0 || !rows[0].fresh) return null;
  const { fresh: _, ...begun } = rows[0];
  return begun;
}
