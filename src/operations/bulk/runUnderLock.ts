import type { BulkDecisions, BulkRun, BulkState } from '../../ports/bulk.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { Refusal } from '../frame/refusal.ts';

/** @throws Refusal `not_found` */
export async function lockRun(
  decisions: Pick<BulkDecisions, 'lock'>,
  tx: Transaction,
  runId: string,
): Promise<BulkRun> {
  const run = await decisions.lock(tx, runId);
  if (run) return run;
  throw unknownRun();
}

export const unknownRun = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_bulk_run',
    field: 'runId',
    detail: 'There is no such run.',
    remedy: 'See bulk:list.',
  });

/**
 * A plan can be started or approved while it is fresh, by whoever has seen this very plan.
 *
 * @throws Refusal
 */
export function insistOnFreshPlan(run: BulkRun, digest: string): void {
  if (run.state === 'expired')
    throw new Refusal({
      kind: 'changed',
      code: 'plan_expired',
      field: 'runId',
      detail: `The plan was good until ${run.expiresAt.toISOString()}.`,
      remedy: 'Plan anew: the orders may have moved since.',
    });
  if (run.state !== 'planned') throw wrongRunState(run, 'started');
  if (run.digest === digest) return;
  throw new Refusal({
    kind: 'changed',
    code: 'other_digest',
    field: 'digest',
    detail: 'The digest is not this plan’s.',
    remedy: 'Look at the plan (bulk:show), and name the digest that it has.',
  });
}

const remedies: Partial<Record<BulkState, string>> = {
  planned: 'Run it first.',
  running: 'Pause or abort it.',
  paused: 'Resume it, or abort it.',
  finished: 'To try what failed again, use bulk:retry_failed.',
  aborted: 'Plan anew.',
  expired: 'Plan anew.',
};

export function wrongRunState(run: Pick<BulkRun, 'state'>, wish: string): Refusal {
  const remedy = remedies[run.state];
  return new Refusal({
    kind: 'wrong_state',
    code: `bulk_${run.state}`,
    detail: `The run is ${run.state}, so it cannot be ${wish}.`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
