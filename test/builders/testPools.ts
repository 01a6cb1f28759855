import type { QueryResultRow } from 'pg';
import type pg from 'pg';
import { createPool } from '../../src/store/connection.ts';
import { openAdminPool } from '../setup/adminPool.ts';
import { createTestDatabase, type TestDatabase, type TestRole, urlAs } from '../setup/database.ts';

/** A migrated database, a superuser to look behind the scenes, and pools under the product's own login roles. */
export async function openTestPools(given?: TestDatabase) {
  const database = given ?? (await createTestDatabase());
  const admin = openAdminPool(database.url);
  const opened: pg.Pool[] = [admin];
  return {
    database,
    admin,

    /** @param patienceMs for a connection; the product's own when it is left out */
    poolAs(role: TestRole, connectionsMax = 4, patienceMs?: number): pg.Pool {
      const connectionString = urlAs(database, role);
      const pool = createPool({
        connectionString,
        applicationName: `test-${role}`,
        connectionsMax,
        ...(patienceMs === undefined ? {} : { connectTimeoutMs: patienceMs }),
      });
      opened.push(pool);
      return pool;
    },

    /** Rows, as the superuser sees them. */
    async rows<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
      return (await admin.query<Row>(text, values)).rows;
    },

    /** The database stays. */
    async close() {
      await Promise.all(opened.filter((pool) => !pool.ending).map((pool) => pool.end()));
    },

    async stop() {
      await this.close();
      await database.drop();
    },
  };
}

export type TestPools = Awaited<ReturnType<typeof openTestPools>>;
