import { readFile } from 'node:fs/promises';
import { checkDatabase } from '../acceptance/checks/database.ts';
import { checkFiles } from '../acceptance/checks/files.ts';
import { checkAnalytics, checkDeliveries, checkInbox, checkLog } from '../acceptance/checks/standIns.ts';
import { checkTimelines } from '../acceptance/checks/timeline.ts';
import { untilAllDone } from '../acceptance/checker.ts';
import { buy, type Order, orderOf, type Purchase, stripeFaults } from '../acceptance/shop.ts';
import { until } from '../acceptance/until.ts';
import { postSigned } from '../acceptance/webhookDoor.ts';
import { type BugName, isAtDoor } from './bugs/bugs.ts';
import { checkAcknowledged, checkReplay } from './checks/webhooks.ts';
import { checkWriters, watchWriters } from './checks/writers.ts';
import type { Member } from './world/crew.ts';
import { forgetAll } from './world/forget.ts';
import type { HookOrders } from './world/hooks.ts';
import { type HireOptions, startWorld, type World } from './world/world.ts';

/** Short, where how long is not the point. */
export const leaseMs = 1_500;
const retryWithinMs = 200;
const restWithinMs = 60_000;

/** A shop that is drilled: what was bought in it is known, and at the end everything must be as it should. */
export interface DrilledShop extends World {
  readonly purchases: readonly Purchase[];
  /** Payments whose webhooks leave all at once, each twice and in any order. */
  buy(count: number): Promise<Purchase[]>;
  /** Payments of which the product is not told yet. */
  buyUntold(count: number): Promise<Purchase[]>;
  /** A payment that was made some other way. */
  note(purchase: Purchase): void;
  /** Sends what is signed well and cannot be read. Answers with the statuses. */
  poison(bodies: Buffer[]): Promise<number[]>;
  /** Waits until so many of all payments are known to the product. */
  untilAccepted(count?: number): Promise<void>;
  /** Waits until so many jobs are completed. */
  untilCompleted(count: number): Promise<void>;
  completed(): Promise<number>;
  /** A worker with short leases and short waits between its attempts. */
  work(name: string, options?: Omit<HireOptions, 'name'>): Promise<Member>;
  /** Waits until everything is done. */
  rest(withinMs?: number): Promise<void>;
  /** What is not as it must be, by the database and by what the vendors have noted themselves. */
  violations(): Promise<string[]>;
  /** The end of the product's log, and what stands in dispatch: for whoever looks for a reason. */
  lastWords(): Promise<string>;
  /** What changes when every event is told once more, which is to be nothing. */
  afterReplay(): Promise<string[]>;
  /** All processes are dismissed and everything is forgotten, for the next drill. */
  beginAnew(bug?: BugName): Promise<void>;
}

async function prepare(world: World): Promise<void> {
  await watchWriters(world);
  // Who is frozen in a transaction keeps its locks for so long.
  await world.sqlAsAdmin(`alter role fulfillment_worker set idle_in_transaction_session_timeout = '1500ms'`);
}

export async function openDrilledShop(
  order: (index: number) => Order = (index) => orderOf(index, 'drilled'),
): Promise<DrilledShop> {
  const world = await startWorld();
  await prepare(world).catch(async (error: unknown) => {
    await world.remove();
    throw error;
  });
  let purchases: Purchase[] = [];
  let crew: Member[] = [];
  let bug: BugName | undefined;
  let poisoned = 0;
  let ordered = 0;
  let plainDoor: Member | undefined;

  async function hire(options: HireOptions): Promise<Member> {
    const hooks: HookOrders = { retryWithinMs, ...(bug && { bug }), ...options.hooks };
    const member = await world.hire({ leaseMs, ...options, hooks });
    crew.push(member);
    return member;
  }

  async function count(what: string): Promise<number> {
    const [row] = await world.sql<{ count: number }>(`select count(*)::int as count from ${what}`);
    return row?.count ?? 0;
  }

  const completed = () => count(`fulfillment.fulfillment_jobs where state = 'completed'`);

  const shop: DrilledShop = {
    ...world,
    get stderr() {
      return world.stderr;
    },
    get purchases() {
      return purchases;
    },
    async buy(number) {
      const bought = await shop.buyUntold(number);
      await stripeFaults(world, {});
      return bought;
    },
    async buyUntold(number) {
      const orders = Array.from({ length: number }, () => order(ordered++));
      await stripeFaults(world, { webhooks: { paused: true } });
      const bought = await Promise.all(orders.map((one) => buy(world, one, { copies: 2, shuffle: true })));
      purchases.push(...bought);
      return bought;
    },
    note: (purchase) => void purchases.push(purchase),
    async poison(bodies) {
      poisoned += bodies.length;
      const answers: number[] = [];
      for (const body of bodies) answers.push((await postSigned(world, body)).status);
      return answers;
    },
    untilAccepted: async (wanted = purchases.length) =>
      void (await until(
        `${wanted} accepted payments`,
        async () => (await count('fulfillment.fulfillment_jobs')) >= wanted,
        { withinMs: restWithinMs, everyMs: 50 },
      )),
    untilCompleted: async (wanted) =>
      void (await until(`${wanted} completed jobs`, async () => (await completed()) >= wanted, {
        withinMs: restWithinMs,
        everyMs: 50,
      })),
    completed,
    hire,
    async openDoor(options) {
      const isPlain = options === undefined && !(bug && isAtDoor(bug));
      if (isPlain && plainDoor?.isAlive) return plainDoor;
      await plainDoor?.kill();
      const door = await hire({ name: 'door', http: true, worker: false, ...options });
      plainDoor = isPlain ? door : undefined;
      return door;
    },
    work: (name, options = {}) => hire({ name, pollMs: 50, ...options }),
    rest: (withinMs = restWithinMs) => untilAllDone(world, purchases.length, withinMs),
    violations: async () => [
      ...(await checkDatabase(world, purchases, poisoned)),
      ...(await checkTimelines(world)),
      ...(await checkFiles(world)),
      ...(await checkInbox(world, purchases)),
      ...(await checkDeliveries(world)),
      // It cannot be asked whether it has heard, so it may be told again.
      ...(await checkAnalytics(world, { repeatsAllowed: true })),
      ...(await checkLog(shop)),
      ...(await checkWriters(world)),
      ...(await checkAcknowledged(world)),
    ],
    async lastWords() {
      const open = await world.sql('select * from fulfillment.fulfillment_dispatch order by due_at limit 8');
      const log = await readFile(world.places.logFile, 'utf8');
      return [...open.map((row) => JSON.stringify(row)), ...log.trim().split('\n').slice(-12)].join('\n');
    },
    afterReplay: () => checkReplay(world),
    async beginAnew(nextBug) {
      world.proxy.clear();
      // A door that nothing was done to may stay open: it holds nothing but connections.
      const kept = crew.filter((member) => member === plainDoor && member.isAlive);
      await Promise.all(crew.filter((member) => !kept.includes(member)).map((member) => member.kill()));
      crew = kept;
      purchases = [];
      bug = nextBug;
      poisoned = 0;
      ordered = 0;
      await forgetAll(world);
    },
  };
  return shop;
}
