import { z } from 'zod';
import { askedMailKey } from '../domain/effectKey.ts';
import type { Plan } from '../domain/plan.ts';
import type { ClaimDesk } from '../ports/claimDesk.ts';
import type { JobView, OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { paymentOf, subjectOf } from './orderOf.ts';

const oneStep = (name: string): Plan => ({
  name,
  version: 1,
  steps: [{ name, version: 1, needs: [], holds: true }],
});

/** Mails the code by which a guest's purchase is claimed. Made by the database: fulfillment.ask_claim_code. */
export const claimInvitationPlan = oneStep('claim_invitation');
/** Reminds a guest of what waits to be claimed, at most twice. */
export const claimReminderPlan = oneStep('claim_reminder');

/** Tells an address that its shelf was put together with another one. */
export const shelfMergedPlan = oneStep('tell_merged');

export const claimMailPlans: readonly Plan[] = [claimInvitationPlan, claimReminderPlan, shelfMergedPlan];

/** What such a job knows beside the order of the purchase. Whoever the mail is for must not change with the order's address. */
const to = z.string();
const shelf = z.object({ shelf: z.object({ to }) });
const invitation = z.object({ claim: z.object({ codeId: z.uuid(), to }) });
const reminder = z.object({ claim: z.object({ profileId: z.uuid(), number: z.literal([1, 2]), to }) });

export interface ClaimMailOptions extends MailStepOptions {
  claims: Pick<ClaimDesk, 'lookAtCode' | 'lookAtReminder'>;
  /** The page of the identity provider where a buyer without account sets a password; null: there is none. */
  inviteUrl(email: string, signal: AbortSignal): Promise<string | null>;
}

/** The steps of `claimMailPlans`. Each looks again before it sends: what was claimed meanwhile needs no mail. */
export function createClaimMails(options: ClaimMailOptions): Array<OutsideStep<PreparedForStep>> {
  const { claims, inviteUrl } = options;
  const toOf = (job: JobView) => z.object({ claim: z.object({ to }) }).parse(job.order).claim.to;
  const keyOf = (kind: string) => (job: JobView) => askedMailKey(kind, subjectOf(job));

  const inviting = createMailStep(options, {
    step: claimInvitationPlan.name,
    kind: 'claim_invitation',
    keyOf: keyOf('claim_invitation'),
    toOf,
    async notNeeded(job) {
      const code = await claims.lookAtCode(invitation.parse(job.order).claim.codeId);
      return 'over' in code ? code.over : undefined;
    },
    async claimOf(job) {
      const { codeId } = invitation.parse(job.order).claim;
      const code = await claims.lookAtCode(codeId);
      // It has ended since this attempt looked: the next one finds so.
      return { kind: 'invitation', codeId, expiresAt: 'over' in code ? new Date(0) : code.expiresAt };
    },
  });
  const reminding = createMailStep(options, {
    step: claimReminderPlan.name,
    kind: 'claim_reminder',
    keyOf: keyOf('claim_reminder'),
    toOf,
    notNeeded: (job) => claims.lookAtReminder(reminder.parse(job.order).claim.profileId, paymentOf(job).id),
    async claimOf(job, signal) {
      const { profileId, number, to: address } = reminder.parse(job.order).claim;
      const first = number === 1;
      return {
        kind: 'reminder',
        reminder: first ? 'first' : 'last',
        profileId,
        inviteUrl: first ? await inviteUrl(address, signal) : null,
      };
    },
  });
  const telling = createMailStep(options, {
    step: shelfMergedPlan.name,
    kind: 'profiles_merged',
    keyOf: keyOf('profiles_merged'),
    toOf: (job) => shelf.parse(job.order).shelf.to,
  });
  return [inviting, reminding, telling];
}
