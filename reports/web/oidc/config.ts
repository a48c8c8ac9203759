import { z } from 'zod';
import { USER_ROLES } from '../../../vector/store/users.js';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** https; on this machine alone http too, for tests and proxies. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (`${username}${password}${search}${hash}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

const Claim = z.string().min(1).max(100);

/** Key `oidc` of the configuration: the city's unified identity (统一身份认证). */
export const OidcConfig = z
  .strictObject({
    /** As the provider's `/.well-known/openid-configuration` says it. */
    issuer: z.string().refine(isIssuer, 'expected https://… without user, query and fragment'),
    clientId: z.string().min(1).max(200),
    clientSecret: z.string().min(1).optional(),
    /** Name of the environment variable that holds it; without either the client is public, and PKCE stands alone. */
    secretEnv: z.string().regex(/^\w+$/, 'expected the name of an environment variable').optional(),
    scopes: z.array(z.string().regex(/^[\w.:/-]+$/)).default(['openid', 'profile']),
    /** What the provider signs ID tokens with; any other is refused. */
    algorithm: z
      .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
      .default('RS256'),
    /** What new users are called. */
    nameClaim: Claim.default('preferred_username'),
    /** Text or a list; with dots for what lies deeper (`realm_access.roles`). Without it roles are kept here. */
    roleClaim: Claim.optional(),
    /** Its values and the roles they give: the first that somebody has counts. */
    roles: z.record(z.string(), z.enum(USER_ROLES)).default({}),
    /** Role of those whom `roleClaim` gives none; absent: they stay out. */
    defaultRole: z.enum(USER_ROLES).optional(),
    /** An officer's subdistricts, by code or name. */
    subdistrictClaim: Claim.optional(),
    /** Whether those who come for the first time become users; else an administrator adds them with `--subject`. */
    createUsers: z.boolean().default(true),
    /** On the button. */
    label: z.string().min(1).max(40).default('统一身份认证'),
    /** Whether people may sign out at the provider too. */
    endSession: z.boolean().default(false),
  })
  .refine(({ clientSecret, secretEnv }) => clientSecret === undefined || secretEnv === undefined, {
    message: 'expected either clientSecret or secretEnv',
  })
  .refine(({ scopes }) => scopes.includes('openid'), 'scopes: expected openid among them');

export type OidcConfig = Readonly<z.infer<typeof OidcConfig>>;
