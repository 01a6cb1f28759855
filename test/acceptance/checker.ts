import { checkDatabase } from './checks/database.ts';
import { checkFiles } from './checks/files.ts';
import { checkAnalytics, checkDeliveries, checkInbox, checkLog, deliveries } from './checks/standIns.ts';
import { checkTimelines } from './checks/timeline.ts';
import type { Purchase } from './shop.ts';
import type { ShopUnderTest } from './stack.ts';
import { until } from './until.ts';

export interface CheckOptions {
  /** After a crash an event may be told again: Plausible cannot be asked whether it has it. */
  analyticsRepeatsAllowed?: boolean;
  /** How many events were sent that nobody can read. */
  poisoned?: number;
}

/**
 * Everything that must be true when all purchases are fulfilled, seen from outside: the database, the files on disk,
 * and what the stand-ins of Stripe, the mail server and analytics have noted themselves. Answers what is not true.
 */
export async function findProblems(
  stack: ShopUnderTest,
  purchases: Purchase[],
  { analyticsRepeatsAllowed = false, poisoned = 0 }: CheckOptions = {},
): Promise<string[]> {
  return [
    ...(await checkDatabase(stack, purchases, poisoned)),
    ...(await checkTimelines(stack)),
    ...(await checkFiles(stack)),
    ...(await checkInbox(stack, purchases)),
    ...(await checkDeliveries(stack)),
    ...(await checkAnalytics(stack, { repeatsAllowed: analyticsRepeatsAllowed })),
    ...(await checkLog(stack)),
  ];
}

export async function completedJobs(stack: ShopUnderTest): Promise<number> {
  const [row] = await stack.sql<{ count: number }>(
    // Events for analytics are jobs, too: one for each download.
    `select count(*)::int as count from fulfillment.fulfillment_jobs where state = 'completed' and kind <> 'track'`,
  );
  return row?.count ?? 0;
}

/** Waits until `count` jobs are completed, nothing is dispatched any more and every webhook is delivered. */
export async function untilAllDone(stack: ShopUnderTest, count: number, withinMs: number): Promise<void> {
  await until(`${count} completed jobs`, async () => (await completedJobs(stack)) >= count, {
    withinMs,
  }).catch(async (error: unknown) => {
    const unfinished = await stack.sql(
      `select j.state, s.step, s.state as step_state, s.reason, s.attempts, s.due_at, d.worker, d.isolation, d.due_at as job_due_at
         from fulfillment.fulfillment_dispatch d join fulfillment.fulfillment_jobs j on j.id = d.job_id
         left join fulfillment.fulfillment_job_steps s on s.job_id = j.id and s.state not in ('done', 'skipped') limit 5`,
    );
    throw new Error(`${(error as Error).message} Unfinished: ${JSON.stringify(unfinished)}`, {
      cause: error,
    });
  });
  await until(
    'an empty dispatch table',
    async () => (await stack.sql('select from fulfillment.fulfillment_dispatch limit 1')).length === 0,
    // Analytics may wait for its circuit to be tried again, long after the jobs are completed.
    { withinMs },
  );
  await until('the last webhook delivered', async () => (await deliveries(stack)).pending === 0, {
    withinMs: 20_000,
  });
}

export interface MailLatency {
  medianMs: number;
  p95Ms: number;
}

/** From the acceptance of a payment to the recorded acceptance of its mail, by the timelines. */
export async function mailLatency(stack: ShopUnderTest): Promise<MailLatency> {
  const [row] = await stack.sql<MailLatency>(
    `select percentile_cont(0.5) within group (order by ms) as "medianMs",
            percentile_cont(0.95) within group (order by ms) as "p95Ms"
       from (select extract(epoch from max(e.at) filter (where e.kind = 'effect.done' and e.step = 'email')
                                     - min(e.at) filter (where e.kind = 'job.accepted'))::float8 * 1000 as ms
               from fulfillment.fulfillment_job_events e group by e.job_id) by_job`,
  );
  return row ?? { medianMs: Number.NaN, p95Ms: Number.NaN };
}
