import type { Pool } from 'pg';
import type { CallLog } from '../wire/callLog.ts';
import type { CatalogBook } from '../objects/catalog.ts';
import type { Checkout } from '../checkout.ts';
import type { Disputes } from '../disputes.ts';
import type { Recorder } from '../recorder.ts';
import type { Refunds } from '../refunds.ts';
import type { Endpoints } from '../webhooks/endpoints.ts';
import type { Faults } from '../wire/faults.ts';
import type { Intents } from '../intents.ts';

/** What may be changed about the account while the stand-in runs. */
export interface AccountSettings {
  /** The version its events are written in, and those endpoints get that have no version of their own. */
  apiVersion: string;
}

/** What the routes work with. */
export interface RouteContext {
  pool: Pool;
  catalog: readonly CatalogBook[];
  secretKey: string;
  checkout: Checkout;
  intents: Intents;
  refunds: Refunds;
  disputes: Disputes;
  record: Recorder;
  faults: Faults;
  callLog: CallLog;
  endpoints: Endpoints;
  account: AccountSettings;
  pauseWebhooks: (paused: boolean) => void;
  nowSeconds: () => number;
  /** Call after a commit: there may be webhooks to send or payments to settle. */
  wake: () => void;
  /** How long a delayed payment of the hosted page takes to settle. */
  delayedSettlementMs: number;
}
