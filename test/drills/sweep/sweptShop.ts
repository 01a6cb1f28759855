import { books, type Order } from '../../acceptance/shop.ts';
import { until } from '../../acceptance/until.ts';
import type { Boundary } from '../boundary.ts';
import type { HookOrders } from '../world/hooks.ts';
import type { Member } from '../world/crew.ts';
import { type DrilledShop, openDrilledShop } from '../drilledShop.ts';

/** One job at a time, so that what happens at a boundary happens to one job. */
const oneJob = { jobsMax: 1, pollMs: 20 } as const;
/** Longer than the drill: a dead worker's job is left alone until all have died. */
const lastingLeaseMs = 600_000;
const shortLeaseMs = 1_000;
/** Each lost answer costs a lease, one after the other. */
const restWithinMs = 180_000;
/** A place in the plan that a job comes by always is met by the first job; one that depends on chance by one of these. */
const triesMax = 6;

/** What makes a worker come to its end at a boundary. */
export type WayToDie = (boundary: Boundary) => HookOrders;

const atOnce: WayToDie = (dieAt) => ({ dieAt });
const killedAfterMs = [0, 2, 5, 10, 15, 20, 30, 40, 60] as const;
/** Told to end, and killed a little later if it has not: before, while or after it hands back what it has. */
export function toldToEnd(): WayToDie {
  let told = 0;
  return (termAt) => ({ termAt, killAfterMs: killedAfterMs[told++ % killedAfterMs.length] ?? 0 });
}

/** Brings so many more jobs, of the kind that is swept. */
export type BringJobs = (shop: DrilledShop, count: number) => Promise<void>;

const payments: BringJobs = async (shop, count) => {
  await shop.buy(count);
  await shop.untilAccepted();
};

/** A shop in which payments of three books are made one by one, and something happens to each; or to what follows them. */
export async function startSweptShop(bring: BringJobs = payments) {
  const shop = await openDrilledShop(threeBooks);
  await shop.openDoor();
  let hired = 0;

  const hire = (hooks: HookOrders, leaseMs: number): Promise<Member> => {
    hired += 1;
    return shop.hire({ name: `swept-${hired}`, ...oneJob, leaseMs, hooks });
  };

  const buy = (count: number) => bring(shop, count);

  /** Jobs that this worker could still do something for. */
  async function openTo(worker: string): Promise<number> {
    const [row] = await shop.sql<{ count: number }>(
      `select count(*)::int as count from fulfillment.fulfillment_dispatch
        where worker = $1 or (worker is null and due_at < clock_timestamp() + interval '1 minute')`,
      [worker],
    );
    return row?.count ?? 0;
  }

  /** What was handed back is left alone as well, so that at each boundary there is a job that has not come by yet. */
  const putAside = () =>
    shop.sqlAsAdmin(
      `update fulfillment.fulfillment_dispatch set due_at = due_at + interval '1 hour'
        where worker is null and lease_token > 0 and due_at < clock_timestamp() + interval '1 minute'`,
    );

  return {
    ...shop,
    /** Every boundary that a payment to which nothing happens comes by. */
    async survey(): Promise<Boundary[]> {
      await buy(1);
      const watched = await hire({ survey: true }, lastingLeaseMs);
      await shop.rest(restWithinMs);
      await watched.dismiss();
      return [...watched.boundaries].toSorted();
    },

    /** For each boundary a worker that dies there, in a job of its own. Answers where nobody died. */
    async dieAtEach(
      boundaries: Boundary[],
      sideBySide: number,
      wayToDie: WayToDie = atOnce,
    ): Promise<Boundary[]> {
      await buy(boundaries.length);
      const missed: Boundary[] = [];
      const left = [...boundaries];
      const lane = async () => {
        for (let at = left.shift(); at !== undefined; at = left.shift()) {
          if (!(await diesAt(at, wayToDie))) missed.push(at);
        }
      };
      await Promise.all(Array.from({ length: sideBySide }, lane));
      return missed;
    },

    /** For each boundary a job whose worker does not hear the answer there. Answers where no answer was lost. */
    async loseEachAnswer(boundaries: Boundary[]): Promise<Boundary[]> {
      const deaf = await hire({ deafAt: boundaries }, shortLeaseMs);
      let missed = boundaries;
      for (let tries = 1; tries <= triesMax && missed.length > 0; tries += 1) {
        await buy(missed.length);
        await shop.rest(restWithinMs);
        missed = boundaries.filter((boundary) => !deaf.struck.has(boundary));
      }
      await deaf.dismiss();
      return missed;
    },

    /** The leases of the dead come to their end, and others take over. */
    async goOn(heirs: number): Promise<void> {
      await shop.sqlAsAdmin(
        `update fulfillment.fulfillment_dispatch set due_at = clock_timestamp()
          where worker is not null or due_at > clock_timestamp() + interval '1 minute'`,
      );
      const living = await Promise.all(Array.from({ length: heirs }, (_, at) => shop.work(`heir-${at}`)));
      await shop.rest(restWithinMs);
      await Promise.all(living.map((member) => member.dismiss()));
    },
  };

  async function diesAt(boundary: Boundary, wayToDie: WayToDie): Promise<boolean> {
    for (let tries = 1; tries <= triesMax; tries += 1) {
      if ((await openTo('')) === 0) await buy(1);
      const mortal = await hire(wayToDie(boundary), lastingLeaseMs);
      const isOver = async () => !mortal.isAlive || (await openTo(mortal.name)) === 0;
      const nothingLeft = until(`${mortal.name} dead or done`, isOver, { withinMs: 30_000, everyMs: 300 });
      await Promise.race([mortal.ended, nothingLeft]).catch(async (error: unknown) => {
        throw new Error(`${boundary}: ${(error as Error).message} ${await shop.lastWords()}`);
      });
      const { signal } = await mortal.dismiss();
      await putAside();
      if (signal === 'SIGKILL' || mortal.struck.has(boundary)) return true;
    }
    return false;
  }
}

export type SweptShop = Awaited<ReturnType<typeof startSweptShop>>;

const threeBooks = (index: number): Order => ({
  email: `swept-${index}@readers.example`,
  name: `Reader ${index}`,
  products: [...books],
  currency: 'pln',
  locale: index % 2 === 0 ? 'en' : 'pl',
});
