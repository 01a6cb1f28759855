import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify from 'fastify';
import type Provider from 'oidc-provider';
import type { Pool } from 'pg';
import { createIdentityStore } from './identityStore.ts';
import { buildOidcProvider } from './oidcProvider.ts';
import type { OidcClient } from './oidcProvider.ts';
import { addSignInPages } from './signInPages.ts';
import { isStaffClient, type StaffClients } from './staffOidc.ts';
import { addTokenDesk } from './tokenDesk.ts';

export type IdentityOptions = {
  /** A database of the sandbox; identity keeps to its schema `identity_sandbox`. Not ended by `stop`. */
  pool: Pool;
  /** The API that access tokens are for, such as `https://api.shop.example`. */
  audience: string;
  /** Who may send buyers here to sign in. */
  clients?: OidcClient[];
  /** Ready users sign in as staff, if there is a side for them. */
  staff?: StaffClients | undefined;
};

/** Binds to 127.0.0.1. Port 0 asks for a free one; the port in use is returned. */
export type Identity = {
  /** `issuer` ends in a slash, as Auth0's do. Start it once. */
  start(port: number): Promise<{ port: number; issuer: string }>;
  stop(): Promise<void>;
};

/** A stand-in for Auth0: a real OpenID provider on Auth0's paths, where any address may sign in. */
export async function createIdentity({
  pool,
  audience,
  clients = [],
  staff,
}: IdentityOptions): Promise<Identity> {
  const store = await createIdentityStore(pool);
  let issuer = '';
  let provider: Provider | null = null;
  let serveOidc = async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.writeHead(503).end();
  };

  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    // Taken as given: an audience may be a text or a list, and neither becomes the other.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    serverFactory: (serveOurs) =>
      createServer((request, response) => {
        const ours = /^\/(?:interaction|sandbox)\//.test(request.url ?? '');
        if (ours) serveOurs(request, response);
        else void serveOidc(request, response);
      }),
  });
  addTokenDesk(app, { store, audience, staffAudience: staff?.audience, issuer: () => issuer });
  addSignInPages(app, {
    store,
    isForStaff: (clientId) => isStaffClient(staff, clientId),
    provider() {
      if (!provider) throw new Error('The provider has not started.');
      return provider;
    },
  });

  return {
    start: async (wantedPort) => {
      const url = await app.listen({ port: wantedPort, host: '127.0.0.1' });
      // The issuer names the port, so the provider can be built only now.
      issuer = `${url}/`;
      provider = await buildOidcProvider({ pool, store, issuer, audience, clients, staff });
      serveOidc = provider.callback();
      return { port: Number(new URL(url).port), issuer };
    },
    stop: () => app.close(),
  };
}
