import type { Stripe } from 'stripe';

import { resourceMissing, StripeApiError } from './wire/errors.ts';
import { resolveCart } from './cart.ts';
import type { CartLine } from './cart.ts';
import { newEvent } from './objects/events.ts';
import type { EventOrigin } from './objects/events.ts';
import { newId } from './objects/ids.ts';
import { priceLines, sessionDiscount } from './objects/lineItems.ts';
import { findLineItems, findObjects, getObject, writeObjects } from './objectStore.ts';
import type { Db, NewObject } from './objectStore.ts';
import { settleSession, submitSession } from './purchase.ts';
import type { Change, IntentData } from './purchase.ts';
import { openSession, withQuantities } from './objects/session.ts';
import type { SessionRequest } from './objects/session.ts';
import type {
  Buyer,
  ChargeBody,
  IntentBody,
  ItemBody,
  PaymentMethod,
  SessionBody,
} from './objects/shapes.ts';
import type { Recorder } from './recorder.ts';
import type { WebhookPlan } from './webhooks/webhookPlan.ts';

export interface CheckoutContext {
  record: Recorder;
  /** The address under which buyers reach the hosted page. */
  baseUrl: () => string;
  nowSeconds: () => number;
}

export interface NewSession {
  lines: CartLine[];
  request: SessionRequest;
  intentData: IntentData;
  /** Unix seconds; now unless told. */
  created?: number;
}

/** How the buyer pays. A delayed method settles by itself when `settle` says so. */
export interface Submission {
  buyer: Buyer;
  method: PaymentMethod;
  locale?: string;
  /** New quantities by line item id. */
  quantities?: Record<string, number>;
  settle?: { outcome: 'succeeded' | 'failed'; afterMs: number };
  webhook?: WebhookPlan;
}

/** A session's request for its intent, kept until the payment is made. */
interface StoredIntentData extends IntentData {
  id: string;
  object: 'sandbox.intent_data';
}

export interface Checkout {
  /** Makes an open session. */
  open(db: Db, wanted: NewSession): Promise<SessionBody>;
  /** Makes a session and pays it in the same breath, in two or three statements. */
  purchase(db: Db, wanted: NewSession, submission: Submission): Promise<Change>;
  /** The buyer submits an open session. Needs a transaction. A session that is complete already stays as it is. */
  submit(db: Db, sessionId: string, submission: Submission): Promise<Change>;
  /** A shop gives up an open session. Needs a transaction. @throws StripeApiError (400) when it is not open. */
  expire(db: Db, sessionId: string, origin: EventOrigin): Promise<SessionBody>;
  /** A delayed payment settles. Needs a transaction. */
  settle(db: Db, sessionId: string, settlement: Settlement): Promise<Change>;
}

export interface Settlement {
  outcome: 'succeeded' | 'failed';
  webhook?: WebhookPlan;
}

