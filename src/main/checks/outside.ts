import { z } from 'zod';
import { createOutboundFetch, isLoopback, outboundTrouble } from '../../providers/outbound.ts';
import { findingsOf, type Check } from './check.ts';

const send = createOutboundFetch({ answerBytesMax: 512 * 1024 });

const discoveryShape = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keysShape = z.object({ keys: z.array(z.looseObject({ kty: z.string(), alg: z.string().optional() })) });

/** The issuer tells where its keys are, and has one that tokens can be checked with. */
export const identityCheck: Check = {
  name: 'identity',
  async run({ config, signal }) {
    const { ok, failed } = findingsOf('identity');
    const { issuer } = config.identity;
    const base = issuer.replace(/\/$/, '');
    try {
      const discovery = discoveryShape.parse(
        await readJson(`${base}/.well-known/openid-configuration`, signal),
      );
      if (discovery.issuer !== issuer) {
        const remedy = `Set OIDC_ISSUER=${discovery.issuer}`;
        return [failed(`the issuer calls itself ${discovery.issuer}`, remedy)];
      }
      const { keys } = keysShape.parse(await readJson(discovery.jwks_uri, signal));
      const usable = keys.filter(({ kty, alg }) => kty === 'RSA' && (alg === undefined || alg === 'RS256'));
      if (usable.length > 0)
        return [ok(`${issuer} has ${usable.length} RS256 ${usable.length === 1 ? 'key' : 'keys'}`)];
      return [
        failed(
          'the issuer has no RSA key for RS256',
          'Choose RS256 for access tokens at the identity provider.',
        ),
      ];
    } catch (error) {
      return [
        failed(
          `${issuer}: ${networkText(error)}`,
          'Check OIDC_ISSUER: nobody can open their shelf without its keys.',
        ),
      ];
    }
  },
};

/** Somebody answers at the address. No event is sent. */
export const analyticsCheck: Check = {
  name: 'analytics',
  async run({ config: { plausible }, signal }) {
    const { ok, note, warning } = findingsOf('analytics');
    if (!plausible) return [note('none; purchases are told to nobody')];
    const { origin } = new URL(plausible.apiUrl);
    try {
      const { status } = await answering(`${origin}/`, signal);
      return [ok(`${origin} answers (${status})`)];
    } catch (error) {
      return [
        warning(
          `${origin}: ${networkText(error)}`,
          'Check PLAUSIBLE_API_URL. Fulfillment goes on without it.',
        ),
      ];
    }
  },
};

/** The address in mails is encrypted, and whether we answer there already. */
export const publicUrlCheck: Check = {
  name: 'public address',
  async run({ config, signal }) {
    const { ok, note, warning } = findingsOf('public address');
    const { publicBaseUrl } = config.http;
    const { hostname, protocol } = new URL(publicBaseUrl);
    if (isLoopback(hostname)) {
      return [
        warning(
          `${publicBaseUrl} is this machine: buyers cannot follow links`,
          'Set PUBLIC_BASE_URL to the address of the world.',
        ),
      ];
    }
    const scheme = protocol === 'https:' ? 'https' : 'not encrypted';
    try {
      const { status } = await answering(`${publicBaseUrl}/healthz`, signal);
      if (status === 200) return [ok(`${publicBaseUrl} (${scheme}) answers`)];
      return [
        note(
          `${publicBaseUrl} (${scheme}): /healthz answers ${status}`,
          'Expected before the first start; afterwards look at the proxy.',
        ),
      ];
    } catch (error) {
      return [
        note(
          `${publicBaseUrl} (${scheme}): ${networkText(error)}`,
          'Expected before the first start; afterwards look at DNS, certificate and proxy.',
        ),
      ];
    }
  },
};

async function readJson(url: string, signal: AbortSignal): Promise<unknown> {
  const answer = await send(url, { signal });
  if (answer.status !== 200) throw new HttpAnswer(answer.status);
  return answer.json();
}

/** Any answer will do, a redirect too. */
async function answering(url: string, signal: AbortSignal): Promise<{ status: number }> {
  const answer = await fetch(url, { signal, redirect: 'manual' });
  await answer.body?.cancel();
  return { status: answer.status };
}

class HttpAnswer extends Error {
  constructor(status: number) {
    super(`answers ${status}`);
    this.name = 'HttpAnswer';
  }
}

function networkText(error: unknown): string {
  if (error instanceof HttpAnswer) return error.message;
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return 'the answer is not what it should be';
  return `no answer (${outboundTrouble(error)})`;
}
