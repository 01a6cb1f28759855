import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { createOutboundFetch, type Fetch, OutboundError, underDeadline } from '../outbound.ts';
import { identityUnavailable } from './faults.ts';
import type { Issuer, IssuerEndpoints } from './issuer.ts';

export interface OauthClient {
  issuer: Issuer;
  clientId: string;
  /** For a client that can keep one. */
  clientSecret?: string | undefined;
  timeoutMs: number;
  fetch?: Fetch | undefined;
}

const errorShape = z.object({ error: z.string().regex(/^[\x20-\x7e]{1,100}$/) });

/** RFC 6749 §5.1. Whoever needs the ID token looks for it. */
export const tokensShape = z.object({
  access_token: z.string().min(1).max(16_384),
  token_type: z.string().regex(/^bearer$/i),
  id_token: z.string().min(1).max(16_384).optional(),
  refresh_token: z.string().min(1).max(16_384).optional(),
  expires_in: z.number().positive().max(31_536_000).optional(),
});
export type Tokens = z.infer<typeof tokensShape>;

export type OauthAnswer<Body> = { ok: true; body: Body } | { ok: false; error: string };

/** Where the issuer does something. Throws a transient `Fault` when it cannot be asked, or does not offer it. */
export async function endpointOf(
  issuer: Issuer,
  name: Exclude<keyof IssuerEndpoints, 'namesItself'>,
): Promise<URL> {
  const url = (await endpointsOf(issuer))[name];
  if (url === undefined) throw new Fault(identityUnavailable('identity_answer_unusable'));
  return url;
}

export async function endpointsOf(issuer: Issuer): Promise<IssuerEndpoints> {
  try {
    return await issuer.endpoints();
  } catch {
    throw new Fault(identityUnavailable('identity_unreachable'));
  }
}

/**
 * Posts a form as the client. A refusal in OAuth's own words (RFC 6749 §5.2) is an answer; everything else that is not
 * the expected shape is a transient `Fault`, which quotes nothing: there are secrets on both ways.
 */
export async function postForm<Body>(
  client: OauthClient,
  url: URL,
  fields: Record<string, string>,
  shape: z.ZodType<Body>,
): Promise<OauthAnswer<Body>> {
  const { clientId, clientSecret, timeoutMs } = client;
  const send = createOutboundFetch({ answerBytesMax: 128 * 1024, origins: 'as_named', fetch: client.fetch });
  const body = new URLSearchParams({
    ...fields,
    client_id: clientId,
    ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
  });
  try {
    const answer = await underDeadline(new AbortController().signal, timeoutMs, (signal) =>
      send(url, { method: 'POST', body, headers: { accept: 'application/json' }, signal }),
    );
    const json: unknown = await answer.json();
    if (answer.status === 200) return { ok: true, body: shape.parse(json) };
    if (answer.status >= 500 || answer.status === 429)
      throw new Fault(identityUnavailable('identity_unreachable'));
    return { ok: false, error: errorShape.parse(json).error };
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault(
      identityUnavailable(
        thrown instanceof OutboundError ? 'identity_unreachable' : 'identity_answer_unusable',
      ),
    );
  }
}
