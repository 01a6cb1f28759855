import { z } from 'zod';
import type { OrderEvidenceReader } from '../../ports/orderEvidence.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { disputeFields } from './disputeFields.ts';
import { type ShownEvidence, shownEvidence } from './evidenceParts.ts';
import { evidenceTimeline } from './evidenceTimeline.ts';
import { showEvidence } from './showEvidence.ts';

const input = z.strictObject({
  jobId: z.uuid().describe('A job of the order.'),
});

/**
 * What answers a dispute: how an order was paid, mailed, reached and downloaded, and the same as the fields that Stripe
 * asks for. The buyer stands in it unmasked, so it needs a reason, and the audit keeps who took it, with counts alone.
 */
export function createExportEvidence(
  evidence: OrderEvidenceReader,
): ReadOperation<z.infer<typeof input>, ShownEvidence> {
  return {
    kind: 'read',
    name: 'evidence:export',
    permission: 'evidence:export',
    summary:
      'Take away the evidence of an order for a dispute, unmasked, with Stripe’s own fields; who did, and why, is kept',
    path: '/jobs/:jobId/evidence',
    input,
    output: shownEvidence,
    audited: ({ jobId }) => ({
      target: { kind: 'job', id: jobId },
      reason: 'required',
      details: ({ orderId, mails, links, downloads, claims }) => ({
        orderId,
        mails: mails.total,
        links: links.total,
        downloads: downloads.total,
        claims: claims.total,
      }),
    }),
    async read({ jobId }) {
      const found = await evidence.read(jobId);
      if (found === undefined)
        throw new Refusal({
          kind: 'not_found',
          code: 'unknown_job',
          field: 'jobId',
          detail: 'There is no such job.',
        });
      if (found === 'no_payment')
        throw new Refusal({
          kind: 'wrong_state',
          code: 'no_payment',
          field: 'jobId',
          detail: 'This job is about no payment, so there is nothing to be disputed.',
          remedy: 'Name the order itself: fulfillment orders search (orders:search) finds it.',
        });
      const facts = showEvidence(found);
      const timeline = evidenceTimeline(facts);
      return { ...facts, timeline, stripe: disputeFields(facts, timeline) };
    },
  };
}
