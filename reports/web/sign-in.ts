import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Db } from '../../vector/store/db.js';
import {
  addSession,
  addToken,
  forgetOldSessions,
  type SessionLimits,
  sessionUser,
  type TokenRecord,
  tokenUser,
} from '../../vector/store/sessions.js';
import { countFailure, findUser, forgetFailures, signInFailures } from '../../vector/store/users.js';
import { isPassword } from './passwords.js';
import type { SignedIn } from './permissions.js';
import { Problem } from './problem.js';

/** A session ends so long after its last use, and in any case so long after it began. */
const [IDLE_HOURS, MOST_HOURS] = [12, 7 * 24];
const HOUR_MS = 3_600_000;
/** After so many failures in a row a name is locked for so long, whoever tries. */
export const [MOST_FAILURES, LOCKED_MINUTES] = [10, 10];

export const SESSION_SECONDS = MOST_HOURS * 3600;

/** Long-lived tokens begin with it, so that a leaked one can be recognized. */
const TOKEN_PREFIX = 'tuban_';

const digest = (secret: string) => createHash('sha256').update(secret).digest('hex');

function limits(now: Date): SessionLimits {
  return {
    usedSince: new Date(now.getTime() - IDLE_HOURS * HOUR_MS),
    madeSince: new Date(now.getTime() - MOST_HOURS * HOUR_MS),
  };
}

/** The CSRF token of a session: who knows it knows the cookie, and the cookie cannot be had from it. */
export function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}

/**
 * Begins a session. @returns the secret for the cookie
 * @throws Problem 401 for a wrong name or password, without saying which; 429 while the name is locked.
 */
export async function signIn(
  db: Db,
  given: { readonly name: string; readonly password: string },
  now: Date,
): Promise<{ readonly secret: string; readonly user: SignedIn }> {
  const since = new Date(now.getTime() - LOCKED_MINUTES * 60_000);
  const { failures, lastAt } = await signInFailures(db, given.name, since);
  if (failures >= MOST_FAILURES && lastAt !== null) {
    const seconds = (lastAt.getTime() - since.getTime()) / 1000;
    throw new Problem(
      429,
      `Signing in under this name has failed ${MOST_FAILURES} times; try again in ${Math.ceil(seconds / 60)} minutes`,
      seconds,
    );
  }
  const known = await findUser(db, given.name);
  const right = await isPassword(given.password, known?.passwordHash ?? null);
  if (known === null || !right || !known.active) {
    await countFailure(db, given.name, now, since);
    throw new Problem(401, 'Name or password is wrong');
  }
  await forgetFailures(db, given.name);
  const { name, role, subdistricts } = known;
  return { secret: await beginSession(db, name, now), user: { name, role, subdistricts, by: 'session' } };
}

/** Begins a session of somebody who has shown who they are. @returns the secret for the cookie */
export async function beginSession(db: Db, name: string, now: Date): Promise<string> {
  await forgetOldSessions(db, limits(now));
  const secret = randomBytes(32).toString('base64url');
  await addSession(db, digest(secret), name, now);
  return secret;
}

/** Who a session's cookie belongs to; null where it is not known or over. */
export async function userOfSession(db: Db, secret: string, now: Date): Promise<SignedIn | null> {
  const user = await sessionUser(db, digest(secret), limits(now), now);
  return user === null ? null : { ...user, by: 'session' };
}

export async function userOfToken(db: Db, token: string, now: Date): Promise<SignedIn | null> {
  if (!token.startsWith(TOKEN_PREFIX)) return null;
  const user = await tokenUser(db, digest(token), now);
  return user === null ? null : { ...user, by: 'token' };
}

/** What a session is stored under. */
export const sessionHash = digest;

/** Makes a token; its text is known this once. */
export async function makeToken(
  db: Db,
  wanted: { readonly user: string; readonly label: string; readonly days: number },
  now: Date,
): Promise<{ readonly token: string; readonly record: TokenRecord }> {
  const token = TOKEN_PREFIX + randomBytes(32).toString('base64url');
  const expiresAt = new Date(now.getTime() + wanted.days * 24 * HOUR_MS);
  const { user, label } = wanted;
  const record = await addToken(db, { hash: digest(token), user, label, createdAt: now, expiresAt });
  return { token, record };
}
