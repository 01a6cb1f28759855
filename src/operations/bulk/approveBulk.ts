import { z } from 'zod';
import type { BulkRun } from '../../ports/bulk.ts';
import type { By, ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { type BulkOperationsOptions, planLivesMs } from './bulkOptions.ts';
import { digestInput, runIdInput, runOutput, runTarget } from './bulkRunInput.ts';
import { insistOnFreshPlan, lockRun } from './runUnderLock.ts';

const input = z.strictObject({ runId: runIdInput, digest: digestInput });
const output = z.strictObject({
  ...runOutput,
  expiresAt: z.string().describe('Until when it can be run now, ISO 8601.'),
});

/** A second person agrees to a plan that touches many orders. */
export function createApproveBulk({
  decisions,
}: BulkOperationsOptions): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'change',
    name: 'bulk:approve',
    permission: 'bulk:approve',
    summary: 'Agree to a plan that somebody else has made and somebody else will start',
    path: '/bulk/runs/:runId/approve',
    reason: 'optional',
    input,
    output,
    target: runTarget,
    async change(tx, { runId, digest }, by) {
      const run = await lockRun(decisions, tx, runId);
      insistOnFreshPlan(run, digest);
      insistOnSecondPerson(run, by);
      const { subject } = by.caller;
      const { version, expiresAt } = await decisions.approve(tx, runId, {
        subject,
        expiresInMs: planLivesMs,
      });
      return {
        output: { runId, state: run.state, version, expiresAt: expiresAt.toISOString() },
        before: { state: run.state, version: run.version },
        after: { state: run.state, version, approvedBy: subject },
        details: { action: run.action, digest, eligible: run.eligible },
      };
    },
  };
}

function insistOnSecondPerson(run: BulkRun, { caller }: By): void {
  if (run.plannedBy === caller.subject)
    throw new Refusal({
      kind: 'not_allowed',
      code: 'own_plan',
      detail: 'You have made this plan, so somebody else approves it.',
      remedy: 'Send the id of the run and its digest to another administrator.',
    });
  if (run.approvedBy !== null)
    throw new Refusal({ kind: 'wrong_state', code: 'already_approved', detail: 'It is approved already.' });
  if (run.approvalNeeded) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'approval_not_needed',
    detail: 'This run needs no second person.',
    remedy: 'It can be run as it is.',
  });
}
