import { z } from 'zod';
import type { JobControl, LockedJob } from '../../ports/jobControl.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { By, Changed, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { jobInput, jobOutput } from './jobInput.ts';
import { lockAsSeen } from './lockAsSeen.ts';
import { notRedone, stuckSteps, triedAgain } from './tryAgain.ts';
import { atWork, wrongState } from './wrongState.ts';

const output = z.strictObject({
  ...jobOutput,
  retried: z.array(z.string()).describe('Steps that are tried again now.'),
  notRedone: z
    .array(z.strictObject({ step: z.string(), state: z.string(), effects: z.int() }))
    .describe('What is done already and is not done again.'),
});
export type RetryOutput = z.infer<typeof output>;

const wholeJob = z.strictObject(jobInput);
const oneStep = z.strictObject({
  ...jobInput,
  step: z.string().min(1).max(100).describe('The step’s name.'),
});

/** Tries everything again that has failed or waits, from where it stands. */
export function createRetryJob(jobs: JobControl): ChangeOperation<z.infer<typeof wholeJob>, RetryOutput> {
  return {
    kind: 'change',
    name: 'job:retry',
    permission: 'job:retry',
    summary: 'Try again at once whatever of a job has failed or waits; what is done is not redone',
    path: '/jobs/:jobId/retry',
    reason: 'optional',
    input: wholeJob,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, input, by) {
      const job = await lockAsSeen(jobs, tx, input);
      insistOnRetriable(job);
      return retry({ jobs, tx, by }, job, stuckSteps(job));
    },
  };
}

/** Tries one step again. */
export function createRetryStep(jobs: JobControl): ChangeOperation<z.infer<typeof oneStep>, RetryOutput> {
  return {
    kind: 'change',
    name: 'step:retry',
    permission: 'step:retry',
    summary: 'Try one step of a job again at once; what it has done already is not redone',
    path: '/jobs/:jobId/steps/:step/retry',
    reason: 'optional',
    input: oneStep,
    output,
    target: ({ jobId }) => ({ kind: 'job', id: jobId }),
    async change(tx, input, by) {
      const job = await lockAsSeen(jobs, tx, input);
      insistOnStep(job, input.step);
      insistOnRetriable(job, input.step);
      return retry({ jobs, tx, by }, job, [input.step]);
    },
  };
}

async function retry(
  { jobs, tx, by }: { jobs: JobControl; tx: Transaction; by: By },
  job: LockedJob,
  names: string[],
): Promise<Changed<RetryOutput>> {
  const { steps, effects } = triedAgain(job, new Set(names));
  const retried = job.plan.steps.map(({ name }) => name).filter((name) => names.includes(name));
  const state = job.state === 'failed' ? 'open' : job.state;
  const version = await jobs.decide(tx, job, {
    ...(state === job.state ? {} : { state: { state, reason: null, failedStep: null } }),
    steps,
    effects,
    due: 'now',
    event: { kind: 'job.retried', step: null, data: { steps: retried } },
    actor: by.actor,
  });
  return {
    output: { jobId: job.jobId, version, state, retried, notRedone: notRedone(job) },
    before: { state: job.state, reason: job.reason, version: job.version },
    after: { state, version },
    details: { steps: retried },
    work: true,
  };
}

/** Analytics does not hold up a job: what it still owes can be tried again though the job is completed. */
function insistOnRetriable(job: LockedJob, step?: string): void {
  const stuck = stuckSteps(job);
  const left = step === undefined ? stuck : stuck.filter((name) => name === step);
  if (job.leased) throw atWork();
  if (job.state === 'held' || job.state === 'cancelled') throw wrongState(job, 'retried');
  if (left.length === 0 && job.state !== 'blocked') throw wrongState(job, 'retried', nothingLeft(job));
}

const nothingLeft = ({ state }: LockedJob) =>
  state === 'open' ? 'It is due already: a worker takes it up in a moment.' : undefined;

const insteadOf: Record<string, string> = {
  email: 'Resend the receipt.',
  late_files_email: 'Issue new links.',
  receipt: 'A receipt is issued once and never changed. Resend it.',
};

function insistOnStep(job: LockedJob, name: string): void {
  const planned = job.plan.steps.find((step) => step.name === name);
  if (!planned)
    throw new Refusal({
      kind: 'invalid_input',
      code: 'unknown_step',
      field: 'step',
      detail: `This job has no step ${name}.`,
      remedy: `Its steps are: ${job.plan.steps.map((step) => step.name).join(', ')}.`,
    });
  const row = job.steps.find(({ step }) => step === name);
  if (row?.state !== 'done' && row?.state !== 'skipped') return;
  const remedy = insteadOf[name];
  throw new Refusal({
    kind: 'wrong_state',
    code: 'step_done',
    field: 'step',
    detail: `Step ${name} is ${row.state}, and is not done a second time.`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
