import * as oidc from 'openid-client';
import { BadInput, messageOf, Unavailable } from '../../../raster/errors.js';
import { guardedFetch } from '../../../raster/net/fetch.js';
import { type Guard, guardOf } from '../../../raster/net/guard.js';
import { type Begun, SUBJECT } from '../../../vector/store/identities.js';
import { type Claims, claimOf, wantedClaims } from './claims.js';
import type { OidcConfig } from './config.js';

/** What the provider says of itself is asked again after so long: keys and addresses move. */
const FRESH_MS = 3_600_000;
const TIMEOUT_S = 10;

/** The provider, as the routes need it. */
export interface Provider {
  /** Where the browser goes to sign in. @throws Unavailable */
  authorization(redirectUri: string, begun: Begun): Promise<URL>;
  /**
   * Trades the code of an answer for an ID token, and checks both.
   * @param answer the address the browser came back to
   * @throws Error of openid-client where anything is not as it must be, Unavailable where the provider does not answer
   */
  claims(
    answer: URL,
    begun: Begun,
  ): Promise<{ readonly issuer: string; readonly subject: string; readonly claims: Claims }>;
  /** Where one signs out of the provider, null where it has no such address. */
  endSession(back: string): Promise<URL | null>;
}

export interface ProviderOptions {
  /** Of the freshness of the provider's description, ms. */
  readonly now?: () => number;
  /** Where requests may go; one of the issuer's address where absent. */
  readonly guard?: Guard;
}

/** @param secret of the client; null: public, with PKCE alone */
export function providerOf(
  config: OidcConfig,
  secret: string | null,
  { now = Date.now, guard = guardOf(config.issuer) }: ProviderOptions = {},
): Provider {
  let known: { readonly at: number; readonly client: Promise<oidc.Configuration> } | null = null;

  function client(): Promise<oidc.Configuration> {
    if (known === null || now() - known.at > FRESH_MS) {
      const fresh = { at: now(), client: discover(config, secret, guard) };
      known = fresh;
      fresh.client.catch(() => {
        if (known === fresh) known = null;
      });
    }
    return known.client;
  }

  return {
    async authorization(redirectUri, { state, nonce, verifier }) {
      return oidc.buildAuthorizationUrl(await client(), {
        redirect_uri: redirectUri,
        scope: config.scopes.join(' '),
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
    },
    async claims(answer, { state, nonce, verifier }) {
      const known = await client();
      const tokens = await oidc.authorizationCodeGrant(known, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const id = tokens.claims();
      if (id === undefined || !SUBJECT.test(id.sub)) {
        throw new Error('the provider sent no ID token with a subject');
      }
      // many providers put names and roles behind an address of their own, for this subject alone
      const missing = wantedClaims(config).some((name) => claimOf(id, name) === undefined);
      const more =
        missing && known.serverMetadata().userinfo_endpoint !== undefined
          ? await oidc.fetchUserInfo(known, tokens.access_token, id.sub)
          : {};
      return { issuer: id.iss, subject: id.sub, claims: { ...more, ...id } };
    },
    async endSession(back) {
      const known = await client();
      if (known.serverMetadata().end_session_endpoint === undefined) return null;
      return oidc.buildEndSessionUrl(known, { post_logout_redirect_uri: back });
    },
  };
}

async function discover(
  config: OidcConfig,
  secret: string | null,
  guard: Guard,
): Promise<oidc.Configuration> {
  const { issuer, clientId, algorithm } = config;
  const local = issuer.startsWith('http:');
  const ask: oidc.CustomFetch = (url, { method, headers, body, signal }) => {
    // an http issuer is of this machine; what it names elsewhere still needs https
    if (url.startsWith('http:') && !(local && new URL(url).hostname === new URL(issuer).hostname)) {
      throw new BadInput(`the provider names ${new URL(url).origin}, which is not https`);
    }
    return guardedFetch(url, guard, { method, headers, signal, ...bodyOf(body) });
  };
  try {
    return await oidc.discovery(
      new URL(issuer),
      clientId,
      { id_token_signed_response_alg: algorithm },
      secret === null ? oidc.None() : secretAuth(secret),
      {
        [oidc.customFetch]: ask,
        timeout: TIMEOUT_S,
        // openid-client trusts the TLS connection alone unless told to check the token's signature
        execute: [oidc.enableNonRepudiationChecks, ...(local ? [oidc.allowInsecureRequests] : [])],
      },
    );
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new Unavailable(`The identity provider ${issuer} cannot be used: ${messageOf(error)}${cause}`, {
      cause: error,
    });
  }
}

/** In the header, as the standard has it, unless the provider takes it in the body alone. */
function secretAuth(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, client, body, headers);
  };
}

function bodyOf(body: oidc.FetchBody): { readonly body?: string | Uint8Array } {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { body };
  if (body instanceof URLSearchParams) return { body: body.toString() };
  throw new TypeError('a body of another kind is not sent');
}
