import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/ports/random.ts';
import { analyticsFault, smtpFault, stripeFaults } from '../../acceptance/shop.ts';
import type { Boundary } from '../boundary.ts';
import type { DrilledShop } from '../drilledShop.ts';
import type { Fault } from '../proxy/faults.ts';
import type { Member } from '../world/crew.ts';
import type { Keeper } from './keeper.ts';
import { pick } from './schedule.ts';

export interface Battlefield {
  shop: DrilledShop;
  keeper: Keeper;
  leaseMs: number;
  boundaries: readonly [Boundary, ...Boundary[]];
  /** Boundaries at which something has struck. */
  covered: Set<Boundary>;
}

/** One kind of fault. */
export interface Strike {
  kind: string;
  /** How often, for each payment. */
  perPayment: number;
  /** Answers whether it has struck; what could not strike now is tried again. */
  strike(field: Battlefield, random: Random): Promise<boolean>;
}

/** How long a worker may take to come by the boundary at which it was to be struck. */
const comesByWithinMs = 3_000;
const firesWithinMs = 5_000;
const restartsWithinMs = 30_000;
const doorShare = 0.1;
const anywhereShare = 0.3;

/** Whether a worker has work in hand: a strike at an idle one would prove nothing. */
async function isAtWork({ shop }: Battlefield, worker: Member): Promise<boolean> {
  const held = await shop.sql(`select from fulfillment.fulfillment_dispatch where worker = $1 limit 1`, [
    worker.name,
  ]);
  return held.length > 0;
}

async function kill(field: Battlefield, random: Random): Promise<boolean> {
  const { keeper, boundaries, covered } = field;
  if (random.next() < doorShare && keeper.door?.isAlive) {
    await keeper.door.kill();
    return true;
  }
  const worker = keeper.freeWorker(random);
  if (!worker) return false;
  return keeper.whileTaken(worker, async () => {
    if (!(await isAtWork(field, worker))) return false;
    if (random.next() >= anywhereShare) {
      worker.arm('die', pick(boundaries, random));
      await Promise.race([worker.ended, sleep(comesByWithinMs)]);
      for (const boundary of worker.struck) covered.add(boundary);
      await Promise.race([worker.disarm(), worker.ended]);
      if (!worker.isAlive) return true;
    }
    const strikes = await isAtWork(field, worker);
    if (strikes) await worker.kill();
    return strikes;
  });
}

/** Frozen for longer than its lease lasts, while others do its work; then it goes on where it was. */
async function zombie(field: Battlefield, random: Random): Promise<boolean> {
  const { keeper, boundaries, covered, leaseMs } = field;
  const worker = keeper.freeWorker(random);
  if (!worker) return false;
  return keeper.whileTaken(worker, async () => {
    if (!(await isAtWork(field, worker))) return false;
    worker.arm('freeze', pick(boundaries, random));
    const giveUpMs = performance.now() + comesByWithinMs;
    while (worker.isAlive && worker.struck.size === 0 && performance.now() < giveUpMs) await sleep(20);
    if (worker.struck.size === 0) {
      await Promise.race([worker.disarm(), worker.ended]);
      // It may have come by in the last moment.
      if (worker.struck.size === 0) return false;
    }
    for (const boundary of worker.struck) covered.add(boundary);
    await sleep(leaseMs * (1.3 + random.next()));
    worker.signal('SIGCONT');
    // It counts if it really goes on.
    await Promise.race([worker.disarm(), worker.ended, sleep(firesWithinMs)]);
    return worker.isAlive;
  });
}

async function crash({ shop }: Battlefield, random: Random): Promise<boolean> {
  const server = await shop.postgresPid();
  process.kill(server, random.next() < 0.5 ? 'SIGQUIT' : 'SIGKILL');
  const giveUpMs = performance.now() + restartsWithinMs;
  while ((await shop.postgresPid()) === server) {
    if (performance.now() > giveUpMs) throw new Error('Postgres did not come back.');
    await sleep(100);
  }
  return true;
}

