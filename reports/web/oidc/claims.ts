import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Role } from '../permissions.js';
import { UserName } from '../user-name.js';
import type { OidcConfig } from './config.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What a person may do here, as the provider says; null: what stands here stays. */
export interface Rights {
  readonly role: Role;
  readonly subdistricts: readonly string[];
}

const Values = z.union([z.string().transform((text) => [text]), z.array(z.string())]).catch([]);

/** A claim by its name, or by the way to it: `realm_access.roles`. */
export function claimOf(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    const inside = z.record(z.string(), z.unknown()).safeParse(value);
    if (!inside.success || !Object.hasOwn(inside.data, part)) return undefined;
    value = inside.data[part];
  }
  return value;
}

/** Claims that the configuration asks for. */
export function wantedClaims({ nameClaim, roleClaim, subdistrictClaim }: OidcConfig): readonly string[] {
  return [nameClaim, roleClaim, subdistrictClaim].filter((name) => name !== undefined);
}

/** The name a new user gets; one made of the subject where the claim is none that can be a name here. */
export function nameOf(claims: Claims, issuer: string, subject: string, { nameClaim }: OidcConfig): string {
  const name = UserName.safeParse(claimOf(claims, nameClaim));
  if (name.success) return name.data;
  const own = UserName.safeParse(subject);
  if (own.success) return own.data;
  return `oidc-${createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 16)}`;
}

/**
 * Role and subdistricts that the provider gives.
 * @param known the district's subdistricts
 * @returns 'kept' where the provider is not asked for roles, null where it gives none: then nobody gets in
 */
export function rightsOf(
  claims: Claims,
  config: OidcConfig,
  known: readonly { readonly code: string; readonly name: string }[],
): Rights | 'kept' | null {
  const { roleClaim, roles, defaultRole, subdistrictClaim } = config;
  const held = new Set(roleClaim === undefined ? [] : Values.parse(claimOf(claims, roleClaim)));
  const role = Object.entries(roles).find(([value]) => held.has(value))?.[1] ?? defaultRole;
  if (role === undefined) return roleClaim === undefined ? 'kept' : null;
  if (role !== 'officer') return { role, subdistricts: [] };
  const places = new Set(
    subdistrictClaim === undefined ? [] : Values.parse(claimOf(claims, subdistrictClaim)),
  );
  const subdistricts = known.filter(({ code, name }) => places.has(code) || places.has(name));
  return subdistricts.length === 0 ? null : { role, subdistricts: subdistricts.map(({ code }) => code) };
}
