import { errorName } from '../../domain/errorTrace.ts';
import { Fault } from '../../domain/fault.ts';
import type { Role } from '../../domain/permissions.ts';
import type { BulkItemOutcome, LeasedBulkRun, NextBulkItem } from '../../ports/bulk.ts';
import type { Operations } from '../frame/operations.ts';
import { Refusal } from '../frame/refusal.ts';
import { requestIdOf } from './requestId.ts';

export interface CarryOutOptions {
  ask: Operations['ask'];
  /** The roles somebody still has, of those they had when they started the run. */
  rolesOf(person: { subject: string; roles: readonly string[] }): Promise<readonly Role[]>;
}

/**
 * Asks for one item as anybody would ask for it, as the person who has started the run, with what they may do now.
 *
 * @throws Fault transient: nothing is known of it, so the same is asked again
 */
export async function carryOutItem(
  { ask, rolesOf }: CarryOutOptions,
  run: LeasedBulkRun,
  { ordinal, jobId, version }: Extract<NextBulkItem, { kind: 'item' }>,
): Promise<BulkItemOutcome> {
  const { runId, startedBy: subject, channel, reason } = run;
  const roles = await rolesOf({ subject, roles: run.startedRoles });
  try {
    const { auditSeq } = await ask(run.action, {
      caller: { subject, roles, channel },
      input: { ...run.params, jobId, version },
      requestId: requestIdOf(runId, ordinal),
      reason,
      bulkRunId: runId,
    });
    return { state: 'done', code: 'done', auditSeq };
  } catch (error) {
    if (error instanceof Refusal) return { state: 'refused', code: error.code, auditSeq: null };
    if (error instanceof Fault && error.kind === 'transient') throw error;
    return { state: 'failed', code: failureCode(error), auditSeq: null };
  }
}

/** What broke off, without its words. */
export const failureCode = (error: unknown): string =>
  (error instanceof Fault ? error.reason : errorName(error)).slice(0, 300);
