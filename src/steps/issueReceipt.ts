import { defaultRetryPolicy } from '../domain/retryPolicy.ts';
import type { ReceiptRenderer, ReceiptStore } from '../ports/orders.ts';
import type { CommitStep } from '../ports/step.ts';
import { orderOf, paymentOf } from './orderOf.ts';

/**
 * The buyer gets a receipt with the next number of its series. Proof: the immutable row. Twice: the same number again.
 * Rendering and sending happen in later steps, so a number never leaves before it is committed.
 */
export function createIssueReceipt(
  store: ReceiptStore,
  renderer: Pick<ReceiptRenderer, 'build' | 'seriesOf'>,
): CommitStep {
  return {
    kind: 'commit',
    name: 'receipt',
    version: 1,
    retry: defaultRetryPolicy,
    async commit(tx, jobs) {
      const requests = jobs.map((job) => ({
        jobId: job.jobId,
        paymentId: paymentOf(job).id,
        order: orderOf(job),
      }));
      const issued = await store.issue(
        tx,
        requests,
        (request, issue) => renderer.build(request.order, issue),
        (issuedAt) => renderer.seriesOf(issuedAt),
      );
      return new Map(
        issued.map(({ jobId, receiptId, series, number }) => [
          jobId,
          { kind: 'done', output: { receipt_id: receiptId, series, number } },
        ]),
      );
    },
  };
}
