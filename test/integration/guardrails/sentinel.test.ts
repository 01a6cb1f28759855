import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type pg from 'pg';
import { Fault } from '../../../src/domain/fault.ts';
import { createBlindWatch } from '../../../src/guardrails/blindWatch.ts';
import { createDeadMan } from '../../../src/guardrails/deadMan.ts';
import { createKeepRules } from '../../../src/guardrails/keepRules.ts';
import { createSpoolFile } from '../../../src/main/spoolFile.ts';
import type { AlertNotice, AlertSender } from '../../../src/ports/alertDelivery.ts';
import type { TelemetryEvent } from '../../../src/ports/telemetry.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createSentinelBook } from '../../../src/store/guardrails/sentinelBook.ts';
import { readTruth } from '../../../src/store/jobs/readTruth.ts';
import { type EngineStack, startEngineStack } from '../../builders/engineStack.ts';
import { planOf, readStep } from '../../builders/steps.ts';
import { createManualClock } from '../../fakes/manualClock.ts';

let stack: EngineStack;
let reader: pg.Pool;
let worker: pg.Pool;
let directory: string;
beforeAll(async () => {
  stack = await startEngineStack();
  reader = stack.poolAs('fulfillment_reader', 2);
  worker = stack.poolAs('fulfillment_worker', 2);
  directory = await mkdtemp(join(tmpdir(), 'sentinel-'));
});
afterEach(() =>
  stack.rows(
    'truncate fulfillment.fulfillment_dispatch, fulfillment.job_failures, fulfillment.alerts, fulfillment.alert_deliveries',
  ),
);
afterAll(async () => {
  await stack.stop();
  await rm(directory, { recursive: true });
});

const plan = planOf([readStep('first')]);

function look() {
  const told: TelemetryEvent[] = [];
  const keepRules = createKeepRules({
    readTruth: () => readTruth(reader),
    alerts: createAlertBook(worker),
    book: createSentinelBook(worker),
    telemetry: { emit: (event) => void told.push(event) },
  });
  return { keepRules, told };
}

/** An order that was accepted so many milliseconds ago, with five minutes to be done. */
async function orderOfAge(ageMs: number): Promise<string> {
  const id = await stack.addJob(plan);
  await stack.rows(
    `update fulfillment.fulfillment_jobs
        set created_at = clock_timestamp() - $2 * interval '1 millisecond',
            sla_deadline = clock_timestamp() - $2 * interval '1 millisecond' + interval '300 seconds' where id = $1`,
    [id, ageMs],
  );
  return id;
}

const standing = async () => {
  const rows = await stack.rows<{ rule: string; job_id: string | null }>(
    `select rule, job_id from fulfillment.alerts where state <> 'resolved' order by rule`,
  );
  return rows.map(({ rule, job_id }) => [rule, job_id]);
};

async function fail(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const id = await stack.addJob(plan);
    await stack.rows(
      `update fulfillment.fulfillment_jobs set state = 'failed', reason = 'timeout', failed_step = 'first',
              finished_at = clock_timestamp() where id = $1`,
      [id],
    );
    await stack.rows('delete from fulfillment.fulfillment_dispatch where job_id = $1', [id]);
  }
}

describe('a sentinel that looks', () => {
  it('opens nothing for an order of 4:58, and one alert for one of 5:01, with the order to look at', async () => {
    await orderOfAge(298_000);
    await look().keepRules();
    expect(await standing()).toEqual([]);
    const late = await orderOfAge(301_000);
    const { keepRules, told } = look();
    await keepRules();
    await keepRules();
    await look().keepRules();
    expect(await standing()).toEqual([['job_beyond_sla', late]]);
    expect(told).toEqual([
      { name: 'alert.changed', change: 'opened', rule: 'job_beyond_sla', scope: '', severity: 'page' },
    ]);
  });

  it('ends the alert when the order is done', async () => {
    const late = await orderOfAge(301_000);
    await look().keepRules();
    await stack.rows('delete from fulfillment.fulfillment_dispatch where job_id = $1', [late]);
    await look().keepRules();
    expect(await standing()).toEqual([]);
  });

  it('is silent at three failures within an hour and rings at the fourth, whoever was restarted in between', async () => {
    await fail(3);
    await look().keepRules();
    expect(await standing()).toEqual([]);
    await fail(1);
    await look().keepRules();
    expect(await standing()).toEqual([['failure_rate', null]]);
    await stack.rows(
      `update fulfillment.job_failures set failed_at = failed_at - interval '1 hour'
        where id in (select id from fulfillment.job_failures order by id limit 1)`,
    );
    await look().keepRules();
    expect(await standing()).toEqual([]);
  });

  it('writes down that it looked', async () => {
    await look().keepRules();
    expect((await readTruth(reader)).sentinelAt?.getTime()).toBeGreaterThan(Date.now() - 5_000);
  });
});

function hearing() {
  const heard: AlertNotice[] = [];
  const line = { down: false };
  const sender = (channel: 'pagerduty' | 'slack'): AlertSender => ({
    channel,
    async send(notice) {
      if (line.down) throw new Fault({ kind: 'transient', reason: 'x', message: 'x' });
      heard.push(notice);
      return `${channel}-message`;
    },
  });
  return { heard, line, senders: [sender('pagerduty'), sender('slack')] };
}

