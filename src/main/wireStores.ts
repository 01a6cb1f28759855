import type pg from 'pg';
import type { Telemetry } from '../ports/telemetry.ts';
import { createPool } from '../store/connection.ts';
import type { Config } from './config.ts';

export interface Pools {
  intake: pg.Pool;
  worker: pg.Pool;
  shelf: pg.Pool;
  reader: pg.Pool;
  /** Only where staff may come in. */
  operations?: pg.Pool;
  end(): Promise<void>;
}

/** One pool per login role: what a duty may touch is decided by the database. */
export function openPools(config: Config, telemetry: Telemetry): Pools {
  const open = (duty: string, connectionString: string, connectionsMax: number) =>
    createPool({
      connectionString,
      applicationName: `fulfillment-${duty}`,
      connectionsMax,
      namedStatements: config.database.namedStatements,
      onIdleError: (error) =>
        telemetry.emit({ name: 'database.unavailable', during: `idle ${duty}`, error: error.name }),
    });
  const { database } = config;
  const pools = {
    intake: open('intake', database.intakeUrl, database.connectionsMax),
    worker: open('worker', database.workerUrl, database.connectionsMax),
    shelf: open('shelf', database.shelfUrl, database.connectionsMax),
    reader: open('reader', database.readerUrl, 2),
    ...(database.operationsUrl === null
      ? {}
      : { operations: open('operations', database.operationsUrl, database.connectionsMax) }),
  };
  return {
    ...pools,
    end: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}

/** What the connections of this process are at. */
export const poolUse = ({ intake, worker, shelf, reader, operations }: Pools) =>
  Object.entries({ intake, worker, shelf, reader, ...(operations ? { operations } : {}) }).map(
    ([pool, { totalCount, idleCount, waitingCount }]) => ({
      pool,
      total: totalCount,
      idle: idleCount,
      waiting: waitingCount,
    }),
  );
