import type pg from 'pg';
import type { JobStore } from '../../ports/jobStore.ts';
import { isConflict, isUnavailable } from '../connection.ts';
import { inTransaction, isUndone } from '../transaction.ts';
import { beat } from './beat.ts';
import { claimJobs } from './claim.ts';
import { extendLeases, handBack, leaveBe, lockHeld, whichAreHeld } from './leases.ts';
import { createPlanCache } from './planCache.ts';
import { recordBatch } from './record.ts';

/** The engine's store, over a pool of role `fulfillment_worker`. */
export function createJobStore(pool: pg.Pool): JobStore {
  const plans = createPlanCache(pool);
  return {
    claim: (request) => claimJobs(pool, plans, request),
    extendLeases: (leases, leaseMs) => extendLeases(pool, leases, leaseMs),
    handBack: (leases, afterMs) => handBack(pool, leases, afterMs),
    whichAreHeld,
    leaveBe: (held, afterMs) => leaveBe(pool, held, afterMs),
    inTransaction: (work) => inTransaction(pool, work),
    lockHeld,
    record: recordBatch,
    beat: (worker) => beat(pool, worker),
    isUnavailable,
    isUndone,
    isConflict,
  };
}
