import type { Plan } from '../domain/plan.ts';
import type { Accepted, EventlessDoor, PurchaseDoors, PurchaseNews } from '../ports/intakeStore.ts';
import type { CheckoutPurchase, Payments } from '../ports/payments.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { orderIdOf } from './orderIdOf.ts';

export interface CheckoutAcceptanceOptions {
  doors: PurchaseDoors;
  /** Asked only about sessions that are older than the start date. */
  payments: Pick<Payments, 'readIntent'>;
  telemetry: Telemetry;
  livemode: boolean;
  /** What was paid before this is never mailed. */
  startDate: Date;
  /** The plan new purchases get. */
  plan: Plan;
  slaSeconds: number;
  /** Called after COMMIT, when there is work for this process's worker. */
  onWork(): void;
}

export interface ReadCheckout {
  /** As Stripe's API has just told it. */
  checkout: CheckoutPurchase;
  door: EventlessDoor;
  traceContext?: string | undefined;
  signal: AbortSignal;
}

/** `not_ours`: no finished purchase of this shop. `past`: paid before we began, so it is not for this door. */
export type CheckoutAcceptance = Accepted['outcome'] | 'not_ours' | 'past';

/**
 * Takes in a Checkout Session as the webhook would that tells of it: by the same merge, so that both may come at the
 * same instant.
 *
 * @throws Fault when Stripe or the database cannot be asked
 */
export function createCheckoutAcceptance(
  options: CheckoutAcceptanceOptions,
): (read: ReadCheckout) => Promise<CheckoutAcceptance> {
  return async ({ checkout, door, traceContext, signal }) => {
    const found = readPaidCheckout(checkout, options.livemode);
    if (found === undefined) return 'not_ours';
    if (found.paid && (await wasPaidBefore(options, checkout, signal))) return 'past';
    const news: PurchaseNews = {
      ...found,
      orderId: orderIdOf(found.paymentKey),
      livemode: checkout.livemode,
      plan: options.plan,
      slaSeconds: options.slaSeconds,
      waitForSessionMs: 0,
      traceContext: traceContext ?? null,
    };
    const { outcome, jobId } = await options.doors.acceptPurchase(news, door);
    if (outcome === 'accepted' && jobId) {
      options.telemetry.emit({ name: 'job.accepted', jobId, eventId: '', door: 'checkout' });
    }
    if (jobId && outcome !== 'duplicate') options.onWork();
    return outcome;
  };
}

type CheckoutSummary = Pick<
  CheckoutPurchase,
  'sessionId' | 'paymentIntentId' | 'livemode' | 'mode' | 'status' | 'paymentStatus' | 'total'
>;
type PaidCheckout = Pick<PurchaseNews, 'paymentKey' | 'paymentIntentId' | 'checkoutSessionId' | 'paid'>;

/** What a session tells of its payment, by the rules that its events are read by; undefined when it sold nothing. */
export function readPaidCheckout(checkout: CheckoutSummary, livemode: boolean): PaidCheckout | undefined {
  const { sessionId, paymentIntentId, mode, status, paymentStatus, total } = checkout;
  if (checkout.livemode !== livemode || mode !== 'payment' || status !== 'complete') return undefined;
  const free = paymentStatus !== 'unpaid' && total === 0;
  // Without an intent only a free purchase has a key.
  if (paymentIntentId === null && !free) return undefined;
  return {
    paymentKey: paymentIntentId ?? sessionId,
    paymentIntentId,
    checkoutSessionId: sessionId,
    paid: paymentStatus === 'paid' || free,
  };
}

/** A session is paid after it was made, so only of old ones the intent is asked when that was. */
async function wasPaidBefore(
  { payments, startDate }: CheckoutAcceptanceOptions,
  { createdAt, paymentIntentId }: CheckoutPurchase,
  signal: AbortSignal,
): Promise<boolean> {
  if (createdAt >= startDate) return false;
  const intent = paymentIntentId === null ? undefined : await payments.readIntent(paymentIntentId, signal);
  return (intent?.paidAt ?? createdAt) < startDate;
}
