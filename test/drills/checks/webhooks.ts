import { checkDeliveries, deliveries } from '../../acceptance/checks/standIns.ts';
import { stripeFaults } from '../../acceptance/shop.ts';
import { until } from '../../acceptance/until.ts';
import type { World } from '../world/world.ts';

/** Whether every event that Stripe's stand-in has been told "200" for is kept. */
export async function checkAcknowledged({ sql, vendorSql }: World): Promise<string[]> {
  const told = await vendorSql<{ id: string }>(
    `select distinct event_id as id from stripe_sandbox.deliveries where last_status between 200 and 299`,
  );
  const kept = await sql<{ id: string }>('select event_id as id from fulfillment.stripe_events');
  const known = new Set(kept.map(({ id }) => id));
  const lost = told.filter(({ id }) => !known.has(id));
  return lost.length > 0 ? [`an event was acknowledged and is not kept: ${lost.length}, ${lost[0]?.id}`] : [];
}

/** What is kept about the processes themselves goes on by itself. */
const aboutProcesses = [
  'workers',
  'provider_circuits',
  'provider_tokens',
  'provider_slots',
  'catch_up',
  'mail_watch',
  'mail_source_cursors',
  'catch_up_sweeps',
];

/** Tells every event once more, and looks whether anything has changed by it. */
export async function checkReplay(world: World): Promise<string[]> {
  const before = await fingerprints(world);
  const again = await world.vendorSql(
    `update stripe_sandbox.deliveries set state = 'pending', attempts = 0, due_at = clock_timestamp()
      where state = 'delivered' returning id`,
  );
  if (again.length === 0) return ['there was no event to tell again'];
  // Setting the faults, to none, has it look again.
  await stripeFaults(world, {});
  await until('every event told again', async () => (await deliveries(world)).pending === 0, {
    withinMs: 30_000,
  });
  const refused = await checkDeliveries(world);
  if (refused.length > 0) return refused;
  const after = await fingerprints(world);
  return [...after].flatMap(([table, print]) =>
    before.get(table) === print ? [] : [`telling all events again has changed ${table}`],
  );
}

async function fingerprints({ sql }: World): Promise<Map<string, string>> {
  const tables = await sql<{ name: string }>(
    `select c.relname as name from pg_class c
      where c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and c.relname <> all($1) order by 1`,
    [aboutProcesses],
  );
  const prints = new Map<string, string>();
  for (const { name } of tables) {
    const [row] = await sql<{ print: string }>(
      `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as print from fulfillment.${name} t`,
    );
    prints.set(name, row?.print ?? '');
  }
  return prints;
}
