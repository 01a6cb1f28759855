import { z } from 'zod';
import { askedMailKey } from '../domain/effectKey.ts';
import type { Plan } from '../domain/plan.ts';
import type { MailKind } from '../ports/mailLedger.ts';
import type { JobView, OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { subjectOf } from './orderOf.ts';

/** A mail that somebody of staff has asked for is a job with this one step. */
const oneStep = (name: string): Plan => ({
  name,
  version: 1,
  steps: [{ name, version: 1, needs: [], holds: true }],
});

/** Receipt and new links once more, as a mail of its own. */
export const resendReceiptPlan = oneStep('resend_receipt');
/** New links alone. */
export const sendLinksPlan = oneStep('send_links');
/** Tells the address that an order had before that its mails go elsewhere now. */
export const tellOldAddressPlan = oneStep('tell_old_address');

export const askedMailPlans: readonly Plan[] = [resendReceiptPlan, sendLinksPlan, tellOldAddressPlan];

/** Jobs that send mails with links, and of which kind. */
export const linkMailPlans: ReadonlyArray<{ plan: string; kind: MailKind }> = [
  { plan: resendReceiptPlan.name, kind: 'receipt' },
  { plan: sendLinksPlan.name, kind: 'new_links' },
];

/** The steps of `askedMailPlans`. Receipt and links go to the order's address as it is when they are sent. */
export function createAskedMails(options: MailStepOptions): Array<OutsideStep<PreparedForStep>> {
  const step = (plan: Plan, kind: MailKind, toOf?: (job: JobView) => string) =>
    createMailStep(options, {
      step: plan.name,
      kind,
      keyOf: (job) => askedMailKey(kind, subjectOf(job)),
      ...(toOf && { toOf }),
    });
  return [
    step(resendReceiptPlan, 'receipt'),
    step(sendLinksPlan, 'new_links'),
    step(tellOldAddressPlan, 'address_changed', (job) => formerAddress.parse(job.order).formerEmail),
  ];
}

/** What `email:correct` adds to the order that it gives to such a job. */
const formerAddress = z.object({ formerEmail: z.string() });
