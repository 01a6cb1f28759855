import { randomUUID } from 'node:crypto';
import type { ShopWebhookDuties } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import type { Config } from './config.ts';
import { wireShopWebhook } from './wireProviders.ts';

/** What `fulfillment shop-webhook` has done. The message is made and sent here: no job, no database. */
export function shopWebhookDuties(readConfig: () => Pick<Config, 'shopWebhook'>): ShopWebhookDuties {
  return {
    async test(signal) {
      const config = readConfig();
      const webhook = wireShopWebhook(config);
      if (!config.shopWebhook || !webhook)
        throw new CommandFailure('There is no endpoint of the shop.', {
          exitCode: exitCodes.usage,
          details: ['Set SHOP_WEBHOOK_URL and SHOP_WEBHOOK_SECRETS (docs/shop-webhook.md).'],
        });
      const id = `msg_test_${randomUUID().replaceAll('-', '')}`;
      const message = {
        type: 'webhook.test',
        timestamp: new Date().toISOString(),
        data: { version: 1, sequence: Date.now() * 1_000 },
      };
      const { status } = await webhook.send({ id, body: JSON.stringify(message) }, signal);
      const { url, secrets } = config.shopWebhook;
      return { url, id, status, secrets: secrets.length };
    },
  };
}
