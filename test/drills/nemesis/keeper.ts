import type { Random } from '../../../src/ports/random.ts';
import type { DrilledShop } from '../drilledShop.ts';
import type { Member } from '../world/crew.ts';

/** Keeps so many workers and one door at work, whatever becomes of them. */
export interface Keeper {
  readonly door: Member | undefined;
  /** A worker that is at work and that nothing is being done to. */
  freeWorker(random: Random): Member | undefined;
  /** Takes a worker out of the sight of others while something is done to it. */
  whileTaken<T>(worker: Member, work: () => Promise<T>): Promise<T>;
  /** How many processes there have been. */
  readonly hired: number;
  stop(): Promise<void>;
}

export interface KeeperOptions {
  shop: DrilledShop;
  workers: number;
  leaseMs: number;
}

const lookEveryMs = 50;

export function startKeeper({ shop, workers, leaseMs }: KeeperOptions): Keeper {
  const crew = new Set<Member>();
  const taken = new Set<Member>();
  let door: Member | undefined;
  let hired = 0;
  let stopped = false;

  async function fill(): Promise<void> {
    for (const member of crew) if (!member.isAlive) crew.delete(member);
    if (!door?.isAlive) {
      hired += 1;
      door = await shop.openDoor({ name: `door-${hired}` });
    }
    while (crew.size < workers && !stopped) {
      hired += 1;
      crew.add(await shop.work(`worker-${hired}`, { leaseMs, jobsMax: 20, hooks: { armable: true } }));
    }
  }

  const keeping = (async () => {
    while (!stopped) {
      // While Postgres is down nobody can be hired: a process that finds no database ends.
      await fill().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  })();

  return {
    get door() {
      return door;
    },
    freeWorker(random) {
      const free = [...crew].filter((member) => member.isAlive && !taken.has(member));
      return free[Math.floor(random.next() * free.length)];
    },
    async whileTaken(worker, work) {
      taken.add(worker);
      try {
        return await work();
      } finally {
        taken.delete(worker);
      }
    },
    get hired() {
      return hired;
    },
    async stop() {
      stopped = true;
      await keeping;
    },
  };
}
