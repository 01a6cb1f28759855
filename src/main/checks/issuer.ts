import { z } from 'zod';
import type { Finding } from '../../cli/duties.ts';
import { createOutboundFetch, outboundTrouble } from '../../providers/outbound.ts';
import { findingsOf } from './check.ts';

const send = createOutboundFetch({ answerBytesMax: 512 * 1024, origins: 'as_named' });

const discoveryShape = z.object({
  issuer: z.string(),
  jwks_uri: z.url(),
  authorization_endpoint: z.string().optional(),
  token_endpoint: z.string().optional(),
  device_authorization_endpoint: z.string().optional(),
  code_challenge_methods_supported: z.array(z.string()).optional(),
});
const keysShape = z.object({ keys: z.array(z.looseObject({ kty: z.string(), alg: z.string().optional() })) });

export interface IssuerNames {
  check: string;
  /** The variable that names it. */
  variable: string;
  /** What is lost without it. */
  loss: string;
}

/** Asks an issuer where its keys are, and whether one of them fits. `discovery` is what it says, when all is well. */
export async function examineIssuer(
  issuer: string,
  signal: AbortSignal,
  { check, variable, loss }: IssuerNames,
): Promise<{ findings: Finding[]; discovery?: z.infer<typeof discoveryShape> }> {
  const { ok, failed } = findingsOf(check);
  const base = issuer.replace(/\/$/, '');
  try {
    const discovery = discoveryShape.parse(
      await readJson(`${base}/.well-known/openid-configuration`, signal),
    );
    if (discovery.issuer !== issuer) {
      const remedy = `Set ${variable}=${discovery.issuer}`;
      return { findings: [failed(`the issuer calls itself ${discovery.issuer}`, remedy)] };
    }
    const { keys } = keysShape.parse(await readJson(discovery.jwks_uri, signal));
    const usable = keys.filter(({ kty, alg }) => kty === 'RSA' && (alg === undefined || alg === 'RS256'));
    if (usable.length > 0) {
      const found = `${issuer} has ${usable.length} RS256 ${usable.length === 1 ? 'key' : 'keys'}`;
      return { findings: [ok(found)], discovery };
    }
    const remedy = 'Choose RS256 for access tokens at the identity provider.';
    return { findings: [failed('the issuer has no RSA key for RS256', remedy)] };
  } catch (error) {
    return { findings: [failed(`${issuer}: ${networkText(error)}`, `Check ${variable}: ${loss}.`)] };
  }
}

async function readJson(url: string, signal: AbortSignal): Promise<unknown> {
  const answer = await send(url, { signal });
  if (answer.status !== 200) throw new HttpAnswer(answer.status);
  return answer.json();
}

class HttpAnswer extends Error {
  constructor(status: number) {
    super(`answers ${status}`);
    this.name = 'HttpAnswer';
  }
}

export function networkText(error: unknown): string {
  if (error instanceof HttpAnswer) return error.message;
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return 'the answer is not what it should be';
  return `no answer (${outboundTrouble(error)})`;
}
