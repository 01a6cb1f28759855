import type { DeviceSignIn, IssuedTokens, SignInTerms } from '../../ports/staff.ts';
import type { SignInDuties } from '../duties.ts';
import { exitCodes } from '../exitCodes.ts';
import { CommandFailure } from '../failure.ts';
import type { KeptSignIn, TokenFile } from './tokenFile.ts';

export interface SignInOptions {
  /** As `serviceAddress` gives it. */
  apiUrl: string;
  file: TokenFile;
  /** Where this service's staff sign in. Asked at most once. */
  terms(): Promise<SignInTerms>;
  deviceSignIn(terms: SignInTerms): DeviceSignIn;
  now(): Date;
}

/** Signing in at one service by a code that is confirmed elsewhere (RFC 8628), and what is kept of it. */
export function createSignIn({ apiUrl, file, terms, deviceSignIn, now }: SignInOptions): SignInDuties {
  let asked: Promise<{ terms: SignInTerms; device: DeviceSignIn }> | undefined;
  const begun = () => (asked ??= terms().then((found) => ({ terms: found, device: deviceSignIn(found) })));

  return {
    apiUrl,
    start: async () => (await begun()).device.start(),
    poll: async (deviceCode) => (await begun()).device.poll(deviceCode),
    async keep(tokens) {
      await file.write(apiUrl, kept((await begun()).terms, tokens, now()));
      return { file: file.path };
    },
    forget: () => file.remove(apiUrl),
  };
}

export type AccessTokenOptions = Pick<SignInOptions, 'apiUrl' | 'file' | 'deviceSignIn' | 'now'>;

/** A token that ends sooner than this is renewed first. */
const renewBeforeMs = 60_000;

/**
 * The access token of whoever is signed in at the service, renewed when it is about to end.
 *
 * Throws `CommandFailure` (exit code 4) when nobody is, or not any more; a transient `Fault` when the identity provider
 * cannot be asked.
 */
export function createAccessToken({
  apiUrl,
  file,
  deviceSignIn,
  now,
}: AccessTokenOptions): () => Promise<string> {
  const isFresh = ({ expiresAt }: KeptSignIn) =>
    expiresAt === null || Date.parse(expiresAt) - now().getTime() > renewBeforeMs;

  async function renew(): Promise<string> {
    // Another command may have renewed it meanwhile.
    const known = await file.read(apiUrl);
    if (known === undefined) throw notSignedIn(apiUrl);
    if (isFresh(known)) return known.accessToken;
    const tokens = known.refreshToken === null ? null : await deviceSignIn(known).refresh(known.refreshToken);
    if (tokens !== null) {
      await file.write(apiUrl, kept(known, tokens, now()));
      return tokens.accessToken;
    }
    // Refresh tokens are good once: whoever was first has the new one.
    const after = await file.read(apiUrl);
    if (after !== undefined && after.accessToken !== known.accessToken && isFresh(after))
      return after.accessToken;
    throw notSignedIn(apiUrl);
  }

  let renewing: Promise<string> | undefined;
  return async () => {
    const known = await file.read(apiUrl);
    if (known === undefined) throw notSignedIn(apiUrl);
    if (isFresh(known)) return known.accessToken;
    // Calls of one command that run side by side renew it once.
    renewing ??= renew().finally(() => (renewing = undefined));
    return renewing;
  };
}

function kept(
  { issuer, clientId, audience }: SignInTerms,
  { accessToken, refreshToken, expiresInSeconds }: IssuedTokens,
  now: Date,
): KeptSignIn {
  return {
    issuer,
    clientId,
    audience,
    accessToken,
    refreshToken,
    expiresAt:
      expiresInSeconds === null ? null : new Date(now.getTime() + expiresInSeconds * 1_000).toISOString(),
  };
}

const notSignedIn = (apiUrl: string) =>
  new CommandFailure(`Nobody is signed in at ${apiUrl}, or not any more.`, {
    exitCode: exitCodes.notAllowed,
    code: 'not_signed_in',
    details: ['Sign in: fulfillment login'],
  });
