import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Plan } from '../../src/domain/plan.ts';
import { planKey } from '../../src/domain/plan.ts';
import { createWorker, type Worker, type WorkerOptions } from '../../src/engine/worker.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import type { JobStore } from '../../src/ports/jobStore.ts';
import type { Step } from '../../src/ports/step.ts';
import { createJobStore } from '../../src/store/jobs/jobStore.ts';
import { createRecordingTelemetry, type RecordingTelemetry } from '../fakes/recordingTelemetry.ts';
import { createSeededRandom } from '../fakes/seededRandom.ts';
import type { TestDatabase } from '../setup/database.ts';
import { openTestPools } from './testPools.ts';

export interface SeenJob {
  state: string;
  reason: string | null;
  failedStep: string | null;
  order: unknown;
  /** Null when the job is out of dispatch. */
  dispatch: {
    dueInMs: number;
    token: number;
    worker: string | null;
    isolation: number;
    lossesAlone: number;
    controlSeq: number;
  } | null;
  steps: Record<string, SeenProgress & { output: unknown; token: number }>;
  effects: Record<string, SeenProgress & { evidence: unknown; token: number }>;
  /** The timeline as `kind step`, in order. */
  timeline: string[];
  events: Array<{
    seq: number;
    kind: string;
    step: string | null;
    actor: string;
    data: Record<string, unknown>;
  }>;
}

interface SeenProgress {
  state: string;
  attempts: number;
  dueInMs: number | null;
  reason: string | null;
}

export interface RunningWorker {
  worker: Worker;
  name: string;
  telemetry: RecordingTelemetry;
  /** Its own pool, under its own application name. */
  pool: pg.Pool;
  stop(graceMs?: number): Promise<void>;
}

type WorkerSettings = Partial<Omit<WorkerOptions, 'store' | 'steps' | 'plans'>> & {
  /** Stands between the worker and its store. */
  wrap?: (store: JobStore) => JobStore;
};

/** The real job store over a real database, and workers that run tiny plans on it. */
export async function startEngineStack(database?: TestDatabase) {
  const pools = await openTestPools(database);
  const running = new Set<RunningWorker>();
  let workers = 0;

  function startWorker(plan: Plan | Plan[], steps: Step[], settings: WorkerSettings = {}): RunningWorker {
    const { wrap = (store) => store, ...options } = settings;
    workers += 1;
    const name = options.name ?? `w${workers}`;
    const pool = pools.poolAs('fulfillment_worker', 4);
    const telemetry = createRecordingTelemetry();
    const worker = createWorker({
      store: wrap(createJobStore(pool)),
      steps,
      plans: [plan].flat(),
      clock: systemClock,
      random: createSeededRandom(workers),
      telemetry,
      version: '0',
      leaseMs: 5_000,
      pollMs: 20,
      lingerMs: 1,
      ...options,
      name,
    });
    const one: RunningWorker = {
      worker,
      name,
      telemetry,
      pool,
      async stop(graceMs = 200) {
        if (!running.delete(one)) return;
        await worker.stop(graceMs);
        await pool.end();
      },
    };
    running.add(one);
    worker.start();
    return one;
  }

  async function addJob(plan: Plan, fields: { dueInMs?: number; slaSeconds?: number } = {}): Promise<string> {
    const mark = randomUUID();
    const [row] = await pools.rows<{ id: string }>(
      `with payment as (
         insert into fulfillment.payments (payment_key, payment_intent_id, order_id, livemode, paid)
         values ($1, $1, $2, false, true) returning id
       ), job as (
         insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, sla_deadline)
         select 'fulfil', id, fulfillment.plan_id($3), clock_timestamp() + $4 * interval '1 second' from payment returning id
       )
       insert into fulfillment.fulfillment_dispatch (job_id, plan_key, due_at)
       select id, $5, clock_timestamp() + $6 * interval '1 millisecond' from job returning job_id as id`,
      [`pi_${mark}`, `ORD-${mark}`, plan, fields.slaSeconds ?? 300, planKey(plan), fields.dueInMs ?? 0],
    );
    return row?.id ?? '';
  }

  async function see(jobId: string): Promise<SeenJob> {
    const [row] = await pools.rows<{ seen: SeenJob }>(seeJob, [jobId]);
    if (!row) throw new Error(`There is no job ${jobId}.`);
    const timeline = row.seen.events.map(({ kind, step }) => (step ? `${kind} ${step}` : kind));
    return { ...row.seen, timeline };
  }

  /** Looks at the job until it is as wanted. */
  async function until(jobId: string, wanted: (job: SeenJob) => boolean): Promise<SeenJob> {
    let last: SeenJob | undefined;
    await eventually(
      async () => wanted((last = await see(jobId))),
      () => `The job stayed as it was: ${JSON.stringify(last)}`,
    );
    return last as SeenJob;
  }

  return {
    ...pools,
    startWorker,
    addJob,
    addJobs: (plan: Plan, count: number) => Promise.all(Array.from({ length: count }, () => addJob(plan))),
    see,
    until,
    untilState: (jobId: string, state: string) => until(jobId, (job) => job.state === state),
    /** Until nothing more is owed for it. */
    untilOver: (jobId: string) => until(jobId, (job) => job.dispatch === null),

    /** Ends all workers, so that the next test starts alone. */
    async stopWorkers() {
      await Promise.all([...running].map((one) => one.stop(0)));
    },

    /** The database stays. */
    async close() {
      await Promise.all([...running].map((one) => one.stop(0)));
      await pools.close();
    },

    async stop() {
      await Promise.all([...running].map((one) => one.stop(0)));
      await pools.stop();
    },
  };
}

