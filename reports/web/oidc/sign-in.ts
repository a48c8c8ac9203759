import type { Db } from '../../../vector/store/db.js';
import { addIdentityUser, userOfIdentity } from '../../../vector/store/identities.js';
import { listSubdistrictNames } from '../../../vector/store/subdistricts.js';
import { changeUser } from '../../../vector/store/users.js';
import type { SignedIn } from '../permissions.js';
import { type Claims, nameOf, rightsOf } from './claims.js';
import type { OidcConfig } from './config.js';

/**
 * Why somebody whom the provider knows stays out: no role for them; no user yet, and none is made; another's name; not active here.
 */
export type Refusal = 'no-role' | 'unknown' | 'name-taken' | 'not-active';

export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

/** Who a person is here, made or brought up to date with what the provider says; or why nobody. */
export async function enter(
  db: Db,
  person: Person,
  config: OidcConfig,
): Promise<
  { readonly user: SignedIn; readonly made: boolean } | { readonly refused: Refusal; readonly name: string }
> {
  const { issuer, subject, claims } = person;
  const rights = rightsOf(claims, config, await listSubdistrictNames(db));
  return db.transaction(async (tx) => {
    const known = await userOfIdentity(tx, person);
    const name = known?.name ?? nameOf(claims, issuer, subject, config);
    const refuse = (refused: Refusal) => ({ refused, name });
    if (known !== null && !known.active) return refuse('not-active');
    if (rights === null) return refuse('no-role');
    if (known !== null) {
      const { role, subdistricts } = rights === 'kept' ? known : rights;
      // sessions of the former rights end with them
      if (role !== known.role || !same(subdistricts, known.subdistricts)) {
        await changeUser(tx, name, { role, subdistricts });
      }
      return { user: { name, role, subdistricts, by: 'session' }, made: false };
    }
    if (!config.createUsers) return refuse('unknown');
    if (rights === 'kept') return refuse('no-role');
    if (!(await addIdentityUser(tx, { name, ...rights, issuer, subject }))) return refuse('name-taken');
    return { user: { name, ...rights, by: 'session' }, made: true };
  });
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((code) => b.includes(code));
}
