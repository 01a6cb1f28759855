import { setTimeout as delay } from 'node:timers/promises';
import type { Contestant } from '../engines/roster.ts';
import { startProcess, type Bench, type Question } from '../harness/bench.ts';
import { freshDatabase } from '../harness/databases.ts';
import { interleave } from '../harness/interleave.ts';
import type { Figures } from '../harness/resultsFile.ts';
import { numberIn } from '../harness/roleProcess.ts';
import { forgetStatements, readStatements, watchStatements } from '../harness/statements.ts';
import { familyCpuUs } from '../harness/processTimes.ts';

/** Long enough for a worker that grows calm by and by, and for the last collection of what its start left behind. */
const settleMs = 30_000;

export const idle: Question = {
  name: 'idle',
  asks: 'What does a worker cost that has nothing to do?',
  defaults: {
    seconds: 20,
    reps: 1,
    engines: [
      'ours:commit',
      'pgboss12:chaintx',
      'pgboss10:chain',
      'graphile:chain',
      'dbos:steps',
      'bullmq:steps',
      'absurd:steps',
    ],
  },
  quick: { seconds: 5 },
  run: (bench, options) =>
    interleave(bench, options, {
      question: 'idle',
      measure: (contestant) => doNothing(bench, contestant, options.seconds),
    }),
};

async function doNothing(bench: Bench, contestant: Contestant, seconds: number): Promise<Figures> {
  const database = await freshDatabase(bench, contestant);
  await watchStatements(bench, database);
  const worker = await startProcess(bench, contestant, { database });
  try {
    await worker.ask({ duty: 'work', concurrency: contestant.entry.concurrency });
    await delay(settleMs);
    const before = await worker.ask({ duty: 'tellUsage' });
    await forgetStatements(bench);
    const postgresBefore = familyCpuUs(bench.postgres.pid);
    await delay(seconds * 1_000);
    const after = await worker.ask({ duty: 'tellUsage' });
    const postgresCpuUs = familyCpuUs(bench.postgres.pid) - postgresBefore;
    const { statements } = await readStatements(bench, database, contestant.entry.claim);
    return {
      seconds,
      workerCpuPercent: (numberIn(after, 'cpuUs') - numberIn(before, 'cpuUs')) / seconds / 10_000,
      postgresCpuPercent: postgresCpuUs / seconds / 10_000,
      statementsPerSecond: statements / seconds,
    };
  } finally {
    await worker.kill();
  }
}
