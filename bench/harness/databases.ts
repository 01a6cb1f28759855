import type { Contestant } from '../engines/roster.ts';
import { runOnce, type Bench } from './bench.ts';
import { workOffBacklog } from './drainBacklog.ts';
import { refreshStatistics } from './withDatabase.ts';

const prefix = 'bench_';
const warmUpOrders = 300;

/** What earlier runs left behind, and this one. */
export async function dropDatabases(bench: Pick<Bench, 'postgres'>): Promise<void> {
  const { rows } = await bench.postgres.admin.query<{ name: string }>(
    `select datname as name from pg_database where starts_with(datname, $1)`,
    [prefix],
  );
  for (const { name } of rows) await dropDatabase(bench, name);
}

export async function dropDatabase(bench: Pick<Bench, 'postgres'>, database: string): Promise<void> {
  await bench.postgres.admin.query(`drop database if exists "${database}" with (force)`);
}

async function createDatabase(bench: Bench, database: string, template = 'template1'): Promise<void> {
  await dropDatabase(bench, database);
  await bench.postgres.admin.query(`create database "${database}" template "${template}"`);
}

/**
 * A database for one measurement. It is the clone of one in which the engine has already run some orders and which was
 * analyzed then, so that the planner knows its tables as in a system that is in use: pg-boss 12 is two to four times
 * slower without.
 */
export async function freshDatabase(bench: Bench, contestant: Contestant): Promise<string> {
  const name = prefix + contestant.id.replaceAll(/\W/g, '_');
  await createDatabase(bench, name, await templateFor(bench, contestant, `${name}_warm`));
  // What an engine keeps in Redis is not in the template.
  if (contestant.entry.needs === 'redis')
    await runOnce(bench, contestant, { database: name }, { command: { duty: 'setup' } });
  return name;
}

/** A database in which the engine has never worked, set up for quick recovery. */
export async function recoveryDatabase(bench: Bench, contestant: Contestant): Promise<string> {
  const name = prefix + contestant.id.replaceAll(/\W/g, '_');
  await createDatabase(bench, name);
  const place = { database: name, quickRecovery: true };
  await runOnce(bench, contestant, place, { command: { duty: 'setup' } });
  return name;
}

async function templateFor(bench: Bench, contestant: Contestant, name: string): Promise<string> {
  const made = bench.templates.get(contestant.id);
  if (made) return made;
  await createDatabase(bench, name);
  await runOnce(bench, contestant, { database: name }, { command: { duty: 'setup' } });
  await workOffBacklog(bench, contestant, { database: name, firstOrder: 900_000_000, orders: warmUpOrders });
  await refreshStatistics(bench, name);
  bench.templates.set(contestant.id, name);
  return name;
}
