import type { FastifyInstance } from 'fastify';
import { importJWK, SignJWT } from 'jose';
import { accessTokenClaims } from './accessTokenClaims.ts';
import { generateSigningKey, subjectOf } from './identityStore.ts';
import type { IdentityStore } from './identityStore.ts';
import { staffTokenClaims, twoFactors } from './staffUsers.ts';

export type TokenOrder = {
  email: string;
  /** Default true. */
  email_verified?: boolean;
  /** Default: the subject this address always has. */
  subject?: string;
  audience?: string | string[];
  issuer?: string;
  /** Default an hour; below zero makes a token that has expired. */
  expiresInSeconds?: number;
  /** `stranger` signs with a key that is not published; `forger` also claims the published key's id. */
  signedBy?: 'published' | 'stranger' | 'forger';
  /** Further claims; they win over all others, and null takes a claim away. */
  claims?: Record<string, unknown>;
};

export type TokenDeskOptions = {
  store: IdentityStore;
  audience: string;
  /** Tokens for it carry the roles of our ready users, and say that they showed two factors. */
  staffAudience?: string | undefined;
  issuer: () => string;
};

const orderSchema = {
  type: 'object',
  required: ['email'],
  additionalProperties: false,
  properties: {
    email: { type: 'string' },
    email_verified: { type: 'boolean' },
    subject: { type: 'string', minLength: 1 },
    audience: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    issuer: { type: 'string' },
    expiresInSeconds: { type: 'integer' },
    signedBy: { enum: ['published', 'stranger', 'forger'] },
    claims: { type: 'object' },
  },
};

/** `POST /sandbox/token`: an access token without signing in, right or wrong in whatever way a test needs. */
export function addTokenDesk(app: FastifyInstance, options: TokenDeskOptions): void {
  app.post<{ Body: TokenOrder }>('/sandbox/token', { schema: { body: orderSchema } }, async (request) => {
    const order = request.body;
    const expiresIn = order.expiresInSeconds ?? 3600;
    return {
      access_token: await signToken(order, options, expiresIn),
      token_type: 'Bearer',
      expires_in: expiresIn,
    };
  });
}

async function signToken(
  order: TokenOrder,
  options: TokenDeskOptions,
  expiresInSeconds: number,
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown> = {
    iss: order.issuer ?? options.issuer(),
    sub: order.subject ?? subjectOf(order.email),
    aud: order.audience ?? options.audience,
    iat: nowSeconds + Math.min(0, expiresInSeconds - 1),
    exp: nowSeconds + expiresInSeconds,
    ...(options.staffAudience !== undefined && order.audience === options.staffAudience
      ? staffTokenClaims(order.email, twoFactors)
      : accessTokenClaims({ email: order.email, emailVerified: order.email_verified ?? true })),
    ...order.claims,
  };
  for (const [name, value] of Object.entries(claims)) if (value === null) delete claims[name];
  const published = options.store.keys.signingKey;
  const key = (order.signedBy ?? 'published') === 'published' ? published : await generateSigningKey();
  return new SignJWT(claims)
    .setProtectedHeader({
      alg: 'RS256',
      typ: 'at+jwt',
      kid: order.signedBy === 'stranger' ? key.kid : published.kid,
    })
    .sign(await importJWK(key, 'RS256'));
}
