import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { completedJobs } from './checker.ts';
import { sizes } from './sizes.ts';
import type { ShopUnderTest, Stack } from './stack.ts';
import { until } from './until.ts';

export const untilCompleted = (stack: ShopUnderTest, count: number) =>
  until(`${count} completed jobs`, async () => (await completedJobs(stack)) >= count, {
    withinMs: sizes.patienceMs,
    everyMs: 20,
  });

/** Mails go out before books are stored: in a burst all are out long before all jobs are done. */
export const untilMailed = (stack: ShopUnderTest, count: number) =>
  until(
    `${count} mails taken`,
    async () => {
      const [row] = await stack.sql<{ taken: number }>(
        'select count(*)::int as taken from fulfillment.email_messages where accepted_at is not null',
      );
      return (row?.taken ?? 0) >= count;
    },
    { withinMs: sizes.patienceMs, everyMs: 20 },
  );

/** How many jobs are in the hands of a worker, and how many mails are between intent and outcome. */
export async function underWay(stack: ShopUnderTest): Promise<{ leased: number; mails: number }> {
  const [row] = await stack.sql<{ leased: number; mails: number }>(
    `select (select count(*)::int from fulfillment.fulfillment_dispatch where worker is not null) as leased,
            (select count(*)::int from fulfillment.email_attempts where outcome is null) as mails`,
  );
  return row ?? { leased: 0, mails: 0 };
}

/** When lost jobs were taken over, in milliseconds after `sinceMs` (which is since 1970). */
export async function takeOvers(stack: ShopUnderTest, sinceMs: number): Promise<number[]> {
  const lines = (await readFile(stack.places.logFile, 'utf8')).split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as { event: string; time: string });
  return events
    .filter(({ event }) => event === 'job.taken_over')
    .map(({ time }) => Date.parse(time) - sinceMs)
    .filter((ms) => ms > 0);
}

/** The database server and all its children. */
export async function postgresProcesses(stack: Stack): Promise<number[]> {
  const server = await stack.postgresPid();
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server)], { encoding: 'utf8' });
  return [server, ...children.split('\n').map(Number).filter(Boolean)];
}
