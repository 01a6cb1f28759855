import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../acceptance/until.ts';
import { type Drill, inLongForm } from '../drill.ts';
import type { DrilledShop } from '../drilledShop.ts';
import type { Member } from '../world/crew.ts';
import { countLogged } from '../world/log.ts';

/** The process has come to its boundary. */
const untilStruck = (member: Member) =>
  until(`${member.name} struck`, () => Promise.resolve(member.struck.size > 0), {
    withinMs: 20_000,
    everyMs: 10,
  });

async function sell(shop: DrilledShop, count: number): Promise<void> {
  await shop.openDoor();
  await shop.buy(count);
  await shop.untilAccepted();
}

/** How many lines of timelines a worker has written. */
async function countLines({ sql }: DrilledShop, worker: string): Promise<number> {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from fulfillment.fulfillment_job_events where actor = 'worker:' || $1`,
    [worker],
  );
  return row?.count ?? 0;
}

/** Frozen in the middle of its work for longer than its lease, while another one finishes it; then it goes on. */
const zombie = (name: string, freezeAt: string, sentence: string): Drill => ({
  name,
  sentence,
  async strike(shop) {
    await sell(shop, 3);
    const frozen = await shop.work('frozen', { jobsMax: 1, leaseMs: 1_000, hooks: { freezeAt } });
    await untilStruck(frozen);
    await shop.work('heir');
    await shop.untilCompleted(3);
    frozen.signal('SIGCONT');
    // What it was about to do it does now, or is kept from.
    const later = await shop.buy(2);
    await shop.untilCompleted(3 + later.length);
    return { zombie: frozen.isAlive ? 1 : 0 };
  },
});

const diesWithinMs = 15_000;

/** Whether a worker has come to the boundary at which it dies. */
async function dies(member: Member): Promise<number> {
  const ending = await Promise.race([member.ended, sleep(diesWithinMs, undefined, { ref: false })]);
  return ending?.signal === 'SIGKILL' ? 1 : 0;
}

/** Killed with several jobs in hand. */
const killed = (name: string, dieAt: string, sentence: string): Drill => ({
  name,
  sentence,
  async strike(shop) {
    await sell(shop, 5);
    const kill = await dies(await shop.work('mortal', { leaseMs: 1_000, hooks: { dieAt } }));
    await shop.work('heir');
    return { kill };
  },
});

export const workerDrills: Drill[] = [
  {
    name: 'undisturbed',
    sentence: 'a shop to which nothing happens is in order',
    long: true,
    async strike(shop) {
      await sell(shop, 6);
      await shop.work('one');
      return { purchase: shop.purchases.length };
    },
  },
  killed(
    'killed',
    'after_call email/receipt:<order>',
    'a worker that is killed with all hands full is replaced',
  ),
  inLongForm(
    killed(
      'killed after commit',
      'committed email/receipt:<order>',
      'what is recorded has happened, though its worker is dead',
    ),
  ),
  {
    name: 'killed before commit',
    sentence: 'what was written and not committed is not there, numbers neither',
    long: true,
    async strike(shop) {
      await sell(shop, 4);
      const first = await shop.work('first', { jobsMax: 1 });
      await shop.untilCompleted(1);
      await first.dismiss();
      const mortal = await shop.work('mortal', {
        leaseMs: 1_000,
        hooks: { dieAt: 'before_commit resolve_order' },
      });
      const kill = await dies(mortal);
      await shop.work('heir');
      return { kill };
    },
  },
  zombie(
    'zombie before a record',
    'before_record email/receipt:<order>',
    'who was frozen before it wrote writes nothing any more',
  ),
  inLongForm(
    zombie(
      'zombie before a call',
      'intended storage/copy:1:pdf',
      'who was frozen before a call does not make it any more',
    ),
  ),
  inLongForm(
    zombie(
      'zombie in a transaction',
      'before_commit email/receipt:<order>',
      'who was frozen in a transaction does not keep others from the job',
    ),
  ),
  {
    name: 'zombie beside its heir',
    sentence: 'who comes back while another one is at the same work writes nothing beside it',
    async strike(shop) {
      await sell(shop, 1);
      const hooks = { freezeAt: 'before_record email/receipt:<order>' };
      const frozen = await shop.work('frozen', { leaseMs: 1_000, hooks });
      await untilStruck(frozen);
      const heir = await shop.work('heir', { leaseMs: 30_000, hooks });
      await untilStruck(heir);
      frozen.signal('SIGCONT');
      await sleep(500);
      heir.signal('SIGCONT');
      return { zombie: frozen.isAlive ? 1 : 0 };
    },
  },
  {
    name: 'busy event loop',
    sentence: 'a step that computes for longer than its lease keeps its job, and is not done beside another',
    long: true,
    async strike(shop) {
      // Long enough for the thread to extend it through a machine that is busy with the drill itself.
      const busy = await shop.work('busy', {
        jobsMax: 1,
        leaseMs: 8_000,
        hooks: { busyAt: 'before_call email/receipt:<order>', busyMs: 20_000 },
      });
      // The thread that keeps its leases is up before the first of them.
      await sleep(1_000);
      await sell(shop, 2);
      await untilStruck(busy);
      // Whose lease is long enough that nobody takes over from it either, however busy the machine.
      await shop.work('other', { leaseMs: 30_000 });
      await shop.rest();
      const takenOver = await countLogged(shop, 'job.taken_over');
      if (takenOver > 0)
        throw new Error(`A job was taken over from a worker that was merely busy. ${await shop.lastWords()}`);
      return { busy: busy.struck.size };
    },
  },
  {
    name: 'clocks a day off',
    sentence: 'workers whose clocks are a day ahead and a day behind do what is due',
    long: true,
    async strike(shop) {
      await sell(shop, 6);
      const dayMs = 86_400_000;
      await Promise.all([
        shop.work('ahead', { jobsMax: 2, hooks: { clockOffMs: dayMs } }),
        shop.work('behind', { jobsMax: 2, hooks: { clockOffMs: -dayMs } }),
      ]);
      await shop.untilCompleted(6);
      const lines = (name: string) => countLines(shop, name);
      return { ahead: await lines('ahead'), behind: await lines('behind') };
    },
  },
  {
    name: 'one name',
    sentence: 'two workers of one name do not take each other for themselves',
    long: true,
    async strike(shop) {
      await sell(shop, 10);
      const [one, other] = await Promise.all([
        shop.work('twin', { jobsMax: 2, leaseMs: 1_000 }),
        shop.work('twin', { jobsMax: 2, leaseMs: 1_000 }),
      ]);
      await shop.untilCompleted(3);
      await one.kill();
      return { kill: (await one.ended).signal === 'SIGKILL' ? 1 : 0, twin: other.isAlive ? 1 : 0 };
    },
  },
  {
    name: 'told to end, then killed',
    sentence: 'a worker that is killed while it ends loses nothing',
    long: true,
    async strike(shop) {
      await sell(shop, 5);
      const first = await shop.work('first', { jobsMax: 4, leaseMs: 1_000 });
      await shop.untilCompleted(1);
      first.signal('SIGTERM');
      await sleep(15);
      await first.kill();
      await shop.work('heir');
      return { kill: (await first.ended).signal === 'SIGKILL' ? 1 : 0 };
    },
  },
];
