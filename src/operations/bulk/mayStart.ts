import { bulkOfEditorsMax, may, rolesWith } from '../../domain/permissions.ts';
import type { BulkRun } from '../../ports/bulk.ts';
import type { By } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import type { BulkAction, BulkActions } from './bulkActions.ts';

/** @throws Refusal when somebody who may plan may not do the thing itself */
export function insistOnPermission({ name, permission }: BulkAction, { caller }: By): void {
  if (may(caller.roles, permission)) return;
  throw new Refusal({
    kind: 'not_allowed',
    code: 'not_allowed',
    field: 'action',
    detail: `Your roles do not allow ${name}, so they do not allow it for many orders either.`,
    remedy: `It needs one of: ${rolesWith(permission).join(', ')}. Ask an administrator.`,
  });
}

/** @throws Refusal when somebody may not have this run going: for what it does, or for how much */
export function insistOnMayRun(actions: BulkActions, run: BulkRun, by: By): void {
  insistOnPermission(actionOf(actions, run), by);
  if (run.eligible <= bulkOfEditorsMax || may(by.caller.roles, 'bulk:run_large')) return;
  throw new Refusal({
    kind: 'not_allowed',
    code: 'bulk_too_large',
    detail: `The run has ${run.eligible} items, and your roles allow ${bulkOfEditorsMax}.`,
    remedy: `Plan less at a time, or ask for one of: ${rolesWith('bulk:run_large').join(', ')}.`,
  });
}

/** @throws Refusal when a plan of another build has an action that this one does not know */
export function actionOf(actions: BulkActions, { action: name }: Pick<BulkRun, 'action'>): BulkAction {
  const action = actions.get(name);
  if (action) return action;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'unknown_action',
    detail: `${name} is no action for many orders here.`,
    remedy: 'Plan anew.',
  });
}
