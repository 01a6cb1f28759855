import type { Pool } from 'pg';
import type { CallLog } from '../wire/callLog.ts';
import type { CatalogBook } from '../objects/catalog.ts';
import type { Checkout } from '../checkout.ts';
import type { WebhookEndpoint } from '../webhooks/delivery.ts';
import type { Faults } from '../wire/faults.ts';
import type { Intents } from '../intents.ts';

/** What the routes work with. */
export interface RouteContext {
  pool: Pool;
  catalog: readonly CatalogBook[];
  secretKey: string;
  checkout: Checkout;
  intents: Intents;
  faults: Faults;
  callLog: CallLog;
  endpoint: () => WebhookEndpoint;
  changeEndpoint: (change: Partial<WebhookEndpoint>) => void;
  pauseWebhooks: (paused: boolean) => void;
  nowSeconds: () => number;
  /** Call after a commit: there may be webhooks to send or payments to settle. */
  wake: () => void;
  /** How long a delayed payment of the hosted page takes to settle. */
  delayedSettlementMs: number;
}
