import { receiptMailKey } from '../domain/effectKey.ts';
import type { OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { orderOf } from './orderOf.ts';

/** One mail with receipt and links, at once: its links are ours, and say "preparing" until the copy is there. */
export function createSendReceiptEmail(options: MailStepOptions): OutsideStep<PreparedForStep> {
  return createMailStep(options, {
    step: 'email',
    kind: 'receipt',
    isFirst: true,
    keyOf: (job) => receiptMailKey(orderOf(job).orderId),
  });
}
