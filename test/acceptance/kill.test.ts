import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completedJobs, findProblems, untilAllDone } from './checker.ts';
import { unfinishedWrites } from './checks/files.ts';
import { buyInBurst, orderOf } from './shop.ts';
import { report, sizes } from './sizes.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack.remove());

/** How many jobs were in the hands of the worker, and how many mails were between intent and outcome. */
async function underWay() {
  const [row] = await stack.sql<{ leased: number; mails: number }>(
    `select (select count(*)::int from fulfillment.fulfillment_dispatch where worker is not null) as leased,
            (select count(*)::int from fulfillment.email_attempts where outcome is null) as mails`,
  );
  return row ?? { leased: 0, mails: 0 };
}

/** When lost jobs were taken over, in milliseconds after `sinceMs` (both since 1970). */
async function takeOvers(sinceMs: number): Promise<number[]> {
  const lines = (await readFile(stack.places.logFile, 'utf8')).split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as { event: string; time: string });
  return events
    .filter(({ event }) => event === 'job.taken_over')
    .map(({ time }) => Date.parse(time) - sinceMs)
    .filter((ms) => ms > 0);
}

describe('kill -9 in the middle of a burst', () => {
  it('changes nothing about how it ends: no mail twice, none missing, no number lost', async () => {
    const purchases = await buyInBurst(
      stack,
      Array.from({ length: sizes.burst }, (_, index) => orderOf(index)),
    );
    let killedAtMs = 0;
    for (const completed of sizes.killsAfter) {
      await until(`${completed} completed jobs`, async () => (await completedJobs(stack)) >= completed, {
        withinMs: sizes.patienceMs,
        everyMs: 20,
      });
      await stack.kill();
      killedAtMs = Date.now();
      const cut = await underWay();
      await stack.start();
      report(`killed after ${completed}`, { ...cut, restartMs: stack.startedInMs });
    }
    await untilAllDone(stack, purchases.length, sizes.patienceMs);
    const taken = await takeOvers(killedAtMs);
    report('after the last kill', {
      takenOver: taken.length,
      firstMs: taken[0] ?? Number.NaN,
      lastMs: taken.at(-1) ?? Number.NaN,
      unfinishedWrites: await unfinishedWrites(stack),
    });
    expect(taken.length).toBeGreaterThan(0);
    expect(await findProblems(stack, purchases, { analyticsRepeatsAllowed: true })).toEqual([]);
  });
});
