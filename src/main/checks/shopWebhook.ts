import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Finding } from '../../cli/duties.ts';
import { keyBytesRecommended, shopKeyOf } from '../../providers/shop/signature.ts';
import { findingsOf, type Check } from './check.ts';
import { networkText } from './issuer.ts';
import { fingerprintOf } from './stripeSecrets.ts';

const { ok, note, warning } = findingsOf('shop webhook');

/** Name and certificate of the shop's endpoint, and its secrets. No message is sent. */
export const shopWebhookCheck: Check = {
  name: 'shop webhook',
  async run({ config: { shopWebhook }, signal }) {
    if (!shopWebhook) return [note('none; the shop’s own systems are told nothing')];
    return [await reachable(new URL(shopWebhook.url), signal), ...judgeShopSecrets(shopWebhook.secrets)];
  },
};

async function reachable(url: URL, signal: AbortSignal): Promise<Finding> {
  try {
    await lookup(url.hostname.replaceAll(/[[\]]/g, ''));
    if (url.protocol === 'https:') await shakeHands(url, signal);
    return ok(`${url.origin} is there; fulfillment shop-webhook test sends it a signed message`);
  } catch (error) {
    return warning(
      `${url.origin}: ${troubleText(error)}`,
      'Check SHOP_WEBHOOK_URL. Messages wait for days, and no order waits for them.',
    );
  }
}

/** What is mended in different places is told apart: the name, the certificate, and all else. */
function troubleText(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved';
  return /CERT|UNABLE_TO_/.test(code ?? '')
    ? `its certificate is not accepted (${code})`
    : networkText(error);
}

/** As far as a certificate that is good, and no further. */
function shakeHands(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replaceAll(/[[\]]/g, '');
    // An address is no name that a server could be asked by (RFC 6066).
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connect({ host, port: Number(url.port || 443), ...name });
    const end = (settle: () => void) => {
      socket.destroy();
      settle();
    };
    socket.once('secureConnect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
    signal.addEventListener('abort', () => end(() => reject(new Error('no answer in time'))), { once: true });
  });
}

/** Secrets by their fingerprints, and which are not as long as Standard Webhooks asks. */
export function judgeShopSecrets(secrets: readonly string[]): Finding[] {
  const { min, max } = keyBytesRecommended;
  const odd = secrets.filter((secret) => {
    const { length } = shopKeyOf(secret);
    return length < min || length > max;
  });
  const shown = secrets.map(fingerprintOf).join(', ');
  const told =
    secrets.length === 1
      ? ok(`one secret, with fingerprint ${shown}`)
      : note(
          `${secrets.length} secrets with fingerprints ${shown}`,
          'Take the older one out once the shop knows the new one.',
        );
  if (odd.length === 0) return [told];
  return [
    told,
    warning(
      `not ${min} to ${max} bytes: ${odd.map(fingerprintOf).join(', ')}`,
      'Make another with: echo "whsec_$(openssl rand -base64 32)"',
    ),
  ];
}
