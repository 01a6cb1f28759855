import { z } from 'zod';
import type { BulkRun } from '../../ports/bulk.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { type BulkOperationsOptions, ratePerSecond } from './bulkOptions.ts';
import { digestInput, runIdInput, runOutput, runTarget } from './bulkRunInput.ts';
import { insistOnMayRun } from './mayStart.ts';
import { insistOnFreshPlan, lockRun } from './runUnderLock.ts';

const input = z.strictObject({
  runId: runIdInput,
  digest: digestInput,
  rate: z
    .int()
    .min(1)
    .max(ratePerSecond.max)
    .default(ratePerSecond.normal)
    .describe('Items in a second, at most.'),
});
const output = z.strictObject({
  ...runOutput,
  eligible: z.int().describe('Items that are carried out.'),
  etaSeconds: z.int().describe('How long that takes at this rate.'),
});

/** Starts a plan. Its items are carried out by a server process, one by one, as whoever starts it. */
export function createRunBulk({
  actions,
  decisions,
}: BulkOperationsOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'bulk:run',
    permission: 'bulk:run',
    summary: 'Start a planned run; its items are carried out one by one, and can be paused between any two',
    path: '/bulk/runs/:runId/run',
    reason: 'required',
    input,
    output,
    target: runTarget,
    async change(tx, { runId, digest, rate }, by) {
      const run = await lockRun(decisions, tx, runId);
      insistOnFreshPlan(run, digest);
      insistOnMayRun(actions, run, by);
      insistOnApproval(run, by);
      insistOnSomethingToDo(run);
      const { subject, roles, channel } = by.caller;
      const version = await decisions.start(tx, runId, {
        subject,
        roles,
        channel,
        reason: by.reason ?? '',
        ratePerSecond: rate,
      });
      const { action, eligible } = run;
      return {
        output: { runId, state: 'running', version, eligible, etaSeconds: Math.ceil(eligible / rate) },
        before: { state: run.state, version: run.version },
        after: { state: 'running', version },
        details: { action, digest, eligible, rate, approvedBy: run.approvedBy },
      };
    },
  };
}

function insistOnApproval(run: BulkRun, { caller }: By): void {
  if (run.approvedBy === caller.subject)
    throw new Refusal({
      kind: 'not_allowed',
      code: 'run_by_approver',
      detail: 'You have approved this run, so somebody else starts it.',
    });
  if (!run.approvalNeeded || run.approvedBy !== null) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'not_approved',
    detail: 'A second person has to approve this run first.',
    remedy: 'Send the id of the run and its digest to an administrator: bulk:approve.',
  });
}

function insistOnSomethingToDo({ eligible }: BulkRun): void {
  if (eligible > 0) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'nothing_eligible',
    detail: 'The action makes sense for none of the orders.',
    remedy: 'The plan says why.',
  });
}