/** A fault of the line that strikes once. */
const onTheLine =
  (...faults: [Fault, ...Fault[]]) =>
  async ({ shop }: Battlefield, random: Random): Promise<boolean> => {
    const before = shop.proxy.fired().length;
    const fault = pick(faults, random);
    const disarm = shop.proxy.arm({ ...fault, times: 1 });
    const fired = () =>
      shop.proxy
        .fired()
        .slice(before)
        .some(({ kind }) => kind === fault.kind);
    const giveUpMs = performance.now() + firesWithinMs;
    while (!fired() && performance.now() < giveUpMs) await sleep(20);
    // What goes on for a time ends by itself; what has not begun is called off.
    if (!fired()) disarm();
    return fired();
  };

const worker = { user: 'fulfillment_worker' } as const;
const intake = { user: 'fulfillment_intake' } as const;
const records = { ...worker, writes: ['fulfillment_job_steps'] };

/** What strikes at once; what later work brings joins this list. */
export const strikes: Strike[] = [
  { kind: 'kill -9', perPayment: 0.1, strike: kill },
  { kind: 'zombie', perPayment: 0.025, strike: zombie },
  { kind: 'Postgres crash', perPayment: 0.015, strike: crash },
  {
    kind: 'lost COMMIT answer',
    perPayment: 0.015,
    strike: onTheLine(
      { kind: 'dropCommitAnswer', match: records },
      { kind: 'dropCommitAnswer', match: { ...intake, form: 'single' } },
    ),
  },
  {
    kind: 'cut before COMMIT',
    perPayment: 0.01,
    strike: onTheLine(
      { kind: 'cutBeforeCommit', match: records },
      { kind: 'cutBeforeCommit', match: { ...intake, form: 'any' } },
    ),
  },
  {
    kind: 'late COMMIT answer',
    perPayment: 0.005,
    strike: onTheLine({ kind: 'delayCommitAnswer', delayMs: 3_000, match: records }),
  },
  {
    kind: 'half-open connection',
    perPayment: 0.005,
    strike: onTheLine({ kind: 'halfOpen', when: 'commitAnswer', forMs: 3_000, match: records }),
  },
  {
    kind: 'cut result',
    perPayment: 0.01,
    strike: onTheLine({
      kind: 'cutResult',
      afterBytes: 40,
      match: { ...worker, sql: 'fulfillment_dispatch' },
    }),
  },
  {
    kind: 'session ended',
    perPayment: 0.02,
    async strike({ shop }, random) {
      const ended = await shop.sqlAsAdmin(
        `select pg_terminate_backend(pid) from (
           select pid from pg_stat_activity where usename in ('fulfillment_worker', 'fulfillment_intake')
            order by hashint4(pid + $1) limit 1) one`,
        [Math.floor(random.next() * 1e6)],
      );
      return ended.length > 0;
    },
  },
  {
    kind: 'mail server in trouble',
    perPayment: 0.01,
    async strike({ shop }, random) {
      const modes = ['drop_after_data_accepted', 'drop_after_data_lost', '421', '450'] as const;
      await smtpFault(shop, { mode: pick(modes, random), remaining: 2 });
      return true;
    },
  },
  {
    kind: 'Stripe in trouble',
    perPayment: 0.005,
    async strike({ shop }, random) {
      const api = pick(
        [
          { mode: 'status', status: 500 },
          { mode: 'reset' },
          { mode: 'garbage' },
          { mode: 'status', status: 429 },
        ],
        random,
      );
      await stripeFaults(shop, { api: { ...api, remaining: 3, path: '/v1' } });
      return true;
    },
  },
  {
    kind: 'analytics in trouble',
    perPayment: 0.005,
    async strike({ shop }) {
      await analyticsFault(shop, { mode: '500', remaining: 2 });
      return true;
    },
  },
];
