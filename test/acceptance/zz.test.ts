import { afterAll, beforeAll, expect, it } from 'vitest';
import { completedJobs, findProblems, untilAllDone } from './checker.ts';
import { buyInBurst, orderOf } from './shop.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';
import { readFile } from 'node:fs/promises';

let stack: Stack;
beforeAll(async () => { stack = await startStack(); });
afterAll(() => stack.remove());

it('pg killed', async () => {
  const purchases = await buyInBurst(stack, Array.from({ length: 120 }, (_, index) => orderOf(index)));
  for (const n of [20, 60, 90]) {
    await until('x', async () => (await completedJobs(stack).catch(() => 0)) >= n, { withinMs: 60000, everyMs: 20 });
    const pid = await stack.postgresPid();
    process.kill(pid, 'SIGKILL');
    const t = performance.now();
    await until('pg', () => stack.sql('select 1').catch(() => false as const), { withinMs: 20000, everyMs: 10 });
    console.log('pg back after', performance.now() - t, await completedJobs(stack));
  }
  const t = performance.now();
  await untilAllDone(stack, purchases.length, 60000);
  console.log('done after', performance.now() - t);
  console.log((await readFile(stack.places.logFile, 'utf8')).split('\n').filter(l => /database.unavail|unexpected|split|lease.lost/.test(l)).slice(0, 30).join('\n'));
  expect(await findProblems(stack, purchases, { analyticsRepeatsAllowed: true })).toEqual([]);
}, 120000);
