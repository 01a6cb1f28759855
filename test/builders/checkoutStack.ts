import { createHash } from 'node:crypto';
import type { Plan } from '../../src/domain/plan.ts';
import { createCheckoutAcceptance } from '../../src/intake/acceptCheckout.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { createCorrectTypo } from '../../src/operations/buyers/correctTypo.ts';
import type { Payments } from '../../src/ports/payments.ts';
import { type CheckoutDesk, createCheckoutDesk } from '../../src/shelf/checkout/checkoutDesk.ts';
import { resendReceiptPlan, sendLinksPlan, tellOldAddressPlan } from '../../src/steps/askedMails.ts';
import { createAuditLog } from '../../src/store/audit/auditLog.ts';
import { createPurchaseDoors } from '../../src/store/events/acceptPurchase.ts';
import { buyerControl } from '../../src/store/operations/buyers/buyerControl.ts';
import { jobControl } from '../../src/store/operations/jobControl.ts';
import { operationRequests } from '../../src/store/operations/operationRequests.ts';
import { createCheckoutProgressStore } from '../../src/store/shelf/checkoutProgress.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createRecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import type { openTestPools } from './testPools.ts';

interface DeskSettings {
  payments: Payments;
  plan: Plan;
  startDate?: Date;
  now?: () => Date;
  onWork?: () => void;
  stripeTimeoutMs?: number;
}

/** The page after the checkout over a real database, each duty under its own role. */
export function createCheckoutBench({ poolAs }: Pick<Awaited<ReturnType<typeof openTestPools>>, 'poolAs'>) {
  const doors = createPurchaseDoors(poolAs('fulfillment_intake', 10));
  const store = createCheckoutProgressStore(poolAs('fulfillment_shelf', 4));
  const operations = poolAs('fulfillment_operations', 4);
  const telemetry = createRecordingTelemetry();
  const correctTypo = createCorrectTypo({
    jobs: jobControl,
    buyers: buyerControl,
    plans: { resendReceipt: resendReceiptPlan, sendLinks: sendLinksPlan, tellOldAddress: tellOldAddressPlan },
    inTransaction: (work) => inTransaction(operations, work),
    requests: operationRequests,
    audit: createAuditLog(operations),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    announce: () => undefined,
  });

  return {
    doors,
    store,
    telemetry,
    correctTypo,
    desk(settings: DeskSettings): CheckoutDesk {
      const { payments, plan, onWork = () => undefined } = settings;
      const accept = createCheckoutAcceptance({
        doors,
        payments,
        telemetry,
        livemode: false,
        startDate: settings.startDate ?? new Date('2020-01-01T00:00:00Z'),
        plan,
        slaSeconds: 300,
        onWork,
      });
      return createCheckoutDesk({
        store,
        payments,
        accept: async (checkout, { traceContext, signal }) => {
          const outcome = await accept({ checkout, door: 'success_page', traceContext, signal });
          return outcome !== 'not_ours' && outcome !== 'past';
        },
        clock: { now: settings.now ?? systemClock.now, elapsedMs: systemClock.elapsedMs },
        telemetry,
        livemode: false,
        correctTypo,
        ...(settings.stripeTimeoutMs === undefined ? {} : { stripeTimeoutMs: settings.stripeTimeoutMs }),
      });
    },
  };
}
