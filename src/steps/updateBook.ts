import { askedMailKey } from '../domain/effectKey.ts';
import type { Plan } from '../domain/plan.ts';
import type { OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { subjectOf } from './orderOf.ts';

/**
 * A later version of a book for one buyer who has it: copies in the place of the old ones. One job per entitlement and
 * version, and nothing is mailed.
 */
export const bookUpdatePlan: Plan = {
  name: 'book_update',
  version: 1,
  steps: [{ name: 'update_copies', version: 1, needs: [], holds: true }],
};

/** The same, and one mail that tells of it once the copies are there. */
export const toldBookUpdatePlan: Plan = {
  name: 'book_update_told',
  version: 1,
  steps: [
    { name: 'update_copies', version: 1, needs: [], holds: true },
    { name: 'book_update_email', version: 1, needs: ['update_copies'], holds: true },
  ],
};

export const bookUpdatePlans: readonly Plan[] = [bookUpdatePlan, toldBookUpdatePlan];

/** One mail with the links of the new version, to whom the order's mails go now. */
export const createSendBookUpdate = (options: MailStepOptions): OutsideStep<PreparedForStep> =>
  createMailStep(options, {
    step: 'book_update_email',
    kind: 'new_version',
    keyOf: (job) => askedMailKey('new_version', subjectOf(job)),
  });
