import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { Pool } from 'pg';
import { html, pageHeaders, renderPage } from '../htmlTemplate.ts';
import type { Html } from '../htmlTemplate.ts';
import { accessTokenClaims } from './accessTokenClaims.ts';
import type { IdentityStore } from './identityStore.ts';
import { gate } from './gate.ts';
import { createOidcArtifacts } from './oidcArtifacts.ts';
import { loadOidcProvider } from './oidcLibrary.ts';

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
};

const hourSeconds = 3600;
const daySeconds = 24 * hourSeconds;

/** Builds the provider: Auth0's paths, JWT access tokens for one API, no consent screen. */
export async function buildOidcProvider(options: OidcProviderOptions): Promise<Provider> {
  const library = await loadOidcProvider();
  return new library.default(options.issuer, configure(options, library.errors.InvalidTarget));
}

function configure(
  { pool, store, audience, clients }: OidcProviderOptions,
  InvalidTarget: new () => Error,
): Configuration {
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
    clients: clients.map((client) => ({
      client_id: client.clientId,
      client_name: client.name ?? client.clientId,
      redirect_uris: client.redirectUris,
      post_logout_redirect_uris: client.postLogoutRedirectUris ?? [],
      ...(client.clientSecret === undefined
        ? { token_endpoint_auth_method: 'none' }
        : { token_endpoint_auth_method: 'client_secret_post', client_secret: client.clientSecret }),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })),
    routes: {
      authorization: '/authorize',
      token: '/oauth/token',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
      end_session: '/oidc/logout',
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // Auth0 puts the claims of the scopes into the ID token, and takes `audience` where the standard has `resource`.
    conformIdTokenClaims: false,
    extraParams: ['audience'],
    clientBasedCORS: () => true,
    findAccount: async (_ctx, subject) => {
      const account = await store.findAccount(subject);
      if (!account) return undefined;
      const { email, emailVerified } = account;
      const claims = { sub: subject, name: email, email, email_verified: emailVerified };
      return { accountId: subject, claims: () => claims };
    },
    extraTokenClaims: async (_ctx, token) => {
      const account = 'accountId' in token ? await store.findAccount(token.accountId) : null;
      return account ? accessTokenClaims(account) : undefined;
    },
    loadExistingGrant: (ctx) => grantWhatIsAsked(ctx, audience),
    renderError: (ctx, out) =>
      show(ctx, 'Sign-in failed', html`<p>${out.error}: ${out.error_description}</p>`),
    features: {
      devInteractions: { enabled: false },
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
        defaultResource: (ctx, _client, oneOf) => {
          const asked = ctx.oidc.params?.['audience'];
          return oneOf ?? (typeof asked === 'string' ? asked : audience);
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== audience) throw new InvalidTarget();
          return { scope: '', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
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
    },
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
