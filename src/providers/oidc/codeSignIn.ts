import { Fault } from '../../domain/fault.ts';
import type { StaffSignInProvider, StaffTokens } from '../../ports/staff.ts';
import { identityUnavailable } from './faults.ts';
import { checkIdToken, type IdTokenOptions } from './idTokens.ts';
import { endpointOf, endpointsOf, type OauthClient, postForm, tokensShape } from './tokenEndpoint.ts';

export interface CodeSignInOptions extends OauthClient, Omit<IdTokenOptions, 'issuer' | 'clientId'> {
  audience: string;
  redirectUri: string;
  tokens: StaffTokens;
}

/** Sign-in in the browser: authorization code with PKCE (RFC 6749, RFC 7636, RFC 9700). */
export function createCodeSignIn(options: CodeSignInOptions): StaffSignInProvider {
  const { issuer, clientId, redirectUri, audience } = options;
  return {
    async authorizeUrl({ state, nonce, codeChallenge }) {
      const url = new URL(await endpointOf(issuer, 'authorization'));
      const parameters = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        // Auth0's word for the API that the access token is for; others take `resource` (RFC 8707).
        audience,
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url;
    },

    async exchange({ code, issuer: named, codeVerifier, nonce }) {
      const { token: url, namesItself } = await endpointsOf(issuer);
      if (url === undefined) throw new Fault(identityUnavailable('identity_answer_unusable'));
      // RFC 9207 §2.4: a code of somebody else's issuer must not be carried to ours.
      if (named === undefined ? namesItself : named !== issuer.issuer)
        return { ok: false, reason: 'wrong_issuer' };
      const answer = await postForm(
        options,
        url,
        { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier },
        tokensShape,
      );
      if (!answer.ok)
        return { ok: false, reason: answer.error === 'invalid_grant' ? 'code_refused' : 'exchange_refused' };
      const { id_token: idToken, access_token: accessToken } = answer.body;
      if (idToken === undefined) return { ok: false, reason: 'no_id_token' };
      const person = await checkIdToken(idToken, nonce, options);
      if (!person.valid) return { ok: false, reason: `id_token_${person.reason}` };
      const access = await options.tokens.verify(accessToken);
      if (!access.valid) return { ok: false, reason: `access_token_${access.reason}` };
      // OpenID Connect Core 1.0 §5.3.2 for the like: both must speak of one person.
      if (access.token.subject !== person.token.subject) return { ok: false, reason: 'two_subjects' };
      return { ok: true, person: person.token, access: access.token };
    },
  };
}
