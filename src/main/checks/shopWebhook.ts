import type { Finding } from '../../cli/duties.ts';
import { keyBytesRecommended, shopKeyOf } from '../../providers/shop/signature.ts';
import { findingsOf, type Check } from './check.ts';
import { endpointTrouble } from './endpointTrouble.ts';
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
  const trouble = await endpointTrouble(url, signal);
  if (trouble === undefined)
    return ok(`${url.origin} is there; fulfillment shop-webhook test sends it a signed message`);
  return warning(
    `${url.origin}: ${trouble}`,
    'Check SHOP_WEBHOOK_URL. Messages wait for days, and no order waits for them.',
  );
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
