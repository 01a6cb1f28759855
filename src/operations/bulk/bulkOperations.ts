import type { AnyOperation } from '../frame/operation.ts';
import { createApproveBulk } from './approveBulk.ts';
import type { BulkOperationsOptions } from './bulkOptions.ts';
import { createAbortBulk, createPauseBulk, createResumeBulk } from './controlBulk.ts';
import { createListBulk } from './listBulk.ts';
import { createPlanBulk } from './planBulk.ts';
import { createRetryFailed } from './retryFailed.ts';
import { createShowBulk } from './showBulk.ts';
import { createRunBulk } from './startBulk.ts';

/** The same for many orders: planned, approved, run, watched. */
export const createBulkOperations = (options: BulkOperationsOptions): AnyOperation[] => [
  createPlanBulk(options),
  createApproveBulk(options),
  createRunBulk(options),
  createPauseBulk(options),
  createResumeBulk(options),
  createAbortBulk(options),
  createRetryFailed(options),
  createListBulk(options),
  createShowBulk(options),
];
