import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { BadInput } from '../../raster/errors.js';

/** Cost of scrypt: 128 MB and some tenths of a second a try (OWASP Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1). */
const [N, R, P] = [2 ** 17, 8, 1];
const [SALT_BYTES, KEY_BYTES] = [16, 32];
export const [LEAST_LENGTH, MOST_LENGTH] = [10, 200];

/** One at a time: each takes 128 MB, and strangers can ask for as many as they like. */
let last: Promise<unknown> = Promise.resolve();

function derive(password: string, salt: Buffer, n: number, r: number, p: number): Promise<Buffer> {
  const next = last.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        const limits = { N: n, r, p, maxmem: 256 * n * r };
        scrypt(password.normalize('NFC'), salt, KEY_BYTES, limits, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      }),
  );
  last = next.catch(() => {});
  return next;
}

/** `scrypt$N$r$p$salt$key`: the cost stands with it, so that it can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, N, R, P);
  return ['scrypt', N, R, P, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Whether the password is that of a hash; with null (no such user) it takes as long and is false. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [kind, n, r, p, salt, key] = (hash ?? '').split('$');
  if (kind !== 'scrypt') {
    await derive(password, Buffer.alloc(SALT_BYTES), N, R, P);
    return false;
  }
  const expected = Buffer.from(key, 'base64');
  const found = await derive(password, Buffer.from(salt, 'base64'), Number(n), Number(r), Number(p));
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** 20 characters without those that look alike, 116 bits. */
export function randomPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const letters: string[] = [];
  while (letters.length < 20) {
    // rejected above the largest multiple, so that no letter is likelier
    for (const byte of randomBytes(40)) {
      if (byte < 256 - (256 % alphabet.length)) letters.push(alphabet[byte % alphabet.length]);
    }
  }
  return letters.slice(0, 20).join('');
}

/** @throws BadInput where a password is too short, too long, or easily guessed. */
export function checkPassword(password: string, name: string): void {
  const length = [...password].length;
  if (length < LEAST_LENGTH || length > MOST_LENGTH) {
    throw new BadInput(`The password has ${length} characters; expected ${LEAST_LENGTH} to ${MOST_LENGTH}`);
  }
  if (new Set(password).size < 5) {
    throw new BadInput('The password is made of too few different characters; expected 5 at least');
  }
  if (password.toLowerCase().includes(name.toLowerCase()) && name.length >= 3) {
    throw new BadInput('The password contains the name of its user; choose another');
  }
}
