import type { AnyOperation } from '../../operations/frame/operation.ts';
import type { OperationRow } from './adminClient.ts';

/** What the command line must know of an operation. */
export function operationRow(operation: AnyOperation): OperationRow {
  const { name, kind, path } = operation;
  if (operation.kind === 'change') return { name, kind, path, audited: true, reason: operation.reason };
  const audited = operation.audited !== undefined;
  const { byBody } = operation;
  return {
    ...{ name, kind, path, audited },
    ...(byBody === undefined ? {} : { byBody }),
    reason: audited ? 'optional' : 'none',
  };
}
