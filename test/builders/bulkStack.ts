import { createHash, randomUUID } from 'node:crypto';
import type { Plan } from '../../src/domain/plan.ts';
import { createBulkActions } from '../../src/operations/bulk/bulkActions.ts';
import { createBulkOperations } from '../../src/operations/bulk/bulkOperations.ts';
import type { PlanOutput } from '../../src/operations/bulk/pinPlan.ts';
import { type BulkRunnerOptions, createBulkRunner } from '../../src/operations/bulk/runBulk.ts';
import { createBuyerOperations } from '../../src/operations/buyers/buyerOperations.ts';
import { createRetryJob } from '../../src/operations/jobs/retryJob.ts';
import { createCancelJob, createHoldJob, createReleaseJob } from '../../src/operations/jobs/standstill.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { resendReceiptPlan, sendLinksPlan, tellOldAddressPlan } from '../../src/steps/askedMails.ts';
import { bulkDecisions } from '../../src/store/bulk/decisions.ts';
import { createBulkPlanning } from '../../src/store/bulk/planning.ts';
import { createBulkReports } from '../../src/store/bulk/reports.ts';
import { createRolesHeld } from '../../src/store/bulk/rolesHeld.ts';
import { createBulkWork } from '../../src/store/bulk/work.ts';
import { buyerControl } from '../../src/store/operations/buyers/buyerControl.ts';
import { jobControl } from '../../src/store/operations/jobControl.ts';
import { createFastClock } from '../fakes/fastClock.ts';
import { eventually } from './engineStack.ts';
import { callerOf, startOperationsStack } from './operationsStack.ts';

/** A job of two steps, of which the second sends the mail. */
const plan: Plan = {
  name: 'in_bulk',
  version: 1,
  steps: [
    { name: 'before', version: 1, needs: [], holds: true },
    { name: 'email', version: 1, needs: ['before'], holds: true },
  ],
};

export interface OrdersInBulk {
  count?: number;
  /** `working`: open, and in a worker's hands. */
  state?: 'failed' | 'completed' | 'held' | 'cancelled' | 'open' | 'working' | 'blocked';
  amount?: number;
  currency?: string;
  /** Null: the order is not resolved. */
  email?: string | null;
  unpaid?: boolean;
  takenBack?: boolean;
  receipt?: boolean;
  /** The state of what was bought; nothing was handed out yet unless it is given. */
  entitlement?: 'active' | 'revoked';
  /** A link in a mail. */
  link?: boolean;
  /** A mail that was asked for is on its way. */
  askedMail?: Plan;
  /** A job of its own, not the order's. */
  own?: boolean;
}

export interface BulkShown extends Omit<PlanOutput, 'state'> {
  state: string;
  version: number;
  worker: string | null;
  pausedBecause: string | null;
  retryOf: string | null;
  query: string;
  progress: {
    done: number;
    refused: number;
    failed: number;
    waiting: number;
    leftOut: number;
    etaSeconds: number;
  };
  outcomes: Array<{ state: string; outcome: string; items: number }>;
  page: Array<{
    ordinal: number;
    jobId: string;
    orderId: string | null;
    buyer: string | null;
    ineligibleReason: string | null;
    state: string;
    outcome: string | null;
    auditSeq: number | null;
  }>;
  next: number | null;
}

