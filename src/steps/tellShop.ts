import { z } from 'zod';
import { shopToldKey } from '../domain/effectKey.ts';
import type { HeldReason } from '../domain/heldReasons.ts';
import type { Mode } from '../domain/mailGate.ts';
import type { Plan } from '../domain/plan.ts';
import type { RetryPolicy } from '../domain/retryPolicy.ts';
import type { ShopMessage, ShopWebhook } from '../ports/shopWebhook.ts';
import type { OutsideStep } from '../ports/step.ts';
import { subjectOf } from './orderOf.ts';

/** One message to the shop's own systems. Made by triggers, in the transaction of what it tells. */
export const tellShopPlan: Plan = {
  name: 'tell_shop',
  version: 1,
  steps: [{ name: 'tell_shop', version: 1, needs: [], holds: true }],
};

/** Nobody waits for it as a buyer for a book: what the shop has not heard of after a day is late. */
export const tellShopSlaSeconds = 24 * 3_600;

/**
 * Seconds at first, and after half a day about every three hours: some five days in all, as Standard Webhooks advises
 * several.
 */
export const tellShopRetry: RetryPolicy = {
  baseMs: 5_000,
  capMs: 6 * 3_600_000,
  attemptsMax: 50,
  retryAfterCapMs: 60 * 60_000,
};

export interface TellShopOptions {
  /** Null: the shop wants to hear nothing any more, and what is left is skipped. */
  webhook: ShopWebhook | null;
  mode: Mode;
  /** Why mails are held just now. What a restored database takes for new, the shop may have heard already. */
  heldBy(): Promise<HeldReason | null>;
}

const snapshot = z.object({ body: z.string() });

/** Tells the shop one thing. At least once: after a lost answer it is told again, by the same id. */
export function createTellShop({ webhook, mode, heldBy }: TellShopOptions): OutsideStep<ShopMessage> {
  return {
    kind: 'outside',
    name: 'tell_shop',
    version: 1,
    timeoutMs: 20_000,
    retry: tellShopRetry,
    effects: (job) => [{ key: shopToldKey(subjectOf(job)), provider: 'shop' }],
    async prepare(job) {
      if (webhook === null) return { kind: 'skip', reason: 'no_shop_webhook' };
      // Whoever really serves these buyers tells of them.
      if (mode === 'shadow') return { kind: 'skip', reason: 'shadow_mode' };
      if ((await heldBy()) === 'restore_mode') return { kind: 'hold', reason: 'restore_mode' };
      const id = `msg_${job.jobId.replaceAll('-', '')}`;
      return { kind: 'ready', prepared: { id, body: snapshot.parse(job.order).body } };
    },
    async make({ prepared }, { signal }) {
      if (webhook === null) throw new TypeError('There is no endpoint of the shop.');
      const { status } = await webhook.send(prepared, signal);
      return { provider: webhook.name, message: prepared.id, status };
    },
  };
}
