import type { Bench } from '../harness/bench.ts';
import type { Drain } from '../harness/drainBacklog.ts';
import type { Figures } from '../harness/resultsFile.ts';
import { withDatabase } from '../harness/withDatabase.ts';
import { intentPrefix } from './standIns.ts';

/** Entitlement, receipt, mail, a copy in each of two formats, the receipt as a file, analytics. */
const effectsPerOrder = 7;

/** What must be there once for every order, and what must not be there at all. */
interface Counted {
  made: number;
  sentAgain: number;
  madeAgain: number;
  otherMails: number;
  receiptGaps: number;
  unfinished: number;
}

/**
 * Whether everything owed was done, once. Keys in the database forbid a second receipt, entitlement or file; mails and
 * other effects tell how often they were attempted.
 */
export async function proveFulfilled(
  bench: Bench,
  { database, firstOrder, orders }: Drain,
): Promise<Figures> {
  const { rows } = await withDatabase(bench, database, (pool) =>
    pool.query<Counted>(count, [firstOrder, orders]),
  );
  const [counted] = rows;
  if (!counted) throw new Error('There is no answer.');
  return {
    missingEffects: orders * effectsPerOrder - counted.made,
    repeatedEffects: counted.sentAgain + counted.madeAgain + counted.otherMails,
    receiptGaps: counted.receiptGaps,
    unfinishedJobs: counted.unfinished,
  };
}

const count = `
with bought as (
  select p.id, j.id as job_id, j.state
    from fulfillment.payments p left join fulfillment.fulfillment_jobs j on j.payment_id = p.id
   where substring(p.payment_key from ${intentPrefix.length + 1})::bigint between $1::bigint and $1::bigint + $2::bigint - 1
), mails as (
  select m.id, m.kind, m.state from fulfillment.email_messages m join bought b on b.id = m.payment_id
), effects as (
  select e.step, e.state, e.attempts from fulfillment.fulfillment_job_effects e join bought b using (job_id)
), made as (
  select count(*) from fulfillment.receipts r join bought b on b.id = r.payment_id
  union all
  select count(*) from fulfillment.ebook_entitlements e join bought b on b.id = e.payment_id
   where e.state <> 'processing'
  union all
  select count(*) from fulfillment.stored_files f join bought b on b.id = f.payment_id
  union all
  select count(*) from mails where kind = 'receipt' and state = 'accepted'
  union all
  select count(*) from effects where step = 'analytics' and state = 'done'
), series as (
  -- Of all orders there ever were: whatever is worked off, numbers run from 1 without a gap.
  select max(number) - count(distinct number) as gaps from fulfillment.receipts group by series
)
select (select sum(count)::bigint from made) as made,
       (select count(*) from fulfillment.email_attempts a join mails m on m.id = a.message_id where a.attempt > 1)
         as "sentAgain",
       (select coalesce(sum(attempts - 1), 0)::bigint from effects where attempts > 1 and step not like '%email')
         as "madeAgain",
       (select count(*) from mails where kind <> 'receipt') as "otherMails",
       (select coalesce(sum(gaps), 0)::bigint from series) as "receiptGaps",
       $2::bigint - (select count(*) from bought where state = 'completed')
         + (select count(*) from fulfillment.fulfillment_job_steps s join bought b using (job_id) where s.state = 'failed')
         as unfinished`;
