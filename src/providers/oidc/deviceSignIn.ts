import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { DeviceSignIn, IssuedTokens } from '../../ports/staff.ts';
import { parseSecureUrl } from '../outbound.ts';
import { identityUnavailable } from './faults.ts';
import { createIssuer, type IssuerOptions } from './issuer.ts';
import { endpointOf, type OauthClient, postForm, type Tokens, tokensShape } from './tokenEndpoint.ts';

export interface OidcDeviceOptions extends Omit<IssuerOptions, 'cacheMaxAgeMs' | 'cooldownMs' | 'jwksUrl'> {
  clientId: string;
  audience: string;
}

/** A page that a person is sent to: no control characters of a terminal, and no place but the web. */
const page = z
  .string()
  .max(2_000)
  .refine((text) => {
    try {
      parseSecureUrl(text, 'The page');
      return /^[\x21-\x7e]+$/.test(text);
    } catch {
      return false;
    }
  });

/** RFC 8628 §3.2. The older name of the page is Google's. */
const deviceShape = z.object({
  device_code: z.string().min(1).max(4_096),
  user_code: z.string().regex(/^[\x21-\x7e]{1,40}$/),
  verification_uri: page,
  verification_uri_complete: page.optional(),
  expires_in: z.number().positive().max(86_400),
  interval: z.number().positive().max(600).optional(),
});

const pollAnswers: Record<string, 'pending' | 'slow_down' | 'denied' | 'expired'> = {
  authorization_pending: 'pending',
  slow_down: 'slow_down',
  access_denied: 'denied',
  expired_token: 'expired',
  // Some say this of a device code whose time is over.
  invalid_grant: 'expired',
};

/** Sign-in of the command line: the device authorization grant (RFC 8628). */
export function createOidcDeviceSignIn(options: OidcDeviceOptions): DeviceSignIn {
  const { audience } = options;
  const issuer = createIssuer({ ...options, cacheMaxAgeMs: 600_000, cooldownMs: 30_000 });
  const client: OauthClient = { ...options, issuer };
  const unusable = () => new Fault(identityUnavailable('identity_answer_unusable'));

  return {
    async start() {
      const url = await endpointOf(issuer, 'deviceAuthorization');
      const fields = { audience, scope: 'openid profile email offline_access' };
      const answer = await postForm(client, url, fields, deviceShape);
      if (!answer.ok) throw unusable();
      const { body } = answer;
      return {
        deviceCode: body.device_code,
        userCode: body.user_code,
        verificationUrl: body.verification_uri,
        completeUrl: body.verification_uri_complete ?? null,
        expiresInSeconds: body.expires_in,
        // §3.2: five seconds when it does not say.
        intervalSeconds: body.interval ?? 5,
      };
    },

    async poll(deviceCode) {
      const url = await endpointOf(issuer, 'token');
      const fields = {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: deviceCode,
      };
      const answer = await postForm(client, url, fields, tokensShape);
      if (answer.ok) return { kind: 'issued', tokens: issued(answer.body) };
      const kind = pollAnswers[answer.error];
      if (kind === undefined) throw unusable();
      return { kind };
    },

    async refresh(refreshToken) {
      const url = await endpointOf(issuer, 'token');
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
      const answer = await postForm(client, url, fields, tokensShape);
      if (answer.ok) return issued(answer.body, refreshToken);
      if (answer.error === 'invalid_grant') return null;
      throw unusable();
    },
  };
}

/** RFC 6749 §6: without a new refresh token the old one stays. */
function issued(tokens: Tokens, refreshToken: string | null = null): IssuedTokens {
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? refreshToken,
    expiresInSeconds: tokens.expires_in ?? null,
  };
}
