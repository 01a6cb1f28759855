import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { findProblems, untilAllDone } from './checker.ts';
import { unfinishedWrites } from './checks/files.ts';
import { postgresProcesses, takeOvers, underWay, untilCompleted, untilMailed } from './killed.ts';
import { buyInBurst, orderOf, smtpFault } from './shop.ts';
import { report, sizes } from './sizes.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';
import { bytesOf, event, postSigned } from './webhookDoor.ts';

const orders = (count: number, group: string) =>
  Array.from({ length: count }, (_, index) => orderOf(index, group));

/** Each drill has a stack of its own: they wait for leases, and wait side by side. */
async function withStack(drill: (stack: Stack) => Promise<void>): Promise<void> {
  const stack = await startStack();
  try {
    await drill(stack);
  } finally {
    await stack.remove();
  }
}

const anyOrder = { timeout: sizes.drillTimeoutMs, concurrent: true };

describe('in the middle of a burst', () => {
  it(
    'kill -9 changes nothing about the end: no mail twice, none missing, no number lost',
    anyOrder,
    ({ expect }) =>
      withStack(async (stack) => {
        const wanted = orders(sizes.burst, 'killed');
        // A mail that hangs is one of which nobody knows, at the kill, whether it went out.
        const hangOneMail = () => smtpFault(stack, { mode: 'hang', remaining: 1 });
        await hangOneMail();
        const purchases = await buyInBurst(stack, wanted);
        let killedAtMs = 0;
        for (const taken of sizes.killsAfter) {
          await untilMailed(stack, taken);
          await until('a mail under way', async () => (await underWay(stack)).mails > 0, {
            withinMs: 20_000,
            everyMs: 20,
          });
          await stack.kill();
          killedAtMs = Date.now();
          const cut = await underWay(stack);
          await stack.start();
          if (taken !== sizes.killsAfter.at(-1)) await hangOneMail();
          report(`killed after ${taken} mails`, { ...cut, restartMs: stack.startedInMs });
        }
        await untilAllDone(stack, purchases.length, sizes.patienceMs);
        const taken = await takeOvers(stack, killedAtMs);
        report('after the last kill', {
          takenOver: taken.length,
          firstMs: taken[0] ?? Number.NaN,
          lastMs: taken.at(-1) ?? Number.NaN,
          unfinishedWrites: await unfinishedWrites(stack),
        });
        expect(taken.length).toBeGreaterThan(0);
        expect(await findProblems(stack, purchases, { analyticsRepeatsAllowed: true })).toEqual([]);
      }),
  );

  it(
    'a database that dies, then freezes, loses nothing: the webhook says 503, no worker acts beside its successor',
    anyOrder,
    ({ expect }) =>
      withStack(async (stack) => {
        const purchases = await buyInBurst(stack, orders(sizes.burst / 2, 'died'));
        await untilCompleted(stack, 5);
        const server = await stack.postgresPid();
        process.kill(server, 'SIGKILL');
        const killedMs = performance.now();
        const body = bytesOf(event());
        // A connection kept from an earlier stack on the same port may be reset; Stripe, too, would come again.
        const knock = () => postSigned(stack, body).catch(() => undefined);
        const unavailable = await until(
          'an answer of 503',
          async () => {
            const answer = await knock();
            return answer?.status === 503 && answer;
          },
          { withinMs: 10_000, everyMs: 5 },
        );
        expect(unavailable.headers.get('retry-after')).toMatch(/^\d+$/);
        await until('an answer of 200', async () => (await knock())?.status === 200, {
          withinMs: 30_000,
          everyMs: 20,
        });
        const backMs = performance.now() - killedMs;
        expect(await stack.postgresPid()).not.toBe(server);
        await untilAllDone(stack, purchases.length, sizes.patienceMs);
        report('database killed', { backMs, allDoneMs: performance.now() - killedMs });

        // The same server, frozen: answers come late, or after the leases of those who wait for them are over.
        purchases.push(...(await buyInBurst(stack, orders(Math.round(sizes.burst / 3), 'froze'))));
        await untilCompleted(stack, sizes.burst / 2 + 5);
        const frozen = await postgresProcesses(stack);
        for (const pid of frozen) process.kill(pid, 'SIGSTOP');
        const frozenMs = performance.now();
        await sleep(sizes.freezeMs);
        for (const pid of frozen) process.kill(pid, 'SIGCONT');
        await untilAllDone(stack, purchases.length, sizes.patienceMs);
        report('database frozen', { forMs: sizes.freezeMs, allDoneMs: performance.now() - frozenMs });
        expect(await findProblems(stack, purchases, { analyticsRepeatsAllowed: true })).toEqual([]);
      }),
  );
});
