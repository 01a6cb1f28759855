import { StripeApiError } from './wire/errors.ts';
import { lockCharge } from './charges.ts';
import type { ChargeName } from './charges.ts';
import { changedEvents, disputeAs, isInquiry, newDispute, openedEvents } from './objects/dispute.ts';
import type { EventOrigin } from './objects/events.ts';
import type { ChargeBody, DisputeBody, DisputeStatus, EventBody } from './objects/shapes.ts';
import { getObject } from './objectStore.ts';
import type { Db } from './objectStore.ts';
import type { Recorder } from './recorder.ts';
import type { WebhookPlan } from './webhooks/webhookPlan.ts';

export interface DisputeOrder extends ChargeName {
  /** The whole charge unless told. */
  amountMinor?: number;
  /** `fraudulent` unless told. */
  reason?: string;
  /** `needs_response` unless told. */
  status?: DisputeStatus;
  created?: number;
  webhook?: WebhookPlan;
}

/** What a shop sends about a dispute. */
export interface DisputeAnswer {
  evidence?: Record<string, string>;
  metadata?: Record<string, string>;
  submit?: boolean;
}

export interface Disputed {
  dispute: DisputeBody;
  charge: ChargeBody;
  events: EventBody[];
}

interface Occasion {
  created?: number;
  origin?: EventOrigin;
  webhook?: WebhookPlan;
}

/** Payments that a buyer's bank takes back. Every work needs a transaction. */
export interface Disputes {
  /** A bank opens a dispute or an inquiry. */
  open(db: Db, order: DisputeOrder): Promise<Disputed>;
  /** A bank moves a dispute on; it may change its mind about one that was closed. */
  move(db: Db, id: string, status: DisputeStatus, occasion?: Occasion): Promise<Disputed>;
  /** A shop sends evidence; submitted evidence of Stripe's test mode decides the dispute by its text. */
  answer(db: Db, id: string, answer: DisputeAnswer, origin: EventOrigin): Promise<Disputed>;
  /** A shop accepts that the money is lost. @throws StripeApiError (400) when it is closed already. */
  close(db: Db, id: string, origin: EventOrigin): Promise<Disputed>;
}

/** Words in `uncategorized_text` by which Stripe's test mode decides. */
const decidedBy: Record<string, DisputeStatus> = { winning_evidence: 'won', losing_evidence: 'lost' };

export function createDisputes(context: { record: Recorder; nowSeconds: () => number }): Disputes {
  async function write(db: Db, disputed: Disputed, webhook: WebhookPlan | undefined): Promise<Disputed> {
    const { dispute, charge, events } = disputed;
    const belongsTo = dispute.payment_intent;
    const objects = [
      { body: dispute, created: dispute.created, belongsTo },
      { body: charge, created: charge.created, belongsTo },
    ];
    await context.record(db, { objects, events, webhook });
    return disputed;
  }

  async function locked(db: Db, id: string) {
    const dispute = await getDispute(db, id, { lock: true });
    return { dispute, charge: await lockCharge(db, { charge: dispute.charge }) };
  }

  async function move(
    db: Db,
    id: string,
    status: DisputeStatus,
    { created = context.nowSeconds(), origin, webhook }: Occasion = {},
  ): Promise<Disputed> {
    const { dispute: before, charge } = await locked(db, id);
    const dispute = disputeAs(before, status, created);
    return write(
      db,
      { dispute, charge, events: changedEvents(before, dispute, { created, origin }) },
      webhook,
    );
  }

  return {
    async open(db, order) {
      const charge = await lockCharge(db, order);
      if (charge.status !== 'succeeded')
        throw new StripeApiError(400, `Charge ${charge.id} has not been paid; nobody can dispute it.`);
      const created = order.created ?? context.nowSeconds();
      const dispute = newDispute(charge, {
        amountMinor: order.amountMinor ?? charge.amount,
        created,
        reason: order.reason ?? 'fraudulent',
        status: order.status ?? 'needs_response',
      });
      const disputed = { dispute, charge: { ...charge, disputed: true } };
      return write(db, { ...disputed, events: openedEvents(dispute, { created }) }, order.webhook);
    },

    move,

    async answer(db, id, { evidence = {}, metadata = {}, submit = true }, origin) {
      const { dispute: before, charge } = await locked(db, id);
      const given = Object.keys(evidence).length > 0;
      const submitted = given && submit;
      const created = context.nowSeconds();
      const dispute: DisputeBody = {
        ...disputeAs(before, submitted ? reviewOf(before, evidence) : before.status, created),
        evidence: { ...before.evidence, ...evidence },
        evidence_details: {
          ...before.evidence_details,
          has_evidence: before.evidence_details.has_evidence || given,
          submission_count: before.evidence_details.submission_count + Number(submitted),
          ...(submitted && { submission_method: 'manual' }),
        },
        metadata: { ...before.metadata, ...metadata },
      };
      const previous = {
        ...(dispute.status !== before.status && { status: before.status }),
        ...(given && { evidence_details: before.evidence_details }),
      };
      const events = changedEvents(before, dispute, { created, origin, previous });
      return write(db, { dispute, charge, events }, undefined);
    },

    async close(db, id, origin) {
      const { status } = await getDispute(db, id, { lock: true });
      if (['needs_response', 'warning_needs_response'].includes(status))
        return move(db, id, isInquiry(status) ? 'warning_closed' : 'lost', { origin });
      throw new StripeApiError(400, `This dispute is already ${status} and cannot be closed.`);
    },
  };
}

/** One dispute. @throws StripeApiError (404) when there is none. */
export function getDispute(db: Db, id: string, options: { lock?: boolean } = {}): Promise<DisputeBody> {
  return getObject<DisputeBody>(db, { type: 'dispute', id, ...options });
}

function reviewOf(dispute: DisputeBody, evidence: Record<string, string>): DisputeStatus {
  const decided = decidedBy[evidence['uncategorized_text'] ?? ''];
  if (!isInquiry(dispute.status)) return decided ?? 'under_review';
  return decided === undefined ? 'warning_under_review' : 'warning_closed';
}
