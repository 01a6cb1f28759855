import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Role } from '../../src/domain/permissions.ts';
import { createRefusalThrottle } from '../../src/operations/audit/throttleRefusals.ts';
import type { AnyOperation, Asked, Caller } from '../../src/operations/frame/operation.ts';
import { createOperations } from '../../src/operations/frame/operations.ts';
import { Refusal } from '../../src/operations/frame/refusal.ts';
import { systemClock } from '../../src/main/systemClock.ts';
import { createAuditLog } from '../../src/store/audit/auditLog.ts';
import { operationRequests } from '../../src/store/operations/operationRequests.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { type EngineStack, startEngineStack } from './engineStack.ts';

export const callerOf = (role: Role | Role[], subject = 'auth0|anna'): Caller => ({
  subject,
  roles: [role].flat(),
  channel: 'api',
});

/** Operations over a real database, beside workers of tiny plans. */
export const startOperationsStack = async (operationsOf: (pool: pg.Pool) => AnyOperation[]) =>
  withOperations(await startEngineStack(), operationsOf);

/** Operations over the database of another stack. */
export function withOperations<Stack extends EngineStack>(
  stack: Stack,
  operationsOf: (pool: pg.Pool) => AnyOperation[],
) {
  const pool = stack.poolAs('fulfillment_operations', 6);
  const audit = createAuditLog(pool);
  let announced = 0;
  const operations = createOperations({
    operations: operationsOf(pool),
    inTransaction: (work) => inTransaction(pool, work),
    requests: operationRequests,
    audit,
    refusals: createRefusalThrottle({ log: audit, clock: systemClock }),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    newId: randomUUID,
    announce: () => void (announced += 1),
  });

  return {
    ...stack,
    pool,
    audit,
    operations,
    announced: () => announced,
    ask: (name: string, input: unknown, asked: Partial<Asked> = {}) =>
      operations.ask(name, { caller: callerOf('ops_admin'), reason: 'the buyer called', input, ...asked }),
    /** Why it was refused; fails when it was not. */
    async refusalOf(name: string, input: unknown, asked: Partial<Asked> = {}): Promise<Refusal> {
      try {
        await this.ask(name, input, asked);
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
      throw new Error(`${name} was not refused.`);
    },
    /** The number of the last line of its timeline. */
    async versionOf(jobId: string): Promise<number> {
      const { events } = await stack.see(jobId);
      return events.at(-1)?.seq ?? 0;
    },
  };
}

export type OperationsStack = Awaited<ReturnType<typeof startOperationsStack>>;
