import { z } from 'zod';
import { isLoopback } from '../../domain/loopback.ts';
import type { SignInTerms } from '../../ports/staff.ts';
import type { SendHttp } from '../admin/httpTransport.ts';
import { exitCodes } from '../exitCodes.ts';
import { CommandFailure } from '../failure.ts';

const termsSchema = z.object({
  issuer: z.string().min(1).max(500),
  clientId: z.string().min(1).max(200),
  audience: z.string().min(1).max(500),
});

const timeoutMs = 10_000;

/**
 * The address of a service as sign-ins are kept under it: scheme, host and port.
 *
 * @throws CommandFailure for what is neither https nor http on this machine
 */
export function serviceAddress(apiUrl: string): string {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  const fits = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url && fits && url.username === '' && url.password === '') return url.origin;
  throw new CommandFailure('The address of the API must be an https URL; http is for this machine alone.', {
    exitCode: exitCodes.usage,
    code: 'usage',
  });
}

/** Asks a service where its staff sign in. Throws `CommandFailure`. */
export async function readSignInTerms(apiUrl: string, send: SendHttp): Promise<SignInTerms> {
  const url = `${apiUrl}/ops/sign-in/terms`;
  const answer = await send({ method: 'GET', url, headers: { accept: 'application/json' }, timeoutMs });
  if ('trouble' in answer)
    throw new CommandFailure(`${apiUrl} cannot be asked where to sign in (${answer.trouble}).`, {
      code: 'api_unreachable',
      details: ['Check the address: --api or FULFILLMENT_API_URL.'],
    });
  const terms = answer.status === 200 ? termsSchema.safeParse(readJson(answer.body)) : undefined;
  if (terms?.success && isTrustworthy(terms.data.issuer)) return terms.data;
  throw new CommandFailure(`${apiUrl} does not say where to sign in.`, {
    code: 'no_sign_in',
    details: ['Either this is not its address, or it has no admin API (STAFF_OIDC_ISSUER is not set).'],
  });
}

function isTrustworthy(issuer: string): boolean {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
