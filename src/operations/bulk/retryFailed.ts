import { z } from 'zod';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import type { BulkOperationsOptions } from './bulkOptions.ts';
import { runIdInput, runTarget } from './bulkRunInput.ts';
import { actionOf, insistOnPermission } from './mayStart.ts';
import { pinPlan, type PlanOutput, planOutput } from './pinPlan.ts';
import { lockRun, wrongRunState } from './runUnderLock.ts';

const input = z.strictObject({ runId: runIdInput });

/** Plans the same action for what a run did not manage, on what those orders are now. */
export function createRetryFailed(
  options: BulkOperationsOptions,
): ChangeOperation<z.infer<typeof input>, PlanOutput> {
  const { actions, decisions, planning } = options;
  return {
    kind: 'change',
    name: 'bulk:retry_failed',
    permission: 'bulk:plan',
    summary:
      'Plan the same action again for the items of a run that failed or were refused; does nothing yet',
    path: '/bulk/runs/:runId/retry-failed',
    reason: 'optional',
    input,
    output: planOutput,
    target: runTarget,
    async change(tx, { runId }, by) {
      const run = await lockRun(decisions, tx, runId);
      const action = actionOf(actions, run);
      insistOnPermission(action, by);
      if (run.state !== 'finished' && run.state !== 'aborted') throw wrongRunState(run, 'planned again');
      const jobIds = await planning.unsuccessful(tx, runId);
      if (jobIds.length === 0) throw nothingFailed();
      const query = `what failed of run ${runId}`;
      return pinPlan(options, tx, { action, params: run.params, jobIds, query, retryOf: runId, by });
    },
  };
}

const nothingFailed = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'nothing_failed',
    detail: 'No item of this run has failed or was refused.',
  });
