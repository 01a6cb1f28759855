import { createHash } from 'node:crypto';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { errorName } from '../domain/errorTrace.ts';
import type { Worker } from '../engine/worker.ts';
import { createDoorBook } from '../operations/audit/doorBook.ts';
import { createRefusalThrottle } from '../operations/audit/throttleRefusals.ts';
import type { AnyOperation } from '../operations/frame/operation.ts';
import { createOperations, type Operations } from '../operations/frame/operations.ts';
import type { DoorBook } from '../ports/staff.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createAuditLog } from '../store/audit/auditLog.ts';
import { createWorkAnnouncer } from '../store/jobs/announceWork.ts';
import { operationRequests } from '../store/operations/operationRequests.ts';
import { createOperationsTransaction } from '../store/operations/operationsTransaction.ts';
import { passingFault } from '../store/operations/passingFault.ts';
import { systemClock } from './systemClock.ts';

export interface WiredOperations {
  operations: Operations;
  /** Where those are written down who are refused before they can ask anything. */
  book: DoorBook;
  /** Writes down the refusals that were only counted, and tells workers what is left to tell. Before the pool ends. */
  stop(): Promise<void>;
}

interface Parts {
  /** Logs in as `fulfillment_operations`. */
  pool: pg.Pool;
  telemetry: Telemetry;
  /** The worker of this process, where there is one. */
  worker: Pick<Worker, 'wake'> | undefined;
  /** Over the same pool: `listOperations`. */
  list: readonly AnyOperation[];
}

const flushEveryMs = 60_000;

/** What people may ask for, over a database: for the API, and for the command line when the API is down. */
export function wireOperations({ pool, telemetry, worker, list }: Parts): WiredOperations {
  const audit = createAuditLog(pool);
  const refusals = createRefusalThrottle({ log: audit, clock: systemClock });
  const announcer = createWorkAnnouncer({ pool, telemetry });
  const operations = createOperations({
    operations: list.map(tellingFaults),
    inTransaction: createOperationsTransaction(pool),
    requests: operationRequests,
    audit,
    refusals,
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    newId: uuidv7,
    announce() {
      worker?.wake();
      // Workers elsewhere may know steps that this one does not.
      announcer.announce();
    },
  });

  /** What could not be written down now is still counted, and tried again. */
  const tell = (during: string) => (error: unknown) =>
    telemetry.emit({ name: 'database.unavailable', during, error: errorName(error) });
  const timer = setInterval(
    () => void refusals.flush().catch(tell('flush refused attempts')),
    flushEveryMs,
  ).unref();

  return {
    operations,
    book: createDoorBook(refusals),
    async stop() {
      clearInterval(timer);
      await refusals.close().catch(tell('write refused attempts'));
      await announcer.drained();
    },
  };
}

/** Changes run in transactions, which say by themselves what passes; what looks asks the database directly. */
function tellingFaults(operation: AnyOperation): AnyOperation {
  if (operation.kind === 'change') return operation;
  return {
    ...operation,
    read: (input: unknown, by) =>
      operation.read(input, by).catch((error: unknown) => {
        throw passingFault(error);
      }),
  };
}
