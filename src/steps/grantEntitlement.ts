import { parseEmailAddress } from '../domain/emailAddress.ts';
import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { EntitlementStore } from '../ports/orders.ts';
import type { CommitStep } from '../ports/step.ts';
import { orderOf, paymentOf } from './orderOf.ts';

/**
 * The buyer owns what they bought: a profile by canonical e-mail (a guest's waits to be claimed) and one entitlement
 * per line, `processing` until its files are there. Proof: the rows. Twice: the rows are found and left alone.
 */
export function createGrantEntitlement(store: EntitlementStore): CommitStep {
  return {
    kind: 'commit',
    name: 'entitlement',
    version: 1,
    retry: defaultRetryPolicy,
    async commit(tx, jobs) {
      const grants = jobs.map((job) => {
        const order = orderOf(job);
        const email = parseEmailAddress(order.buyer.email);
        // It was checked when the order was resolved; guessing here could give the book to somebody else.
        if (!email) throw new Error('The order has no usable e-mail address.');
        return {
          jobId: job.jobId,
          paymentId: paymentOf(job).id,
          orderId: order.orderId,
          canonicalEmail: email.canonical,
          email: order.buyer.email,
          name: order.buyer.name,
          language: order.buyer.language,
          lines: order.lines.map((line) => ({
            lineNo: line.lineNo,
            productId: line.productId,
            version: line.productVersion,
            formats: line.formats,
            quantity: line.quantity,
          })),
        };
      });
      await store.grant(tx, grants);
      return new Map(
        grants.map((grant) => [grant.jobId, { kind: 'done', output: { lines: grant.lines.length } }]),
      );
    },
  };
}