describe('a sentinel whose database is away', () => {
  let files = 0;
  function blind(
    { heard, line, senders }: ReturnType<typeof hearing>,
    file = join(directory, `spool-${(files += 1)}`),
  ) {
    const clock = createManualClock('2026-11-24T12:00:00Z');
    const watch = createBlindWatch({
      senders,
      spool: createSpoolFile(file),
      clock,
      telemetry: { emit: () => undefined },
      links: { environment: 'test', publicBaseUrl: 'https://x.example', runbookUrl: null },
    });
    return { clock, watch, heard, line, file, again: () => blind({ heard, line, senders }, file) };
  }
  const kinds = (heard: AlertNotice[]) => heard.map(({ kind, key }) => `${kind} ${key}`);
  const key = 'fulfillment:database_unreachable:';

  it('rings after a minute, once on each channel, and says when it is over', async () => {
    const { clock, watch, heard } = blind(hearing());
    await watch.blind();
    await clock.advance(59_000);
    await watch.blind();
    expect(heard).toEqual([]);
    await clock.advance(1_000);
    await watch.blind();
    await watch.blind();
    expect(kinds(heard)).toEqual([`opened ${key}`, `opened ${key}`]);
    await watch.sighted();
    await watch.sighted();
    expect(kinds(heard).slice(2)).toEqual([`resolved ${key}`, `resolved ${key}`]);
    expect(heard.at(-1)?.reference).toBe('slack-message');
  });

  it('does not ring for a hiccup', async () => {
    const { clock, watch, heard } = blind(hearing());
    for (let n = 0; n < 5; n += 1) {
      await watch.blind();
      await clock.advance(50_000);
      await watch.sighted();
    }
    expect(heard).toEqual([]);
  });

  it('neither repeats nor forgets over a restart', async () => {
    const first = blind(hearing());
    await first.watch.blind();
    await first.clock.advance(60_000);
    await first.watch.blind();
    const second = first.again();
    await second.watch.blind();
    expect(first.heard).toHaveLength(2);
    const third = first.again();
    await third.watch.sighted();
    expect(kinds(first.heard).slice(2)).toEqual([`resolved ${key}`, `resolved ${key}`]);
    await first.again().watch.sighted();
    expect(first.heard).toHaveLength(4);
  });

  it('tells on and on until it is heard, also that it is over', async () => {
    const { clock, watch, heard, line } = blind(hearing());
    line.down = true;
    await watch.blind();
    await clock.advance(60_000);
    await watch.blind();
    line.down = false;
    await watch.blind();
    expect(heard).toHaveLength(2);
    line.down = true;
    await watch.sighted();
    line.down = false;
    await watch.sighted();
    expect(kinds(heard).slice(2)).toEqual([`resolved ${key}`, `resolved ${key}`]);
  });

  it('rings though its spool cannot be written', async () => {
    const { clock, watch, heard } = blind(hearing(), join(directory, 'nowhere', 'spool'));
    await watch.blind();
    await clock.advance(60_000);
    await watch.blind();
    await watch.blind();
    expect(heard).toHaveLength(2);
  });
});

describe('the sign of life', () => {
  const truth = () => readTruth(reader);
  function life(fields: {
    lookedMsAgo?: number;
    watchdogMs?: number | null;
    beside?: boolean;
    channels?: string[];
    read?: typeof truth;
  }) {
    const told: string[] = [];
    let beats = 0;
    const beat = createDeadMan({
      outside: { beat: async () => void (beats += 1) },
      readTruth: fields.read ?? truth,
      sentinel: { watchdogAgeMs: async () => fields.watchdogMs ?? null },
      lookedMsAgo: () => fields.lookedMsAgo ?? 1_000,
      channels: fields.channels ?? [],
      besideAlertmanager: fields.beside ?? false,
      telemetry: {
        emit: (event) => void (event.name === 'dead_man.beat' && told.push(event.reason ?? event.result)),
      },
    });
    return { beat, told, beats: () => beats };
  }

  it.each<[string, Parameters<typeof life>[0], string]>([
    ['all is well', {}, 'delivered'],
    ['the rules were not looked at', { lookedMsAgo: 60_001 }, 'rules_not_looked_at'],
    ['Alertmanager is silent', { beside: true, watchdogMs: 120_001 }, 'alertmanager_silent'],
    ['Alertmanager never spoke', { beside: true, watchdogMs: null }, 'alertmanager_silent'],
    ['Alertmanager speaks', { beside: true, watchdogMs: 119_000 }, 'delivered'],
    ['a channel was never tested', { channels: ['slack'] }, 'slack_not_tested'],
  ])('is given or withheld where %s', async (_where, fields, expected) => {
    const { beat, told, beats } = life(fields);
    await beat();
    expect(told).toEqual([expected]);
    expect(beats()).toBe(expected === 'delivered' ? 1 : 0);
  });

  it('is not given where the database does not answer', async () => {
    const { beat, told, beats } = life({
      read: () =>
        Promise.reject(new Fault({ kind: 'transient', reason: 'database_unavailable', message: 'x' })),
    });
    await beat();
    expect([told, beats()]).toEqual([['database_unavailable'], 0]);
  });
});
