import type { FailureLedger } from '../../ports/failures.ts';
import type { AnyOperation } from '../frame/operation.ts';
import { createListFailures } from './listFailures.ts';
import { createShowFailure } from './showFailure.ts';

/** Failures by their cause. */
export const createFailureOperations = (ledger: FailureLedger): AnyOperation[] => [
  createListFailures(ledger),
  createShowFailure(ledger),
];