export type EngineStack = Awaited<ReturnType<typeof startEngineStack>>;

/** Asks again every few milliseconds until the answer is yes. */
export async function eventually(
  asked: () => boolean | Promise<boolean>,
  complaint: () => string = () => 'It never came true.',
  deadlineMs = 20_000,
): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while (!(await asked())) {
    if (Date.now() > endMs) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

const inMs = (column: string) => `(extract(epoch from ${column} - clock_timestamp()) * 1000)::float8`;

const seeJob = `
select jsonb_build_object(
  'state', j.state, 'reason', j.reason, 'failedStep', j.failed_step, 'order', j.order_snapshot,
  'dispatch', (select jsonb_build_object('dueInMs', ${inMs('d.due_at')}, 'token', d.lease_token, 'worker', d.worker,
                 'isolation', d.isolation, 'lossesAlone', d.losses_alone, 'controlSeq', d.control_seq)
                 from fulfillment.fulfillment_dispatch d where d.job_id = j.id),
  'steps', (select coalesce(jsonb_object_agg(s.step, jsonb_build_object('state', s.state, 'attempts', s.attempts,
              'dueInMs', ${inMs('s.due_at')}, 'reason', s.reason, 'output', s.output, 'token', s.lease_token)), '{}')
              from fulfillment.fulfillment_job_steps s where s.job_id = j.id),
  'effects', (select coalesce(jsonb_object_agg(e.effect_key, jsonb_build_object('state', e.state, 'attempts', e.attempts,
                'dueInMs', ${inMs('e.due_at')}, 'reason', e.reason, 'evidence', e.evidence, 'token', e.lease_token)), '{}')
                from fulfillment.fulfillment_job_effects e where e.job_id = j.id),
  'events', (select coalesce(jsonb_agg(jsonb_build_object('seq', v.seq, 'kind', v.kind, 'step', v.step, 'actor', v.actor,
               'data', v.data) order by v.seq), '[]') from fulfillment.fulfillment_job_events v where v.job_id = j.id)
) as seen from fulfillment.fulfillment_jobs j where j.id = $1`;
