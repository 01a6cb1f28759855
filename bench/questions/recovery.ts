import { setTimeout as delay } from 'node:timers/promises';
import { stepNames } from '../engines/effects.ts';
import type { Contestant } from '../engines/roster.ts';
import { runOnce, startProcess, type Bench, type Question } from '../harness/bench.ts';
import { recoveryDatabase } from '../harness/databases.ts';
import { countEffects } from '../harness/drainBacklog.ts';
import { interleave } from '../harness/interleave.ts';
import type { Options } from '../harness/options.ts';
import type { Figures } from '../harness/resultsFile.ts';

/** How much of the work is done when one of the workers dies. */
const shareDoneAtDeath = 0.3;
/** What counts as a standstill: nothing new for this long. */
const standstillMs = 1_500;

export const recovery: Question = {
  name: 'recovery',
  asks: 'After `kill -9` of one of two workers under load, when is all work done, and is any effect done twice?',
  defaults: {
    n: 20_000,
    reps: 1,
    // BullMQ's stalled check needs up to 60 s.
    patience: 70,
    engines: [
      'ours:commit',
      'ours:make',
      'pgboss12:chain',
      'pgboss12:chaintx',
      'pgboss10:chain',
      'graphile:chain',
      'dbos:steps',
      'bullmq:steps',
      'absurd:steps',
    ],
  },
  quick: { n: 2_000, patience: 20 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'recovery',
      measure: (contestant) => killOneOfTwo(bench, contestant, options),
    }),
};

async function killOneOfTwo(bench: Bench, contestant: Contestant, options: Options): Promise<Figures> {
  const database = await recoveryDatabase(bench, contestant);
  const orders = Math.min(options.n, contestant.variant.ordersMax);
  const backlog = { database, firstOrder: 1, orders };
  await runOnce(bench, contestant, { database }, { command: { duty: 'enqueue', firstOrder: 1, orders } });
  const start = (processName: string) =>
    startProcess(bench, contestant, { database, processName, quickRecovery: true });
  const [victim, survivor] = await Promise.all([start('worker-1'), start('worker-2')]);
  const effects = async () =>
    orders * stepNames.length - ((await countEffects(bench, backlog))['missingEffects'] ?? 0);
  try {
    const work = { duty: 'work', concurrency: contestant.entry.concurrency } as const;
    await Promise.all([victim.ask(work), survivor.ask(work)]);
    while ((await effects()) < orders * stepNames.length * shareDoneAtDeath) await delay(20);
    await victim.kill();
    const rest = await watchTheRest(effects, orders * stepNames.length, options.patience * 1_000);
    return { orders, ...rest, ...(await countEffects(bench, backlog)) };
  } finally {
    await Promise.all([victim.kill(), survivor.kill()]);
  }
}

/** Follows the effects until all are there or nothing has happened for too long. */
async function watchTheRest(count: () => Promise<number>, all: number, patienceMs: number): Promise<Figures> {
  const begin = performance.now();
  let seen = -1;
  let seenAt = begin;
  let standstill: Figures = {};
  for (;;) {
    const effects = await count();
    const now = performance.now();
    if (effects !== seen) {
      seen = effects;
      seenAt = now;
    }
    if (effects >= all) return { allDone: 1, doneAfterSeconds: (now - begin) / 1_000, ...standstill };
    if (now - seenAt > patienceMs)
      return { allDone: 0, gaveUpAfterSeconds: (now - begin) / 1_000, ...standstill };
    if (now - seenAt > standstillMs && !('waitingEffects' in standstill))
      standstill = { standstillAfterSeconds: (seenAt - begin) / 1_000, waitingEffects: all - effects };
    await delay(100);
  }
}
