import type { ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { Pool } from 'pg';
import { html, pageHeaders, renderPage } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { accessTokenClaims } from './accessTokenClaims.ts';
import type { IdentityStore } from './identityStore.ts';
import { gate } from './gate.ts';
import { createOidcArtifacts } from './oidcArtifacts.ts';
import { loadOidcProvider } from './oidcLibrary.ts';
import type * as OidcLibrary from 'oidc-provider';
import {
  deviceFlow,
  isStaffClient,
  methodsOf,
  signInPolicy,
  staffClients,
  type StaffClients,
} from './staffOidc.ts';
import { staffTokenClaims, staffUser } from './staffUsers.ts';

/** A client that signs in with a code and PKCE: public, such as a page in the browser, unless it has a secret. */
export type OidcClient = {
  clientId: string;
  clientSecret?: string;
  /** What buyers know it by; default its id. */
  name?: string;
  redirectUris: string[];
  postLogoutRedirectUris?: string[];
};

export type OidcProviderOptions = {
  pool: Pool;
  store: IdentityStore;
  /** With a slash at the end, as Auth0's issuers have. */
  issuer: string;
  audience: string;
  clients: OidcClient[];
  staff?: StaffClients | undefined;
};

const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/** Builds the provider: Auth0's paths, JWT access tokens for one API, no consent screen. */
export async function buildOidcProvider(options: OidcProviderOptions): Promise<Provider> {
  const library = await loadOidcProvider();
  return new library.default(options.issuer, configure(options, library));
}

function configure(
  { pool, store, audience, clients, staff }: OidcProviderOptions,
  library: typeof OidcLibrary,
): Configuration {
  const { InvalidTarget } = library.errors;
  const audienceOf = (clientId: string | undefined) =>
    staff !== undefined && isStaffClient(staff, clientId) ? staff.audience : audience;
  const show = (ctx: KoaContextWithOIDC, title: string, body: Html) => {
    ctx.set(pageHeaders);
    const content = html`<h1>${title}</h1>
      ${body}`;
    ctx.body = renderPage({ title, body: gate(content) });
  };
  return {
    adapter: createOidcArtifacts(pool),
    jwks: { keys: [store.keys.signingKey] },
    cookies: { keys: [store.keys.cookieKey] },
    clients: [...clients.map(clientMetadata), ...(staff ? staffClients(staff) : [])],
    interactions: {
      url: (_ctx, { uid }) => `/interaction/${uid}`,
      policy: signInPolicy(library, staff),
    },
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
      end_session: '/oidc/logout',
      device_authorization: '/oauth/device/code',
      code_verification: '/activate',
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: { openid: ['sub'], amr: null, email: ['email', 'email_verified'], profile: ['name'] },
    // Auth0 puts the claims of the scopes into the ID token, and takes `audience` where the standard has `resource`.
    conformIdTokenClaims: false,
    extraParams: ['audience'],
    clientBasedCORS: () => true,
    findAccount: async (_ctx, subject) => {
      const account = await store.findAccount(subject);
      if (!account) return undefined;
      const { email, emailVerified } = account;
      const name = staffUser(email)?.name ?? email;
      const claims = { sub: subject, name, email, email_verified: emailVerified };
      return { accountId: subject, claims: () => claims };
    },
    extraTokenClaims: async (ctx, token) => {
      const account = 'accountId' in token ? await store.findAccount(token.accountId) : null;
      if (!account) return undefined;
      return token.aud === staff?.audience
        ? staffTokenClaims(account.email, methodsOf(ctx))
        : accessTokenClaims(account);
    },
    loadExistingGrant: (ctx) => grantWhatIsAsked(ctx, audienceOf(ctx.oidc.client?.clientId)),
    // The command line's refresh token, which Auth0 gives for the scope alone, without a consent screen.
    issueRefreshToken: async (_ctx, client, token) =>
      client.grantTypeAllowed('refresh_token') &&
      (token.scopes.has('offline_access') || client.clientId === staff?.cliClientId),
    renderError: (ctx, out) =>
      show(ctx, 'Sign-in failed', html`<p>${out.error}: ${out.error_description}</p>`),
    features: {
      devInteractions: { enabled: false },
      ...(staff ? { deviceFlow: deviceFlow(show) } : {}),
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          const buttons = html`<button form="op.logoutForm" name="logout" value="yes">Sign out</button>
            <button form="op.logoutForm" class="second">Stay signed in here</button>`;
          const text = html`<p>The shop has signed you out. Shall this account be signed out as well?</p>`;
          show(ctx, 'Sign out here, too?', html`${text}${{ markup: form }}${buttons}`);
        },
        postLogoutSuccessSource: (ctx) => show(ctx, 'Signed out', html`<p>You may close this page.</p>`),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, client, oneOf) => {
          const asked = ctx.oidc.params?.['audience'];
          return oneOf ?? (typeof asked === 'string' ? asked : audienceOf(client?.clientId));
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) => {
          if (resource !== audienceOf(client.clientId)) throw new InvalidTarget();
          return {
            scope: '',
            audience: resource,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
    ttl: {
      AccessToken: daySeconds,
      IdToken: 10 * hourSeconds,
      Interaction: hourSeconds,
      Session: 14 * daySeconds,
      Grant: 14 * daySeconds,
      RefreshToken: 14 * daySeconds,
      DeviceCode: 600,
    },
  };
}

function clientMetadata(client: OidcClient): ClientMetadata {
  return {
    client_id: client.clientId,
    client_name: client.name ?? client.clientId,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris ?? [],
    ...(client.clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'client_secret_post', client_secret: client.clientSecret }),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** Grants every scope a client asks for without a consent screen, as Auth0 does for an application of one's own. */
async function grantWhatIsAsked(ctx: KoaContextWithOIDC, audience: string) {
  const { client, session, provider, requestParamScopes } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  const existing = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant = existing ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope([...requestParamScopes].join(' '));
  grant.addResourceScope(audience, '');
  await grant.save();
  return grant;
}
