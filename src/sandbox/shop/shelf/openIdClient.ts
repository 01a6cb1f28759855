import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { z } from 'zod';

export interface OpenIdOptions {
  /** Exactly as the provider writes it; Auth0's end in a slash. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The API that access tokens are for. */
  audience: string;
}

/** What a sign-in under way must remember in the browser's own session. */
export interface SignInUnderWay {
  state: string;
  nonce: string;
  codeVerifier: string;
  redirectUri: string;
}

export interface SignedIn {
  subject: string;
  email: string | null;
  accessToken: string;
  idToken: string;
  /** How long the access token is good for. */
  expiresInSeconds: number;
}

export interface OpenIdClient {
  /** Where to send the browser, and what to remember until it is back. `anew` asks even somebody who is signed in. */
  begin(request: {
    redirectUri: string;
    loginHint?: string | undefined;
    anew?: boolean;
  }): Promise<{ url: string; underWay: SignInUnderWay }>;
  /** Judges what the browser brought back. Throws `SignInError`. */
  finish(brought: URLSearchParams, underWay: SignInUnderWay): Promise<SignedIn>;
  /** Where signing out goes on, or null when the provider has no such page. */
  signOutUrl(idToken: string, returnTo: string): Promise<string | null>;
}

/** The sign-in did not come to a good end: refused by its owner or the provider, or not to be trusted. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
}

const timeoutMs = 5_000;

const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  end_session_endpoint: z.url().optional(),
});
const tokensSchema = z.object({
  access_token: z.string().min(1),
  id_token: z.string().min(1),
  expires_in: z.number().positive().default(3600),
});
type Provider = z.infer<typeof metadataSchema> & { keys: ReturnType<typeof createRemoteJWKSet> };

/** Signs buyers in by the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, 9207). */
export function createOpenIdClient(options: OpenIdOptions): OpenIdClient {
  const { clientId, audience } = options;
  let known: Promise<Provider> | undefined;

  /** Looked up at the first sign-in, and again after a failure. */
  function provider(): Promise<Provider> {
    known ??= discover(options.issuer).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  }

  return {
    async begin({ redirectUri, loginHint, anew }) {
      const { authorization_endpoint: endpoint } = await provider();
      const underWay = { state: secret(), nonce: secret(), codeVerifier: secret(), redirectUri };
      const url = withQuery(endpoint, {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: 'openid email',
        audience,
        state: underWay.state,
        nonce: underWay.nonce,
        code_challenge: createHash('sha256').update(underWay.codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...(loginHint && { login_hint: loginHint }),
        ...(anew && { prompt: 'login' }),
      });
      return { url, underWay };
    },

    async finish(brought, underWay) {
      const found = await provider();
      const code = codeOf(brought, underWay, found.issuer);
      const tokens = await redeem(found.token_endpoint, options, { code, underWay });
      const claims = await verifyIdToken(tokens.id_token, found, clientId);
      if (claims['nonce'] !== underWay.nonce) throw new SignInError('The ID token is of another sign-in.');
      return {
        subject: String(claims.sub),
        email: typeof claims['email'] === 'string' ? claims['email'] : null,
        accessToken: tokens.access_token,
        idToken: tokens.id_token,
        expiresInSeconds: tokens.expires_in,
      };
    },

    async signOutUrl(idToken, returnTo) {
      const { end_session_endpoint: endpoint } = await provider();
      if (!endpoint) return null;
      const query = { id_token_hint: idToken, client_id: clientId, post_logout_redirect_uri: returnTo };
      return withQuery(endpoint, query);
    },
  };
}

async function discover(issuer: string): Promise<Provider> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
  if (!answer.ok) throw new Error(`The sign-in provider answered ${answer.status}.`);
  const metadata = metadataSchema.parse(await answer.json());
  if (metadata.issuer !== issuer) throw new Error('The sign-in provider is another issuer than configured.');
  return {
    ...metadata,
    keys: createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: timeoutMs }),
  };
}

/** The code, if it came to the browser that asked, from the provider it was sent to. */
function codeOf(brought: URLSearchParams, { state }: SignInUnderWay, issuer: string): string {
  if (brought.get('state') !== state) throw new SignInError('The answer is of another sign-in.');
  if (brought.has('iss') && brought.get('iss') !== issuer)
    throw new SignInError('The answer is of another provider.');
  const code = brought.get('code');
  if (code === null) throw new SignInError('The provider refused the sign-in.');
  return code;
}

async function redeem(
  endpoint: string,
  { clientId, clientSecret }: OpenIdOptions,
  { code, underWay }: { code: string; underWay: SignInUnderWay },
) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: underWay.redirectUri,
      code,
      code_verifier: underWay.codeVerifier,
    }),
  });
  if (answer.status >= 500) throw new Error(`The sign-in provider answered ${answer.status}.`);
  if (!answer.ok) throw new SignInError(`The provider did not accept the code (${answer.status}).`);
  return tokensSchema.parse(await answer.json());
}

async function verifyIdToken(idToken: string, provider: Provider, clientId: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(idToken, provider.keys, {
    issuer: provider.issuer,
    audience: clientId,
    algorithms: ['RS256'],
    requiredClaims: ['sub', 'iat', 'exp', 'nonce'],
  }).catch((cause: unknown) => {
    throw new SignInError('The ID token does not hold.', { cause });
  });
  return payload;
}

function withQuery(address: string, query: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** 256 random bits: also a PKCE verifier of 43 characters. */
function secret(): string {
  return randomBytes(32).toString('base64url');
}
