import { createHash } from 'node:crypto';
import type { Plan } from '../domain/plan.ts';
import type { CheckoutRouteOptions } from '../http/checkout.ts';
import { reportError } from '../http/errors.ts';
import { createCheckoutAcceptance } from '../intake/acceptCheckout.ts';
import { createCorrectTypo } from '../operations/buyers/correctTypo.ts';
import type { CheckoutProgress, CorrectTypo } from '../ports/checkoutProgress.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createCheckoutDesk } from '../shelf/checkout/checkoutDesk.ts';
import { checkoutView, isOver } from '../shelf/checkout/checkoutView.ts';
import { createProgressFeed } from '../shelf/checkout/progressFeed.ts';
import { createProgressTokens } from '../shelf/checkout/progressTokens.ts';
import { resendReceiptPlan, sendLinksPlan, tellOldAddressPlan } from '../steps/askedMails.ts';
import { createAuditLog } from '../store/audit/auditLog.ts';
import { createPurchaseDoors } from '../store/events/acceptPurchase.ts';
import { buyerControl } from '../store/operations/buyers/buyerControl.ts';
import { jobControl } from '../store/operations/jobControl.ts';
import { operationRequests } from '../store/operations/operationRequests.ts';
import { createOperationsTransaction } from '../store/operations/operationsTransaction.ts';
import { createCheckoutProgressStore } from '../store/shelf/checkoutProgress.ts';
import type { Config } from './config.ts';
import { deriveKey } from './keys.ts';
import { systemClock } from './systemClock.ts';
import { createPayments } from './wireProviders.ts';
import type { Pools } from './wireStores.ts';

interface Parts {
  pools: Pools;
  telemetry: Telemetry;
  /** The plan new purchases get. */
  plan: Plan;
  onWork(): void;
}

/** The page after the checkout, with everything behind it. */
export function wireCheckout(config: Config, parts: Parts): CheckoutRouteOptions['checkout'] {
  const { pools, telemetry, plan, onWork } = parts;
  const clock = systemClock;
  const store = createCheckoutProgressStore(pools.shelf);
  const payments = createPayments(config);
  const correctTypo = wireCorrections(pools, onWork);
  const accept = createCheckoutAcceptance({
    doors: createPurchaseDoors(pools.intake),
    payments,
    telemetry,
    livemode: config.stripe.livemode,
    startDate: config.startDate,
    plan,
    slaSeconds: config.slaSeconds,
    onWork,
  });
  const tokens = createProgressTokens({
    keys: config.linkKeys.map((key) => deriveKey(key, 'checkout-progress')),
    clock,
  });
  const feed = createProgressFeed({
    store,
    clock,
    failed: (error) => reportError(telemetry, error, 'follow checkouts'),
  });
  const viewOf = (progress: CheckoutProgress) =>
    checkoutView(progress, { now: clock.now(), corrects: correctTypo !== undefined });

  return {
    desk: createCheckoutDesk({
      store,
      payments,
      accept: async (checkout, { traceContext, signal }) => {
        const outcome = await accept({ checkout, door: 'success_page', traceContext, signal });
        return outcome !== 'not_ours' && outcome !== 'past';
      },
      clock,
      telemetry,
      livemode: config.stripe.livemode,
      correctTypo,
    }),
    writeToken: tokens.write,
    readToken: tokens.read,
    async look(paymentId) {
      const [progress] = await store.ofPayments([paymentId]);
      return progress && viewOf(progress);
    },
    listen: (paymentId, onView) => feed.listen(paymentId, (progress) => onView(progress && viewOf(progress))),
    isOver,
  };
}

/** Corrections are operations: where nobody may carry these out, nothing is suggested. */
function wireCorrections({ operations: pool }: Pools, onWork: () => void): CorrectTypo | undefined {
  if (pool === undefined) return undefined;
  return createCorrectTypo({
    jobs: jobControl,
    buyers: buyerControl,
    plans: {
      resendReceipt: resendReceiptPlan,
      sendLinks: sendLinksPlan,
      tellOldAddress: tellOldAddressPlan,
    },
    inTransaction: createOperationsTransaction(pool),
    requests: operationRequests,
    audit: createAuditLog(pool),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    announce: onWork,
  });
}
