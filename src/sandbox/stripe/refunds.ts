import { StripeApiError } from './wire/errors.ts';
import type { EventOrigin } from './objects/events.ts';
import {
  chargeAfter,
  createdEvents,
  isCard,
  newRefund,
  updatedEvents,
  withStatus,
} from './objects/refund.ts';
import { isWithdrawn } from './objects/dispute.ts';
import type { ChargeBody, DisputeBody, EventBody, RefundBody, RefundStatus } from './objects/shapes.ts';
import { getObject } from './objectStore.ts';
import type { Db, NewObject } from './objectStore.ts';
import { lockCharge } from './charges.ts';
import type { ChargeName } from './charges.ts';
import type { Recorder } from './recorder.ts';
import type { WebhookPlan } from './webhooks/webhookPlan.ts';

export interface RefundOrder extends ChargeName {
  /** What is left of the charge unless told. */
  amountMinor?: number;
  metadata?: Record<string, string>;
  reason?: string;
  /** What the bank says; cards at once `succeeded`, bank debits and transfers `pending`, unless told. */
  status?: RefundStatus;
  /** Unix seconds; now unless told. */
  created?: number;
  origin?: EventOrigin;
  webhook?: WebhookPlan;
}

export interface RefundChange {
  status?: RefundStatus;
  failureReason?: string;
  metadata?: Record<string, string>;
  created?: number;
  origin?: EventOrigin;
  webhook?: WebhookPlan;
}

export interface Refunded {
  refund: RefundBody;
  charge: ChargeBody;
  events: EventBody[];
}

/** Money on its way back. Every work needs a transaction: the charge is locked while its sum is worked out. */
export interface Refunds {
  /** @throws StripeApiError (400) when there is nothing, or not as much, to give back. */
  create(db: Db, order: RefundOrder): Promise<Refunded>;
  /** What the bank says later, or a shop about its metadata. */
  change(db: Db, id: string, change: RefundChange): Promise<Refunded>;
  /** @throws StripeApiError (400) unless the refund waits for its buyer. */
  cancel(db: Db, id: string, origin: EventOrigin): Promise<Refunded>;
}

export function createRefunds(context: { record: Recorder; nowSeconds: () => number }): Refunds {
  async function write(db: Db, refunded: Refunded, webhook: WebhookPlan | undefined): Promise<Refunded> {
    const { refund, charge, events } = refunded;
    await context.record(db, { objects: [refundRow(refund), chargeRow(charge)], events, webhook });
    return refunded;
  }

  async function change(db: Db, id: string, wanted: RefundChange): Promise<Refunded> {
    const before = await getRefund(db, id, { lock: true });
    const charge = await lockCharge(db, { charge: before.charge });
    const { status = before.status, metadata } = wanted;
    const turned = status !== before.status;
    const settled = turned ? withStatus(before, status, wanted.failureReason) : before;
    const refund = metadata ? { ...settled, metadata: { ...before.metadata, ...metadata } } : settled;
    const previous = {
      ...(turned && { status: before.status }),
      ...(metadata && { metadata: before.metadata }),
    };
    const occasion = { created: wanted.created ?? context.nowSeconds(), origin: wanted.origin };
    return write(
      db,
      {
        refund,
        charge: chargeAfter(charge, before.amount, { from: before.status, to: status }),
        events: updatedEvents(refund, previous, occasion),
      },
      wanted.webhook,
    );
  }

  return {
    async create(db, order) {
      const charge = await lockCharge(db, order);
      await assertRefundable(db, charge);
      const amountMinor = order.amountMinor ?? charge.amount - charge.amount_refunded;
      assertAmount(charge, amountMinor);
      const created = order.created ?? context.nowSeconds();
      const status = order.status ?? (isCard(charge) || isBlik(charge) ? 'succeeded' : 'pending');
      const refund = newRefund(charge, { ...order, amountMinor, created, status });
      const after = chargeAfter(charge, amountMinor, { from: null, to: status });
      const events = createdEvents(refund, { before: charge, after }, { created, origin: order.origin });
      return write(db, { refund, charge: after, events }, order.webhook);
    },

    change,

    async cancel(db, id, origin) {
      const refund = await getRefund(db, id, { lock: true });
      if (refund.status === 'requires_action') return change(db, id, { status: 'canceled', origin });
      throw new StripeApiError(
        400,
        `You can only cancel refunds that require action. This refund has a status of ${refund.status}.`,
      );
    },
  };
}

/** One refund. @throws StripeApiError (404) when there is none. */
export function getRefund(db: Db, id: string, options: { lock?: boolean } = {}): Promise<RefundBody> {
  return getObject<RefundBody>(db, { type: 'refund', id, ...options });
}

async function assertRefundable(db: Db, charge: ChargeBody): Promise<void> {
  if (charge.status !== 'succeeded')
    throw new StripeApiError(400, `Charge ${charge.id} has not been paid; there is nothing to refund.`);
  const { rows } = await db.query<{ body: DisputeBody }>(
    `select body from stripe_sandbox.objects where belongs_to = $1 and type = 'dispute'`,
    [charge.payment_intent],
  );
  if (!rows.some(({ body }) => body.charge === charge.id && isWithdrawn(body))) return;
  throw new StripeApiError(400, `Charge ${charge.id} has been charged back; cannot issue a refund.`, {
    code: 'charge_disputed',
  });
}

function assertAmount(charge: ChargeBody, amountMinor: number): void {
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) {
    throw new StripeApiError(400, `Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  if (amountMinor <= left) return;
  throw new StripeApiError(
    400,
    `Refund amount (${amountMinor}) is greater than unrefunded amount on charge (${left}), in minor units of ${charge.currency}.`,
    { param: 'amount' },
  );
}

function isBlik(charge: ChargeBody): boolean {
  return (charge.payment_method_details as { type: string }).type === 'blik';
}

function refundRow(refund: RefundBody): NewObject {
  return { body: refund, created: refund.created, belongsTo: refund.payment_intent };
}

function chargeRow(charge: ChargeBody): NewObject {
  return { body: charge, created: charge.created, belongsTo: charge.payment_intent };
}
