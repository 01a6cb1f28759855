import { z } from 'zod';
import { mergeFacts } from '../../domain/mergeFacts.ts';
import type { Plan } from '../../domain/plan.ts';
import type { JobControl } from '../../ports/jobControl.ts';
import type { ProfileControl, ShelvedOrder } from '../../ports/profileControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from '../jobs/jobInput.ts';
import { lockOrder } from './orderUnderLock.ts';

const input = z.strictObject({
  ...jobInput,
  intoOrderId: z
    .string()
    .min(1)
    .max(64)
    .describe('An order on the shelf that takes everything, as its mails name it.'),
  facts: z
    .array(z.enum(mergeFacts))
    .min(2, 'Name two facts or more, each of another kind.')
    .max(mergeFacts.length)
    .describe('Two facts, or more, that the buyer has proved about both shelves: each kind once.'),
  giveUpSignIn: z
    .boolean()
    .optional()
    .describe('True: both shelves are claimed, and the sign-in of the first one loses it.'),
});
const output = z.strictObject({
  ...jobOutput,
  mergeId: z.string().describe('The row that records it.'),
  moved: z.int().describe('Books that have moved.'),
  mailJobIds: z.array(z.string()).describe('The jobs that tell both addresses.'),
});

export interface MergeProfilesOptions {
  jobs: JobControl;
  profiles: ProfileControl;
  /** The job by which an address is told. */
  plan: Plan;
}

/** What was promised for these mails: a mistake is to be noticed soon. */
const slaSeconds = 300;

/**
 * Puts the shelf of an order's buyer into that of another order's. Everything moves, nothing is copied; what is bought
 * or claimed with the old address from then on is the new shelf's. There is no way back but by hand, so two facts are
 * checked and recorded, and both addresses are told.
 */
export function createMergeProfiles(
  options: MergeProfilesOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { jobs, profiles } = options;
  return {
    kind: 'change',
    name: 'profiles:merge',
    permission: 'profiles:merge',
    summary:
      'Put the whole shelf of an order’s buyer into that of another order’s, after two facts were checked',
    path: '/jobs/:jobId/merge-shelf',
    reason: 'required',
    input,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, given, by) {
      insistOnDifferentFacts(given.facts);
      const { job, payment } = await lockOrder(jobs, tx, given);
      const from = await shelved(profiles, tx, { orderId: payment.orderId, field: 'jobId' });
      const into = await shelved(profiles, tx, { orderId: given.intoOrderId, field: 'intoOrderId' });
      if (from.profileId === into.profileId) throw sameShelf();
      const merged = await profiles.merge(tx, {
        from: from.profileId,
        into: into.profileId,
        facts: given.facts,
        giveUpSignIn: given.giveUpSignIn === true,
        actor: by.actor,
      });
      if (merged.kind === 'both_claimed') throw bothClaimed();
      if (merged.kind === 'moved_meanwhile') throw movedMeanwhile();
      const { mergeId, moved, gaveUpSignIn } = merged;
      const mailJobIds = await tellBoth(options, tx, { mergeId, from, into, actor: by.actor });
      const told = { merge: mergeId, moved, gave_up_sign_in: gaveUpSignIn };
      const version = await jobs.decide(tx, job, {
        due: 'keep',
        event: { kind: 'shelf.merged', step: null, data: told },
        actor: by.actor,
      });
      return {
        output: { jobId: job.jobId, version, state: job.state, mergeId, moved, mailJobIds },
        before: { profileId: from.profileId, version: job.version },
        after: { profileId: into.profileId, version },
        details: { mergeId, moved, gaveUpSignIn, facts: given.facts },
        work: true,
      };
    },
  };
}

async function tellBoth(
  { jobs, plan }: MergeProfilesOptions,
  tx: Transaction,
  { mergeId, from, into, actor }: { mergeId: string; from: ShelvedOrder; into: ShelvedOrder; actor: string },
): Promise<string[]> {
  const jobIds: string[] = [];
  for (const [which, { paymentId, order, email }] of Object.entries({ from, into })) {
    const { jobId } = await jobs.want(tx, {
      plan,
      subjectKey: `${mergeId}/${which}`,
      paymentId,
      order: { ...order, shelf: { to: email } },
      slaSeconds,
      actor,
    });
    jobIds.push(jobId);
  }
  return jobIds;
}

async function shelved(
  profiles: ProfileControl,
  tx: Transaction,
  { orderId, field }: { orderId: string; field: string },
): Promise<ShelvedOrder> {
  const found = await profiles.findShelved(tx, orderId);
  if (found) return found;
  throw new Refusal({
    kind: field === 'jobId' ? 'wrong_state' : 'invalid_input',
    code: 'not_on_a_shelf',
    field,
    detail: 'There is no such order, or nothing of it is on a shelf yet.',
    remedy: 'Name an order whose books the buyer has, as its mails name it.',
  });
}

function insistOnDifferentFacts(facts: readonly string[]): void {
  if (new Set(facts).size === facts.length) return;
  throw new Refusal({
    kind: 'invalid_input',
    code: 'same_fact_twice',
    field: 'facts',
    detail: 'The same kind of fact is named twice.',
    remedy: `Check two different ones of: ${mergeFacts.join(', ')}.`,
  });
}

const sameShelf = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'same_shelf',
    field: 'intoOrderId',
    detail: 'Both orders are on one shelf already.',
  });

const bothClaimed = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'both_claimed',
    field: 'giveUpSignIn',
    detail: 'Both shelves are claimed, each by a sign-in of its own: one of them would lose its books.',
    remedy: 'Have the buyer prove that both sign-ins are theirs, then ask again with giveUpSignIn.',
  });

const movedMeanwhile = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'moved_meanwhile',
    detail: 'Somebody bought, claimed or merged on one of these shelves at the same moment.',
    remedy: 'Ask again.',
    retryAfterSeconds: 1,
  });
