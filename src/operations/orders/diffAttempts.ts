import { z } from 'zod';
import { compareAttempts, comparisonText } from '../../domain/attempts.ts';
import type { AttemptLine, OrderDossiers } from '../../ports/orderDossier.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { attemptOf, effectOf, shown, shownAttempt } from './shownAttempts.ts';

/** Postgres keeps no NUL, and refuses to look for one. */
const name = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((text) => !text.includes('\0'), 'must not hold NUL');

const input = z.strictObject({
  jobId: z.uuid().describe('The job.'),
  step: name(100).describe('The step whose attempts are compared.'),
  effect: name(300)
    .optional()
    .describe('One file or mail of the step; without it, the one that was tried last.'),
  from: z.int().positive().optional().describe('The number of one attempt; without it, the one before `to`.'),
  to: z.int().positive().optional().describe('The number of the other; without it, the last.'),
});

const value = z.union([z.string(), z.number()]).nullable();
const output = z.strictObject({
  jobId: z.string(),
  step: z.string(),
  effect: z.string().nullable(),
  from: shownAttempt,
  to: shownAttempt,
  same: z.boolean().describe('The same error: outcome, fault, reason, detail and provider are.'),
  summary: z.string(),
  differences: z
    .array(z.strictObject({ field: z.string(), from: value, to: value }))
    .describe('Also of what always differs: durations, workers, request ids.'),
});
type Input = z.infer<typeof input>;
type Output = z.infer<typeof output>;

const fields = [
  'outcome',
  'fault',
  'reason',
  'detail',
  'provider',
  'durationMs',
  'providerRequestId',
  'worker',
  'workerVersion',
] as const;

/** Two attempts at the same thing side by side. */
export function createDiffAttempts(dossiers: Pick<OrderDossiers, 'attempts'>): ReadOperation<Input, Output> {
  return {
    kind: 'read',
    name: 'orders:diff',
    permission: 'orders:show',
    summary: 'Compare two attempts of a step: is it the same error, or what differs',
    path: '/jobs/:jobId/attempts/diff',
    input,
    output,
    async read(given) {
      const { jobId, step } = given;
      const { effect: effectKey } = given;
      const attempts = await dossiers.attempts({
        jobId,
        step,
        ...(effectKey !== undefined && { effectKey }),
      });
      if (!attempts) throw unknownJob();
      const [from, to] = chosen(attempts, given);
      const [one, other] = [shown(from, undefined), shown(to, undefined)];
      const differences = compareAttempts(attemptOf(from), attemptOf(to));
      return {
        jobId,
        step,
        effect: effectOf(to),
        from: one,
        to: other,
        same: differences.length === 0,
        summary: `#${to.no} is ${comparisonText(from.no, differences).replace('same', 'the same')}`,
        differences: fields
          .filter((field) => one[field] !== other[field])
          .map((field) => ({ field, from: one[field], to: other[field] })),
      };
    },
  };
}

/** The two that are meant; both of the same effect. */
function chosen(attempts: readonly AttemptLine[], { from, to, step }: Input): [AttemptLine, AttemptLine] {
  const last = attempts.at(-1);
  if (!last) throw noAttempts(step);
  const alike = attempts.filter((line) => effectOf(line) === effectOf(last));
  const second = to === undefined ? last : alike.find(({ no }) => no === to);
  const first = alike.find(({ no }) => no === (from ?? (second?.no ?? 0) - 1));
  if (first && second) return [first, second];
  const [oldest] = alike;
  throw new Refusal({
    kind: alike.length < 2 ? 'wrong_state' : 'invalid_input',
    code: alike.length < 2 ? 'only_one_attempt' : 'unknown_attempt',
    field: second ? 'from' : 'to',
    detail:
      alike.length < 2
        ? `There was only one attempt at ${step}, and nothing to compare it with.`
        : `Of ${step}, attempts #${oldest?.no} to #${last.no} can be compared.`,
  });
}

const noAttempts = (step: string) =>
  new Refusal({
    kind: 'not_found',
    code: 'no_attempts',
    field: 'step',
    detail: `The timeline tells of no attempt at ${JSON.stringify(step)}.`,
    remedy: 'See the job’s steps with orders:show.',
  });

const unknownJob = () =>
  new Refusal({ kind: 'not_found', code: 'unknown_job', field: 'jobId', detail: 'There is no such job.' });
