import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from '../../acceptance/sizes.ts';
import { until } from '../../acceptance/until.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const program = here('../world/migratorProcess.ts');

/** What comes with the next release: into the tables that every order writes. */
const small = '20991231000000_small.sql';
const slow = '20991231000100_slow.sql';
const files: Record<string, string> = {
  [small]: `
    alter table fulfillment.fulfillment_job_steps add column drilled text;
    create index drilled_steps on fulfillment.fulfillment_job_steps (drilled, updated_at);`,
  [slow]: `
    alter table fulfillment.fulfillment_jobs add column drilled_before text;
    select pg_sleep(1);
    alter table fulfillment.fulfillment_jobs add column drilled_after text;
    create index drilled_jobs on fulfillment.fulfillment_jobs (drilled_before, created_at);`,
};

async function directoryOfNextRelease(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fulfillment-migrations-'));
  await cp(here('../../../supabase/migrations'), directory, { recursive: true });
  for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
  return directory;
}

interface Migrator {
  /** Which files it has applied; it fails if the migrator does. */
  applied: Promise<string[]>;
  kill(): Promise<void>;
}

function startMigrator({ places }: DrilledShop, directory: string): Migrator {
  const child = spawn(process.execPath, ['--import', 'tsx', program, places.databaseUrl, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const applied = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([output, complaints, [code]]) => {
      if (code !== 0) throw new Error(`A migrator has ended with ${String(code)}. ${complaints}`);
      return JSON.parse(output) as string[];
    },
  );
  applied.catch(() => undefined);
  return {
    applied,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A migrator is in the middle of the slow file. */
const untilHalfWay = ({ sqlAsAdmin }: DrilledShop) =>
  until(
    'a migrator that sleeps',
    async () =>
      (
        await sqlAsAdmin(
          `select from pg_stat_activity where application_name = 'fulfillment-migrate'
              and state = 'active' and query like '%pg_sleep%'`,
        )
      ).length > 0,
    { withinMs: 30_000, everyMs: 20 },
  );

/** Buys again and again until it is told to stop. */
function keepBuying(shop: DrilledShop): { stop(): Promise<void> } {
  let going = true;
  const buying = (async () => {
    while (going) {
      await shop.buy(1);
      await sleep(100);
    }
  })();
  return {
    async stop() {
      going = false;
      await buying;
    },
  };
}

/** What the files make, and whether they are noted, each by its name. */
async function traces({ sqlAsAdmin }: DrilledShop): Promise<string[]> {
  const rows = await sqlAsAdmin<{ trace: string }>(
    `select 'column ' || attname as trace from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'fulfillment'::regnamespace and c.relkind = 'r' and attname like 'drilled%' and not attisdropped
      union all
     select 'index ' || c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace = 'fulfillment'::regnamespace and c.relname like 'drilled%' and i.indisvalid
      union all
     select 'noted ' || version || '_' || name || '.sql' from supabase_migrations.schema_migrations where version like '2099%'
      order by 1`,
  );
  return rows.map(({ trace }) => trace);
}

const tracesOfSmall = ['column drilled', 'index drilled_steps', `noted ${small}`];
const tracesOfSlow = ['column drilled_after', 'column drilled_before', 'index drilled_jobs', `noted ${slow}`];

describe('a migration of a shop at work', () => {
  let shop: DrilledShop;
  let directory: string;
  beforeAll(async () => {
    shop = await openDrilledShop();
    directory = await directoryOfNextRelease();
  });
  afterAll(async () => {
    await shop.remove();
    await rm(directory, { recursive: true, force: true });
  });

  it(
    'is applied once, though it is killed half-way and run twice at once, and payments go on',
    { timeout: 180_000 },
    async () => {
      await shop.openDoor();
      await Promise.all([shop.work('one', { jobsMax: 4 }), shop.work('other', { jobsMax: 4 })]);
      const buying = keepBuying(shop);
      await shop.untilCompleted(3);

      const first = startMigrator(shop, directory);
      const mortalCompleted = await shop.completed();
      await untilHalfWay(shop);
      await first.kill();
      await expect(first.applied).rejects.toThrow(/ended with null/);
      expect(await traces(shop)).toEqual(tracesOfSmall);
      const halfWayCompleted = await shop.completed();

      const twins = [startMigrator(shop, directory), startMigrator(shop, directory)];
      const applied = await Promise.all(twins.map((twin) => twin.applied));
      const migratedCompleted = await shop.completed();
      expect(applied.flat()).toEqual([slow]);
      expect(await traces(shop)).toEqual([...tracesOfSmall, ...tracesOfSlow].toSorted());

      await shop.untilCompleted(migratedCompleted + 5);
      await buying.stop();
      report('migration', {
        payments: shop.purchases.length,
        untilKilled: halfWayCompleted - mortalCompleted,
        untilMigrated: migratedCompleted - halfWayCompleted,
      });
      expect(halfWayCompleted).toBeGreaterThan(mortalCompleted);
      expect(migratedCompleted).toBeGreaterThan(halfWayCompleted);
      await shop.rest();
      expect(await shop.violations()).toEqual([]);
      expect(await shop.afterReplay()).toEqual([]);
    },
  );
});