/** Actions on many orders over a real database, with the real operations on one. */
export async function startBulkStack({ itemsMax = 500 } = {}) {
  const buyerOptions = {
    jobs: jobControl,
    buyers: buyerControl,
    plans: { resendReceipt: resendReceiptPlan, sendLinks: sendLinksPlan, tellOldAddress: tellOldAddressPlan },
  };
  const stack = await startOperationsStack((pool) => [
    createRetryJob(jobControl),
    createHoldJob(jobControl),
    createReleaseJob(jobControl),
    createCancelJob(jobControl),
    ...createBuyerOperations(buyerOptions),
    ...createBulkOperations({
      actions: createBulkActions(buyerOptions),
      planning: createBulkPlanning(),
      decisions: bulkDecisions,
      reports: createBulkReports(pool),
      clock: systemClock,
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      mailSteps: new Set(['email']),
      itemsMax,
    }),
  ]);
  await stack.rows(
    `insert into fulfillment.catalog_products (id, title, version) values ('the-book', 'The book', '1')`,
  );
  await stack.rows(`insert into fulfillment.receipt_series (series) values ('R-2026')`);
  const runners = new Set<ReturnType<typeof createBulkRunner>>();
  let processes = 0;

  /** A server process that carries out runs, many times as fast unless it is given a clock. */
  function startRunner(settings: Partial<BulkRunnerOptions> = {}) {
    processes += 1;
    const runner = createBulkRunner({
      name: `p${processes}`,
      work: createBulkWork(stack.pool),
      ask: (name, asked) => stack.operations.ask(name, asked),
      rolesOf: createRolesHeld(stack.pool),
      clock: createFastClock(),
      ...settings,
    });
    runners.add(runner);
    runner.start();
    return {
      stop: () => {
        runners.delete(runner);
        return runner.stop();
      },
    };
  }

  async function show(runId: string, input: object = {}): Promise<BulkShown> {
    const { output } = await stack.ask('bulk:show', { runId, ...input });
    return output as BulkShown;
  }

  return {
    ...stack,
    startRunner,
    show,
    addOrders: (mark: string, orders: OrdersInBulk) => addOrders(stack, mark, orders),

    async plan(action: string, query: string, input: object = {}): Promise<PlanOutput> {
      const { output } = await stack.ask('bulk:plan', { action, query, ...input });
      return output as PlanOutput;
    },

    /** Has it approved where it must be, and starts it. */
    async run({ runId, digest, approvalNeeded }: PlanOutput, rate = 50): Promise<void> {
      const second = { caller: callerOf('ops_admin', 'auth0|piotr') };
      if (approvalNeeded) await stack.ask('bulk:approve', { runId, digest }, second);
      await stack.ask('bulk:run', { runId, digest, rate }, { reason: 'the outage is over' });
    },

    async untilState(runId: string, state: string): Promise<BulkShown> {
      await eventually(
        async () => {
          const [run] = await stack.rows('select state from fulfillment.ops_bulk_runs where id = $1', [
            runId,
          ]);
          return run?.['state'] === state;
        },
        () => `Run ${runId} never was ${state}.`,
      );
      return show(runId, { limit: 200 });
    },

    /** Whoever held a run has not been heard of for long. */
    letLeasesEnd: () =>
      stack.rows(
        `update fulfillment.ops_bulk_runs set lease_until = clock_timestamp() - interval '1 second' where worker is not null`,
      ),

    /** How often each job of a run was done something to, by its timeline and by the audit. */
    async traces(runId: string, kind: string): Promise<Array<{ lines: number; rows: number }>> {
      return stack.rows(
        `select (select count(*)::int from fulfillment.fulfillment_job_events e where e.job_id = i.job_id and e.kind = $2) as lines,
                (select count(*)::int from fulfillment.ops_audit a
                  where a.bulk_run_id = i.run_id and a.target_id = i.job_id::text and a.result = 'done') as rows
           from fulfillment.ops_bulk_items i where i.run_id = $1 and i.eligible order by i.ordinal`,
        [runId, kind],
      );
    },

    /** What one test has left unfinished is nothing for the next one's runner. */
    endRuns: () =>
      stack.rows(
        `update fulfillment.ops_bulk_runs set state = 'aborted', paused_because = null, finished_at = clock_timestamp()
          where finished_at is null and started_at is not null`,
      ),

    async stopRunners() {
      const ending = [...runners].map((runner) => runner.stop());
      runners.clear();
      await Promise.all(ending);
    },
  };
}

export type BulkStack = Awaited<ReturnType<typeof startBulkStack>>;

