// A step more for the shop: every purchase gets a licence key, in the transaction that records it. Begin with a table:
//
//   create table licences (payment_id uuid primary key, key uuid not null default gen_random_uuid());
//   grant select, insert on licences to fulfillment_worker;
//
// and start the service from a program of your own, with the same variables as `fulfillment serve`:
//
//   const shop = await startShop({ http: true, worker: true, extension: licenceKeys });
import { defineCommitStep, extendPlan, fulfilPlan, queryIn } from '../src/index.ts';

const licenceKey = defineCommitStep({
  name: 'licence_key',
  // Called for many jobs at once. When it is repeated, the key that was made before stays.
  async commit(tx, jobs) {
    const payments = jobs.map((job) => job.payment?.id);
    await queryIn(
      tx,
      'insert into public.licences (payment_id) select unnest($1::uuid[]) on conflict do nothing',
      [payments],
    );
    return new Map(jobs.map((job) => [job.jobId, { kind: 'done' }]));
  },
});

export const licenceKeys = {
  steps: [licenceKey],
  // Versions from 100 on are yours. New purchases get this plan; open ones are finished by the plain one.
  plan: extendPlan(fulfilPlan, {
    version: 101,
    steps: [{ step: licenceKey, needs: ['entitlement'] }],
  }),
};
