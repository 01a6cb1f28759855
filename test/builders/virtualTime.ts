import { Client } from 'pg';
import { createJumpingClock, type JumpingClock } from '../fakes/jumpingClock.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

export interface VirtualTime {
  database: TestDatabase;
  clock: JumpingClock;
  /** Moves the time of this process and of its database on, by the same. */
  jump(ms: number): Promise<void>;
  end(): Promise<void>;
}

/**
 * A database whose clock can be moved on together with that of the workers: statements find its clocks
 * before the server's own. Functions of the schema that pin their search path keep the server's.
 */
export async function startVirtualTime(): Promise<VirtualTime> {
  const database = await createTestDatabase();
  const clock = createJumpingClock();
  const admin = new Client({ connectionString: database.url });
  // Dropping the database ends its session.
  admin.on('error', () => undefined);
  await admin.connect();
  const name = new URL(database.url).pathname.slice(1);
  await admin.query(`
    create schema virtual;
    create table virtual.shift (ahead interval not null);
    insert into virtual.shift values ('0');
    create function virtual.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + (select ahead from virtual.shift)';
    create function virtual.statement_timestamp() returns timestamptz language sql stable as
      'select pg_catalog.statement_timestamp() + (select ahead from virtual.shift)';
    create function virtual.now() returns timestamptz language sql stable as
      'select pg_catalog.now() + (select ahead from virtual.shift)';
    grant usage on schema virtual to public;
    grant select on virtual.shift to public;
    alter database "${name}" set search_path = virtual, pg_catalog;
  `);
  return {
    database,
    clock,
    async jump(ms) {
      await admin.query(`update virtual.shift set ahead = ahead + $1::float8 * interval '1 ms'`, [ms]);
      clock.jump(ms);
    },
    end: () => admin.end(),
  };
}