/** Orders in one state, found by `reason:<mark>`; returns their jobs. */
async function addOrders(
  stack: Awaited<ReturnType<typeof startOperationsStack>>,
  mark: string,
  orders: OrdersInBulk,
): Promise<string[]> {
  const { count = 1, state: asked = 'failed', email = `${mark}@example.com` } = orders;
  const state = asked === 'working' ? 'open' : asked;
  const order = email && {
    orderId: 'of this order',
    buyer: { email, name: null, language: 'en' },
    lines: [{ lineNo: 1 }],
  };
  const jobs = await stack.rows<{ id: string; payment: string }>(
    `with payment as (
       insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid, currency, amount, facts)
       select $1 || n, $1 || n, 'ORD-' || $1 || n, false, $2, $3, $4, $5 from generate_series(1, $6::int) n returning id
     )
     insert into fulfillment.fulfillment_jobs
       (kind, subject_key, payment_id, state, reason, failed_step, plan_id, order_snapshot, sla_deadline, finished_at, held_at)
     select case when $7 then 'in_bulk' else 'fulfil' end, case when $7 then id::text end, id, $8::text, $9,
            case when $8 = 'failed' then 'email' end, fulfillment.plan_id($10), $11, clock_timestamp() + interval '5 minutes',
            case when $8 in ('failed', 'completed', 'cancelled') then clock_timestamp() end,
            case when $8 = 'held' then clock_timestamp() end
       from payment returning id, payment_id as payment`,
    [
      `pi_${randomUUID()}_`,
      !orders.unpaid,
      orders.currency ?? 'pln',
      orders.amount ?? 4900,
      orders.takenBack ? { taken_back: true } : {},
      count,
      orders.own ?? false,
      state,
      mark,
      plan,
      order,
    ],
  );
  const ids = jobs.map(({ id }) => id);
  const payments = jobs.map(({ payment }) => payment);
  const emailStep = { failed: 'failed', completed: 'done', blocked: 'blocked' }[state as string];
  await stack.rows(
    `with dispatch as (
       insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at, worker)
       select x, 'in_bulk@1', clock_timestamp() + interval '1 hour', $3 from unnest($1::uuid[]) x
        where $2 in ('open', 'blocked', 'held')
     ), steps as (
       insert into fulfillment.fulfillment_job_steps (job_id, step, state, attempts, reason, lease_token)
       select x, s.step, s.state, 1, case when s.state = 'done' then null else $5 end, 1
         from unnest($1::uuid[]) x, (values ('before', 'done'), ('email', $4::text)) s(step, state)
        where s.state is not null
     )
     insert into fulfillment.fulfillment_job_events (job_id, seq, kind, actor)
     select x, k.seq, k.kind, 'worker:w1' from unnest($1::uuid[]) x, (values (1, 'job.accepted'), (2, 'job.' || $2)) k(seq, kind)`,
    [ids, state, asked === 'working' ? 'w1' : null, emailStep ?? null, mark],
  );
  if (orders.receipt)
    await stack.rows(
      `insert into fulfillment.receipts (payment_id, series, number, document, issued_at)
       select x, 'R-2026', 1 + ('x' || left(md5(x::text), 7))::bit(28)::int, '{}', clock_timestamp()
         from unnest($1::uuid[]) x`,
      [payments],
    );
  if (orders.entitlement)
    await stack.rows(
      `with profile as (
         insert into fulfillment.profiles (canonical_email, email) values ($2, $2)
         on conflict (canonical_email) do update set updated_at = clock_timestamp() returning id
       ), owned as (
         insert into fulfillment.ebook_entitlements (payment_id, line_no, profile_id, product_id, product_version, formats, quantity, state)
         select x, 1, profile.id, 'the-book', '1', array['pdf'], 1, $3 from unnest($1::uuid[]) x, profile returning id
       )
       insert into fulfillment.download_links (entitlement_id, format, origin, mail_key, expires_at)
       select id, 'pdf', 'mail', 'receipt:' || id, clock_timestamp() + interval '1 hour' from owned where $4`,
      [payments, email ?? `${mark}@example.com`, orders.entitlement, orders.link ?? false],
    );
  if (orders.askedMail)
    await stack.rows(
      `insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, sla_deadline)
       select $2, x::text || '/1', x, fulfillment.plan_id($3), clock_timestamp() from unnest($1::uuid[]) x`,
      [payments, orders.askedMail.name, orders.askedMail],
    );
  return ids;
}
