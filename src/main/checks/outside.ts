import { isLoopback } from '../../domain/loopback.ts';
import { findingsOf, type Check } from './check.ts';
import { examineIssuer, networkText } from './issuer.ts';

/** The issuer tells where its keys are, and has one that tokens can be checked with. */
export const identityCheck: Check = {
  name: 'identity',
  async run({ config, signal }) {
    const { findings } = await examineIssuer(config.identity.issuer, signal, {
      check: 'identity',
      variable: 'OIDC_ISSUER',
      loss: 'nobody can open their shelf without its keys',
    });
    return findings;
  },
};

/** Somebody answers at the address of each that counts purchases. No event is sent. */
export const analyticsCheck: Check = {
  name: 'analytics',
  async run({ config: { plausible, posthog }, signal }) {
    const places = [
      ...(plausible ? [{ url: plausible.apiUrl, variable: 'PLAUSIBLE_API_URL' }] : []),
      ...(posthog ? [{ url: posthog.host, variable: 'POSTHOG_HOST' }] : []),
    ];
    if (places.length === 0) return [findingsOf('analytics').note('none; purchases are told to nobody')];
    return Promise.all(places.map((place) => answeringAt(place, signal)));
  },
};

async function answeringAt({ url, variable }: { url: string; variable: string }, signal: AbortSignal) {
  const { ok, warning } = findingsOf('analytics');
  const { origin } = new URL(url);
  try {
    const { status } = await answering(`${origin}/`, signal);
    return ok(`${origin} answers (${status})`);
  } catch (error) {
    return warning(`${origin}: ${networkText(error)}`, `Check ${variable}. Fulfillment goes on without it.`);
  }
}

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

/** Any answer will do, a redirect too. */
async function answering(url: string, signal: AbortSignal): Promise<{ status: number }> {
  const answer = await fetch(url, { signal, redirect: 'manual' });
  await answer.body?.cancel();
  return { status: answer.status };
}
