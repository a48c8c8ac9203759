import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { listening } from './listening.js';

export const CLIENT = { id: 'tuban', secret: 'a-secret-of-the-test-client' } as const;

/** A certified provider on 127.0.0.1, where everybody who comes is `person`. */
export interface RealProvider {
  readonly issuer: string;
  /** Who signs in next: the subject, and what is told of it. */
  person: { readonly sub: string; readonly [claim: string]: unknown };
  close(): Promise<void>;
}

export async function startRealProvider(redirectUri: string): Promise<RealProvider> {
  const server = createServer();
  const issuer = await listening(server);
  const real: RealProvider = {
    issuer,
    person: { sub: 'nobody' },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL('/', redirectUri).href],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups', 'streets'] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['test'] },
    interactions: { url: (_, { uid }) => `/enter/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...real.person, sub }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId,
        accountId: oidc.session?.accountId,
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/enter/')) answer(request, response);
    else void provider.interactionFinished(request, response, { login: { accountId: real.person.sub } });
  });
  return real;
}

/** Walks through the provider's pages as a browser does. @returns the address it comes back to */
export async function walk(from: string, home: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(from);
  while (!url.href.startsWith(home)) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null)
      throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  return url;
}
