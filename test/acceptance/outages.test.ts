import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProblems, untilAllDone } from './checker.ts';
import { analyticsFault, buy, orderOf, type Purchase, smtpFault, stripeFaults } from './shop.ts';
import { report, sizes } from './sizes.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
const purchases: Purchase[] = [];

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack.remove());

/** One thing that is down, and the step and reason by which the timelines tell of it. */
interface Outage {
  begin: () => Promise<unknown>;
  end: () => Promise<unknown>;
  told: Array<{ step: string; reason: string }>;
}

/**
 * Buys while something is down, and waits until the outage has lasted long enough and every timeline tells of it. Then
 * comes the next outage, which at least one purchase must meet; then everything heals, and all must end well.
 */
async function liveThrough(group: string, first: Outage, second: Outage): Promise<Purchase[]> {
  await first.begin();
  const mine: Purchase[] = [];
  for (let index = 0; index < 8; index += 1)
    mine.push(await buy(stack, orderOf(index, group), { copies: 2 }));
  purchases.push(...mine);
  await metBy(mine, first, mine.length);
  await second.begin();
  await first.end();
  await metBy(mine, second, 1);
  await second.end();
  const endedMs = performance.now();
  await untilAllDone(stack, purchases.length, sizes.patienceMs);
  report(group, { eachForMs: sizes.outageMs, thenDoneAfterMs: performance.now() - endedMs });
  return mine;
}

async function metBy(mine: Purchase[], { told }: Outage, atLeast: number): Promise<void> {
  const beganMs = performance.now();
  for (const { step, reason } of told) {
    await until(
      `${reason} at ${step} in ${atLeast} timelines`,
      async () => {
        const retries = await retriesTold(step, reason);
        // Once it is known to be ill, others do not try it in vain; they tell that they wait for it.
        const waits = retries.size > 0 ? await waitsTold(step) : new Set();
        const met = mine.filter(({ paymentKey }) => retries.has(paymentKey) || waits.has(paymentKey));
        return met.length >= atLeast;
      },
      { withinMs: sizes.patienceMs },
    );
  }
  await sleep(Math.max(0, sizes.outageMs - (performance.now() - beganMs)));
}

interface Told {
  payment_key: string;
  retries: number;
  least_wait_ms: number;
}

/** How often each payment's timeline tells of another try of a step for this reason. */
async function retriesTold(step: string, reason: string): Promise<Map<string, Told>> {
  const rows = await stack.sql<Told>(
    `select p.payment_key, count(*)::int as retries, min((e.data ->> 'again_in_ms')::float8) as least_wait_ms
       from fulfillment.fulfillment_job_events e
       join fulfillment.fulfillment_jobs j on j.id = e.job_id join fulfillment.payments p on p.id = j.payment_id
      where e.kind in ('step.retry', 'effect.retry') and e.step = $1 and e.data ->> 'reason' = $2 group by 1`,
    [step, reason],
  );
  return new Map(rows.map((row) => [row.payment_key, row]));
}

/** Payments whose timelines tell that a step waits for a provider that is known to be ill. */
async function waitsTold(step: string): Promise<Set<string>> {
  const rows = await stack.sql<{ payment_key: string }>(
    `select distinct p.payment_key
       from fulfillment.fulfillment_job_events e
       join fulfillment.fulfillment_jobs j on j.id = e.job_id join fulfillment.payments p on p.id = j.payment_id
      where e.kind in ('step.waiting', 'effect.waiting') and e.step = $1 and e.data ->> 'reason' = 'provider_open'`,
    [step],
  );
  return new Set(rows.map((row) => row.payment_key));
}

/** A file where the directory of all copies should be: every write below fails, also for root. */
const copiesBreak = {
  async begin() {
    const copies = join(stack.places.storageDirectory, 'copies');
    await rename(copies, `${copies}.away`);
    await writeFile(copies, '');
  },
  async end() {
    const copies = join(stack.places.storageDirectory, 'copies');
    await rm(copies);
    await rename(`${copies}.away`, copies);
  },
};

const mailRefused = (mode: '450' | 'refuse_connection', reason: string): Outage => ({
  begin: () => smtpFault(stack, { mode }),
  end: () => Promise.resolve(),
  told: [{ step: 'email', reason }],
});

const stripeAnswers = (status: number, reason: string): Outage => ({
  begin: () =>
    stripeFaults(stack, { api: { mode: 'status', status, retryAfterSeconds: status === 429 ? 1 : 0 } }),
  end: () => Promise.resolve(),
  told: [{ step: 'resolve_order', reason }],
});

describe('an outage', () => {
  beforeAll(async () => {
    purchases.push(await buy(stack, orderOf(0, 'before')));
    await untilAllDone(stack, 1, 20_000);
  });

  it(
    'of mail server, storage and analytics at once is told in the timeline and changes nothing about the end',
    async () => {
      const deferred = mailRefused('450', 'smtp_deferred');
      const closed = mailRefused('refuse_connection', 'smtp_unreachable');
      await liveThrough(
        'mail-storage-analytics',
        {
          begin: async () => {
            await deferred.begin();
            await analyticsFault(stack, { mode: '500' });
            await copiesBreak.begin();
          },
          end: deferred.end,
          told: [
            ...deferred.told,
            { step: 'storage', reason: 'storage_io' },
            { step: 'analytics', reason: 'analytics_unavailable' },
          ],
        },
        {
          ...closed,
          end: async () => {
            await smtpFault(stack, { mode: 'none' });
            await analyticsFault(stack, { mode: 'none' });
            await copiesBreak.end();
          },
        },
      );
      expect(await findProblems(stack, purchases)).toEqual([]);
    },
    sizes.drillTimeoutMs,
  );

  it(
    'of Stripe’s API with 500, then with 429, is waited out as Stripe asks; being asked to wait spends no attempt',
    async () => {
      const mine = await liveThrough('stripe', stripeAnswers(500, 'stripe_unavailable'), {
        ...stripeAnswers(429, 'stripe_rate_limited'),
        end: () => stripeFaults(stack, {}),
      });
      const limited = await retriesTold('resolve_order', 'stripe_rate_limited');
      const waitsMs = [...limited.values()].map((told) => told.least_wait_ms);
      expect(Math.min(...waitsMs)).toBeGreaterThanOrEqual(1_000);
      const failed = await retriesTold('resolve_order', 'stripe_unavailable');
      const attempts = await stack.sql<{ payment_key: string; attempts: number }>(
        `select p.payment_key, s.attempts from fulfillment.fulfillment_job_steps s
           join fulfillment.fulfillment_jobs j on j.id = s.job_id join fulfillment.payments p on p.id = j.payment_id
          where s.step = 'resolve_order' and p.payment_key = any($1)`,
        [mine.map(({ paymentKey }) => paymentKey)],
      );
      for (const { payment_key: key, attempts: spent } of attempts) {
        expect(spent).toBe(1 + (failed.get(key)?.retries ?? 0));
      }
      expect(await findProblems(stack, purchases)).toEqual([]);
    },
    sizes.drillTimeoutMs,
  );

  it(
    'that cuts the line after the mail was taken brings nobody a second mail',
    async () => {
      await smtpFault(stack, { mode: 'drop_after_data_accepted', remaining: 6 });
      for (let index = 0; index < 8; index += 1) purchases.push(await buy(stack, orderOf(index, 'cut')));
      await untilAllDone(stack, purchases.length, sizes.patienceMs);
      expect((await retriesTold('email', 'smtp_answer_lost')).size).toBe(6);
      expect(await findProblems(stack, purchases)).toEqual([]);
    },
    sizes.drillTimeoutMs,
  );
});
