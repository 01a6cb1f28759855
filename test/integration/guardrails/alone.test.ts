import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../src/main/readConfig.ts';
import type { RunningService } from '../../../src/main/startService.ts';
import { startSentinel } from '../../../src/main/startSentinel.ts';
import { openTestPools, type TestPools } from '../../builders/testPools.ts';
import { startTcpLine } from '../../builders/tcpLine.ts';
import { createTestDatabase, type TestRole, urlAs } from '../../setup/database.ts';
import { type FaultHttp, startFaultHttp } from '../../vendors/faultHttp.ts';
import { routingKey, startPagerDuty } from '../../vendors/pagerDuty.ts';

let pools: TestPools;
let line: Awaited<ReturnType<typeof startTcpLine>>;
let pagerDuty: Awaited<ReturnType<typeof startPagerDuty>>;
let outside: FaultHttp;
let directory: string;
let running: RunningService | undefined;

beforeAll(async () => {
  const database = await createTestDatabase();
  pools = await openTestPools(database);
  const { hostname, port } = new URL(database.url);
  line = await startTcpLine({ host: hostname, port: Number(port) });
  pagerDuty = await startPagerDuty();
  outside = await startFaultHttp();
  outside.otherwise(() => ({ mode: 'answer', text: 'ok' }));
  directory = await mkdtemp(join(tmpdir(), 'sentinel-alone-'));
});
afterEach(async () => {
  line.be('passes');
  await running?.stop();
  running = undefined;
  pagerDuty.reset();
  await pools.rows('truncate fulfillment.workers, fulfillment.alerts, fulfillment.alert_deliveries');
});
afterAll(async () => {
  await Promise.all([line.stop(), pagerDuty.stop(), outside.stop()]);
  await pools.stop();
  await rm(directory, { recursive: true });
});

const throughLine = (role: TestRole) => {
  const url = new URL(urlAs(pools.database, role));
  url.port = String(line.port);
  return url.href;
};

/** As it runs in a process of its own, in quicker time. */
async function start(): Promise<void> {
  const env = {
    DATABASE_URL_WORKER: throughLine('fulfillment_worker'),
    DATABASE_URL_READER: throughLine('fulfillment_reader'),
    PUBLIC_BASE_URL: 'https://api.books.example',
    PAGERDUTY_ROUTING_KEY: routingKey,
    PAGERDUTY_EVENTS_URL: pagerDuty.url,
    DEAD_MAN_URL: `${outside.url}/beat`,
    SENTINEL_SPOOL_FILE: join(directory, 'spool.json'),
    ENVIRONMENT: 'test',
    LOG_LEVEL: 'error',
  };
  const surroundings = { env, readFile: () => '', now: new Date(), processName: () => 'test' };
  const reading = readConfig(surroundings, 'sentinel');
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  running = await startSentinel(reading.config, {
    logFile: join(directory, 'sentinel.log'),
    times: {
      everyMs: { look: 100, deliver: 50, beat: 100 },
      blindMs: 500,
      answerTimeoutMs: 400,
    },
  });
}

const incident = (rule: string) => pagerDuty.incidents.find(({ key }) => key === `fulfillment:${rule}:`);
const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 8_000, interval: 25 });
const beat = (secondsAgo: number) =>
  pools.rows(
    `insert into fulfillment.workers (name, version, plan_keys, seen_at)
     values ('w', '1', '{}', clock_timestamp() - $1 * interval '1 second')
     on conflict (name) do update set seen_at = excluded.seen_at`,
    [secondsAgo],
  );
const beats = () => outside.requests.length;

describe('a sentinel in a process of its own', () => {
  it('rings when the last worker has gone, and says when one is back', async () => {
    await beat(46);
    await start();
    await until(() => expect(incident('workers_gone')).toMatchObject({ status: 'triggered', triggers: 1 }));
    await beat(0);
    await until(() => expect(incident('workers_gone')?.status).toBe('resolved'));
    expect(pagerDuty.changes).toHaveLength(1);
  });

  it('does not let go of what PagerDuty did not take', async () => {
    await start();
    pagerDuty.be({ mode: 'answer', status: 503 });
    await beat(46);
    await until(() => expect(pagerDuty.requests.length).toBeGreaterThan(1));
    expect(pagerDuty.incidents).toEqual([]);
    pagerDuty.be(undefined);
    await until(() => expect(incident('workers_gone')).toMatchObject({ status: 'triggered', triggers: 1 }));
  });

  it.each(['cut', 'hangs'] as const)(
    'rings past the database when that is gone (%s), is silent outside, and says when it is back',
    async (mood) => {
      await start();
      const before = beats();
      await until(() => expect(beats()).toBeGreaterThan(before + 1));
      line.be(mood);
      await until(() =>
        expect(incident('database_unreachable')).toMatchObject({ status: 'triggered', triggers: 1 }),
      );
      const silent = beats();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(beats() - silent).toBeLessThanOrEqual(1);
      line.be('passes');
      await until(() => expect(incident('database_unreachable')?.status).toBe('resolved'));
      await until(() => expect(beats()).toBeGreaterThan(silent + 2));
    },
  );
});
