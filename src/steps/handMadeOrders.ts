import { grantedMailKey } from '../domain/effectKey.ts';
import type { Plan } from '../domain/plan.ts';
import type { OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { orderOf } from './orderOf.ts';

/**
 * Orders that somebody of staff makes. They have no receipt of ours: a gift costs nothing, and what was sold before we
 * began has one from whoever sold it.
 */

/** A sale of the past: recorded and owned. Nothing is mailed, and nobody's statistics hear of it again. */
export const adoptPlan: Plan = {
  name: 'adopt',
  version: 1,
  steps: [
    { name: 'resolve_order', version: 1, needs: [], holds: true },
    { name: 'entitlement', version: 1, needs: ['resolve_order'], holds: true },
    { name: 'copies', version: 1, needs: ['entitlement'], holds: true },
  ],
};

/** A book that was given. Its one mail waits for the copies, so that every link in it leads somewhere. */
export const grantPlan: Plan = {
  name: 'grant',
  version: 1,
  steps: [
    { name: 'entitlement', version: 1, needs: [], holds: true },
    { name: 'copies', version: 1, needs: ['entitlement'], holds: true },
    { name: 'granted_email', version: 1, needs: ['copies'], holds: true },
  ],
};

export const handMadePlans: readonly Plan[] = [adoptPlan, grantPlan];

/** One mail with the links of a book that was given. */
export const createSendGrantedEmail = (options: MailStepOptions): OutsideStep<PreparedForStep> =>
  createMailStep(options, {
    step: 'granted_email',
    kind: 'granted',
    keyOf: (job) => grantedMailKey(orderOf(job).orderId),
  });
