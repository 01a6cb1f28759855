import { z } from 'zod';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import type { Plan } from '../../domain/plan.ts';
import type { JobControl } from '../../ports/jobControl.ts';
import type { PersonControl } from '../../ports/personControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { unknownPerson, unusableEmail } from './refusals.ts';

const input = z.strictObject({
  email: z.string().max(512).describe('The address of the person, alone: no name beside it.'),
  cancelOpen: z
    .boolean()
    .optional()
    .describe('True: what is still being done for their orders is cancelled first, whatever it is.'),
});
const output = z.strictObject({
  erasureId: z.string().describe('The row that proves it, without who it was.'),
  jobId: z.string().describe('The job that removes their files.'),
  profiles: z
    .int()
    .describe('Profiles that were forgotten: more than one where addresses were put together.'),
  payments: z.int().describe('Payments that are nobody’s now. Numbers, amounts, taxes and dates stay.'),
  mails: z.int().describe('Mails whose address and bytes are gone.'),
  events: z.int().describe('Events of Stripe whose bytes are gone.'),
  files: z.int().describe('Files that the job removes.'),
  formerOrders: z
    .int()
    .describe(
      'Orders of others that had this address before it was corrected: only the mails to it are forgotten.',
    ),
});

export interface ErasePersonOptions {
  jobs: JobControl;
  people: PersonControl;
  /** The job that removes the files. */
  plan: Plan;
}

const slaSeconds = 3_600;

/**
 * Forgets one person (GDPR art. 17): everything that says who they are is overwritten at once, files are removed by a
 * job. What tax law asks for stays without them (art. 17(3)(b)). A later purchase is a new person's.
 */
export function createErasePerson(
  options: ErasePersonOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { jobs, people, plan } = options;
  return {
    kind: 'change',
    name: 'person:erase',
    permission: 'person:erase',
    summary: 'Forget one person: everything but what tax law asks for, which stays without who it was',
    path: '/people/erase',
    reason: 'required',
    input,
    output,
    // Who it was is what is forgotten: the audit names the erasure.
    target: () => ({ kind: 'person', id: 'by_address' }),
    async change(tx, { email, cancelOpen = false }, by) {
      const address = parseEmailAddress(email);
      if (!address) throw unusableEmail();
      // Jobs are locked before their payments, as whoever works on them does.
      const seen = cancelOpen ? await people.find(tx, address.canonical) : undefined;
      if (seen) await cancelAll(options, tx, seen.openJobIds, by);
      const person = await people.hold(tx, address.canonical);
      if (!person) throw unknownPerson();
      if (person.openJobIds.length > 0) throw openJobs(person.openJobIds);
      const erased = await people.erase(tx, person, by.actor);
      const { erasureId } = erased;
      const { jobId } = await jobs.want(tx, {
        plan,
        subjectKey: erasureId,
        paymentId: null,
        order: {},
        slaSeconds,
        actor: by.actor,
      });
      const told = {
        ...erased,
        jobId,
        profiles: person.profileIds.length,
        payments: person.paymentIds.length,
        formerOrders: person.formerOrders,
      };
      return { output: told, before: {}, after: { erasureId, jobId }, details: told, work: true };
    },
  };
}

async function cancelAll(
  { jobs }: ErasePersonOptions,
  tx: Transaction,
  jobIds: string[],
  by: By,
): Promise<void> {
  for (const jobId of jobIds) {
    const job = await jobs.lock(tx, jobId);
    if (!job) continue;
    await jobs.decide(tx, job, {
      state: { state: 'cancelled', reason: 'buyer_forgotten', failedStep: null },
      due: 'over',
      event: { kind: 'job.cancelled', step: null, data: {} },
      actor: by.actor,
    });
  }
}

const openJobs = (jobIds: string[]) =>
  new Refusal({
    kind: 'wrong_state',
    code: 'open_jobs',
    field: 'cancelOpen',
    detail: `${jobIds.length} jobs for this person are not over: ${jobIds.slice(0, 5).join(', ')}${jobIds.length > 5 ? ', …' : ''}.`,
    remedy: 'Let them end first, or ask again with cancelOpen to cancel them.',
  });
