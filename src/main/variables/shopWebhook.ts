import { partsOf, readAs, secureUrl } from './kinds.ts';
import { running, type Section } from './variable.ts';

/** Stands in the example configuration; whoever signed with it would be believed. */
export const publishedShopSecret = 'whsec_VGhpc0lzVGhlRXhhbXBsZU9mQVNpZ25pbmdTZWNyZXQ=';

const bytesMin = 16;

const secrets = readAs((text, refuse): string[] => {
  const all = partsOf(text);
  if (all.length === 0) return refuse('must hold at least one secret');
  for (const [index, secret] of all.entries()) {
    const which = all.length > 1 ? `secret ${index + 1} ` : '';
    const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
    if (base64 === undefined) return refuse(`${which}must be whsec_ and base64`);
    const { length } = Buffer.from(base64, 'base64');
    if (length < bytesMin) return refuse(`${which}must have at least ${bytesMin} bytes; it has ${length}`);
  }
  return all;
});

export const shopWebhook = {
  title: 'The shop’s own systems, told what became of orders (both or none; docs/shop-webhook.md)',
  variables: {
    SHOP_WEBHOOK_URL: {
      purpose:
        'Endpoint that order.fulfilled, order.failed and entitlement.revoked are sent to; https, or http on loopback.',
      example: 'https://shop.example/webhooks/fulfillment',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    SHOP_WEBHOOK_SECRETS: {
      purpose:
        'Signing secrets, between commas, newest first, two while one is exchanged: each whsec_ and 24 to 64 bytes in base64 (echo "whsec_$(openssl rand -base64 32)").',
      example: publishedShopSecret,
      optional: true,
      secret: true,
      commands: running,
      schema: secrets,
    },
  },
} as const satisfies Section;