/** What a shop, a buyer and a bank do to sessions. Every change is written with its events and their deliveries. */
export function createCheckout(context: CheckoutContext): Checkout {
  async function prepare(db: Db, wanted: NewSession) {
    const created = wanted.created ?? context.nowSeconds();
    const id = newId('cs');
    const cart = await resolveCart(db, wanted.lines, created);
    const coupon = await findCoupon(db, wanted.request.couponId);
    const priced = priceLines(cart.lines, coupon && sessionDiscount(coupon, id, created));
    const session = openSession({
      id,
      created,
      url: `${context.baseUrl()}/c/pay/${id}`,
      currency: cart.currency,
      priced,
      request: wanted.request,
    });
    return { session, rows: [...cart.made, ...itemRows(session, priced.items)] };
  }

  async function record(
    db: Db,
    change: Change,
    extra: { rows: NewObject[]; webhook?: WebhookPlan },
  ): Promise<void> {
    const { objects, events } = change;
    await context.record(db, { objects: [...extra.rows, ...objects], events, webhook: extra.webhook });
  }

  async function scheduleSettlement(db: Db, change: Change, submission: Submission): Promise<void> {
    if (!submission.settle || change.session.payment_status !== 'unpaid') return;
    await db.query(
      `insert into stripe_sandbox.settlements (session_id, outcome, due_at)
       values ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')`,
      [change.session.id, submission.settle.outcome, submission.settle.afterMs],
    );
  }

  return {
    async open(db, wanted) {
      const { session, rows } = await prepare(db, wanted);
      const kept: StoredIntentData = {
        ...wanted.intentData,
        id: intentDataId(session.id),
        object: 'sandbox.intent_data',
      };
      await writeObjects(db, [
        ...rows,
        { body: session, created: session.created },
        { body: kept, created: session.created },
      ]);
      return session;
    },

    async purchase(db, wanted, submission) {
      const { session, rows } = await prepare(db, wanted);
      const change = submitSession({
        session,
        buyer: submission.buyer,
        method: submission.method,
        created: session.created,
        intentData: wanted.intentData,
      });
      await record(db, change, { rows, webhook: submission.webhook });
      await scheduleSettlement(db, change, submission);
      return change;
    },

    async submit(db, sessionId, submission) {
      const open = await getSession(db, sessionId, { lock: true });
      if (open.status === 'complete') return { session: open, intent: null, objects: [], events: [] };
      const created = context.nowSeconds();
      assertPayable(open, created);
      const { session, items } = withQuantities(
        open,
        await getItems(db, sessionId),
        submission.quantities ?? {},
      );
      const [intentData] = await findObjects<StoredIntentData>(db, [intentDataId(sessionId)]);
      const change = submitSession({
        session: { ...session, locale: submission.locale ?? session.locale },
        buyer: { ...submission.buyer, email: submission.buyer.email ?? session.customer_email },
        method: submission.method,
        created,
        intentData: intentData ?? {},
      });
      await record(db, change, { rows: itemRows(session, items), webhook: submission.webhook });
      await scheduleSettlement(db, change, submission);
      return change;
    },

    async expire(db, sessionId, origin) {
      const open = await getSession(db, sessionId, { lock: true });
      if (open.status !== 'open') {
        throw new StripeApiError(
          400,
          `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${open.status}.`,
        );
      }
      const session: SessionBody = { ...open, status: 'expired', url: null };
      const created = context.nowSeconds();
      await context.record(db, {
        objects: [{ body: session, created: session.created }],
        events: [newEvent('checkout.session.expired', session, { created, origin })],
      });
      return session;
    },

    async settle(db, sessionId, settlement) {
      const session = await getSession(db, sessionId, { lock: true });
      await db.query('delete from stripe_sandbox.settlements where session_id = $1', [sessionId]);
      const change = settleSession({
        session,
        payment: await pendingPayment(db, session),
        outcome: settlement.outcome,
        created: context.nowSeconds(),
      });
      await record(db, change, { rows: [], webhook: settlement.webhook });
      return change;
    },
  };
}

/** One session. @throws StripeApiError (404) when there is none. */
export function getSession(db: Db, id: string, options: { lock?: boolean } = {}): Promise<SessionBody> {
  return getObject(db, {
    type: 'checkout.session',
    id,
    what: 'checkout.session',
    param: 'session',
    ...options,
  });
}

/** The line items of a session in the order of the cart. */
export async function getItems(db: Db, sessionId: string): Promise<ItemBody[]> {
  const items = await findLineItems(db, [sessionId]);
  return items.map((item) => item.body);
}

async function findCoupon(db: Db, id: string | undefined): Promise<Stripe.Coupon | null> {
  if (id === undefined) return null;
  const [coupon] = await findObjects<Stripe.Coupon>(db, [id]);
  if (coupon?.object === 'coupon') return coupon;
  throw resourceMissing({ what: 'coupon', id, param: 'discounts[0][coupon]', status: 400 });
}

function assertPayable(session: SessionBody, nowSeconds: number): void {
  if (session.status === 'open' && session.expires_at > nowSeconds) return;
  throw new StripeApiError(400, 'This Checkout Session is no longer open. Its status is expired.');
}

async function pendingPayment(db: Db, session: SessionBody) {
  const [intent] = await findObjects<IntentBody>(db, [session.payment_intent ?? '']);
  const [charge] = await findObjects<ChargeBody>(db, [intent?.latest_charge ?? '']);
  if (intent?.status === 'processing' && charge) return { intent, charge };
  throw new StripeApiError(400, 'This Checkout Session has no payment that could settle.');
}

function itemRows(session: SessionBody, items: readonly ItemBody[]): NewObject[] {
  return items.map((body) => ({ body, created: session.created, belongsTo: session.id }));
}

function intentDataId(sessionId: string): string {
  return `intent_data:${sessionId}`;
}
