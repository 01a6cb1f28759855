import { Fault } from '../../domain/fault.ts';
import type { CheckoutProgress, CheckoutProgressStore, CorrectTypo } from '../../ports/checkoutProgress.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CheckoutPurchase, Payments } from '../../ports/payments.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { checkoutView, type CheckoutView, correctionOf } from './checkoutView.ts';
import { createUnknownIds } from './unknownIds.ts';

export interface CheckoutDeskOptions {
  store: CheckoutProgressStore;
  payments: Pick<Payments, 'readCheckout'>;
  /** Takes in what was read. False: it is no purchase that this page is for. */
  accept(
    checkout: CheckoutPurchase,
    asked: { traceContext: string | undefined; signal: AbortSignal },
  ): Promise<boolean>;
  clock: Pick<Clock, 'now' | 'elapsedMs'>;
  telemetry: Telemetry;
  livemode: boolean;
  /** Undefined where nobody may correct anything. */
  correctTypo: CorrectTypo | undefined;
  /** How long a buyer's page waits for Stripe; default 5 s. */
  stripeTimeoutMs?: number;
  /** Questions to Stripe that may be under way at once; default 8, so that pages never use up what Stripe allows us. */
  questionsMax?: number;
}

export interface Confirmed {
  paymentId: string;
  view: CheckoutView;
}

export type CorrectedAddress =
  Confirmed | { refused: 'already_corrected' | 'nothing_to_correct' | 'too_late' };

/** What a page may do that has a Checkout Session's id: the id is long, secret, and given to the buyer alone. */
export interface CheckoutDesk {
  /**
   * Takes in the purchase of a session, if it is one, and tells how far it has come.
   *
   * @returns undefined for whatever is no finished purchase of this shop, known or not
   * @throws Fault when neither Stripe nor the database can tell
   */
  confirm(sessionId: string, traceContext?: string): Promise<Confirmed | undefined>;
  /** Corrects the address as it was suggested, and in no other way. */
  correctAddress(sessionId: string, traceContext?: string): Promise<CorrectedAddress | undefined>;
}

const sessionForm = /^cs_(test|live)_[A-Za-z0-9]{1,250}$/;

export function createCheckoutDesk(options: CheckoutDeskOptions): CheckoutDesk {
  const { store, clock, livemode, correctTypo, questionsMax = 8 } = options;
  const unknown = createUnknownIds({ clock });
  const underWay = new Map<string, Promise<string | null | undefined>>();

  /** Takes it in; the buyer's address as Stripe has it, or undefined for what is no purchase of ours. */
  async function takeIn(
    sessionId: string,
    traceContext: string | undefined,
  ): Promise<string | null | undefined> {
    const signal = AbortSignal.timeout(options.stripeTimeoutMs ?? 5_000);
    const checkout = await options.payments.readCheckout(sessionId, signal);
    if (checkout === undefined || !(await options.accept(checkout, { traceContext, signal }))) {
      unknown.add(sessionId);
      return undefined;
    }
    return checkout.buyer.email;
  }

  /** Pages that are loaded twice at once ask Stripe once. */
  function askStripe(
    sessionId: string,
    traceContext: string | undefined,
  ): Promise<string | null | undefined> {
    const asked = underWay.get(sessionId);
    if (asked) return asked;
    if (underWay.size >= questionsMax) throw tooMany();
    const asking = takeIn(sessionId, traceContext).finally(() => underWay.delete(sessionId));
    underWay.set(sessionId, asking);
    return asking;
  }

  async function look(
    sessionId: string,
    traceContext: string | undefined,
  ): Promise<CheckoutProgress | undefined> {
    const mode = sessionForm.exec(sessionId)?.[1];
    if (mode !== (livemode ? 'live' : 'test')) return undefined;
    const known = await store.ofSession(sessionId);
    // What is paid and resolved is ours already: Stripe could add nothing.
    if (known?.paid && known.resolved) return known;
    if (!known && unknown.has(sessionId)) return undefined;
    let email: string | null | undefined;
    try {
      email = await askStripe(sessionId, traceContext);
    } catch (error) {
      // Where the webhook was quicker, its word is enough to go on.
      if (known && error instanceof Fault) return known;
      throw error;
    }
    const now = email === undefined ? known : await store.ofSession(sessionId);
    return now && { ...now, email: now.email ?? email ?? null };
  }

  const confirmed = (progress: CheckoutProgress): Confirmed => ({
    paymentId: progress.paymentId,
    view: checkoutView(progress, { now: clock.now(), corrects: correctTypo !== undefined }),
  });

  return {
    async confirm(sessionId, traceContext) {
      const startedMs = clock.elapsedMs();
      const progress = await look(sessionId, traceContext);
      const found = progress && confirmed(progress);
      const durationMs = clock.elapsedMs() - startedMs;
      options.telemetry.emit({
        name: 'checkout.answered',
        outcome: found?.view.state ?? 'unknown',
        durationMs,
      });
      return found;
    },

    async correctAddress(sessionId, traceContext) {
      const progress = await look(sessionId, traceContext);
      if (progress === undefined) return undefined;
      const correction = correctionOf(progress, clock.now());
      if (correctTypo === undefined) return { refused: 'nothing_to_correct' };
      if (correction.kind === 'refused') return { refused: correction.code };
      const { jobId, typed, suggested } = correction;
      const done = await correctTypo({ jobId, typed, suggested });
      if (done.kind === 'refused')
        return { refused: done.code === 'already_corrected' ? 'already_corrected' : 'too_late' };
      const after = await store.ofSession(sessionId);
      return confirmed(after ?? progress);
    },
  };
}

const tooMany = () =>
  new Fault({
    kind: 'rate_limited',
    reason: 'checkout_questions',
    message: 'Too many pages ask Stripe at this moment.',
  });
