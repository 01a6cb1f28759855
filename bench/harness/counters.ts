import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { familyCpuUs, machineTimes, type MachineTimes } from './processTimes.ts';
import type { Figures } from './resultsFile.ts';

/** What the servers have done so far. */
export interface Counters {
  commits: number;
  walBytes: number;
  /** Buffers asked for, in the cache or not. */
  blocks: number;
  postgresCpuUs: number;
  redisCpuUs: number;
  /** Of the process that directs the measurement. */
  harnessCpuUs: number;
  machine: MachineTimes;
}

/** Sessions with this name are the harness's own and may stay while others are counted. */
export const holderName = 'bench-holder';

const goodbyeMs = 5_000;

/** Sessions tell their counts when they end at the latest, so this waits until the engine's have. */
async function waitForGoodbyes(bench: Bench, database: string): Promise<void> {
  const deadline = performance.now() + goodbyeMs;
  while (performance.now() < deadline) {
    const { rows } = await bench.postgres.admin.query<{ n: number }>(
      `select count(*) as n from pg_stat_activity
       where datname = $1 and backend_type = 'client backend' and application_name <> $2`,
      [database, holderName],
    );
    if (rows[0]?.n === 0) return;
    await delay(50);
  }
}

/** @param sessionsStay those of workers that are frozen; they have told their counts when they last had nothing to do */
export async function readCounters(bench: Bench, database: string, sessionsStay = false): Promise<Counters> {
  if (!sessionsStay) await waitForGoodbyes(bench, database);
  const { rows } = await bench.postgres.admin.query<Record<'commits' | 'blocks' | 'wal', number>>(
    `select xact_commit as commits, blks_hit + blks_read as blocks,
            (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as wal
     from pg_stat_database where datname = $1`,
    [database],
  );
  const [row] = rows;
  if (!row) throw new Error(`There is no database ${database}.`);
  return {
    commits: row.commits,
    walBytes: row.wal,
    blocks: row.blocks,
    postgresCpuUs: familyCpuUs(bench.postgres.pid),
    redisCpuUs: bench.redis ? familyCpuUs(bench.redis.pid) : 0,
    harnessCpuUs: ownCpuUs(),
    machine: machineTimes(),
  };
}

function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

export function difference(before: Counters, after: Counters): Counters {
  const { machine } = before;
  return {
    commits: after.commits - before.commits,
    walBytes: after.walBytes - before.walBytes,
    blocks: after.blocks - before.blocks,
    postgresCpuUs: after.postgresCpuUs - before.postgresCpuUs,
    redisCpuUs: after.redisCpuUs - before.redisCpuUs,
    harnessCpuUs: after.harnessCpuUs - before.harnessCpuUs,
    machine: {
      allUs: after.machine.allUs - machine.allUs,
      busyUs: after.machine.busyUs - machine.busyUs,
      stolenUs: after.machine.stolenUs - machine.stolenUs,
    },
  };
}

/** How much of the machine went to what is not part of the measurement: a large share makes it worthless. */
export function disturbance(spent: Counters, enginesCpuUs: number): Figures {
  const { allUs, busyUs, stolenUs } = spent.machine;
  const oursUs = spent.postgresCpuUs + spent.redisCpuUs + spent.harnessCpuUs + enginesCpuUs;
  return {
    othersPercent: (100 * Math.max(0, busyUs - oursUs)) / Math.max(1, allUs),
    stolenPercent: (100 * stolenUs) / Math.max(1, allUs),
  };
}
