import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type pg from 'pg';
import { Fault } from '../../../src/domain/fault.ts';
import { createDeliverAlerts } from '../../../src/guardrails/deliverAlerts.ts';
import { systemRandom } from '../../../src/main/systemRandom.ts';
import type { AlertChannel, AlertNotice, AlertSender } from '../../../src/ports/alertDelivery.ts';
import type { TelemetryEvent } from '../../../src/ports/telemetry.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createDeliveryBook } from '../../../src/store/guardrails/deliveryBook.ts';
import { createAlertConfirmations, createSentinelBook } from '../../../src/store/guardrails/sentinelBook.ts';
import { type EngineStack, startEngineStack } from '../../builders/engineStack.ts';

let stack: EngineStack;
let pool: pg.Pool;
let intake: pg.Pool;
beforeAll(async () => {
  stack = await startEngineStack();
  pool = stack.poolAs('fulfillment_worker', 4);
  intake = stack.poolAs('fulfillment_intake', 1);
});
beforeEach(() => createDeliveryBook(pool).setChannels(['pagerduty', 'slack']));
afterEach(async () => {
  await stack.rows(
    'truncate fulfillment.alerts, fulfillment.alert_deliveries, fulfillment.alert_confirmations',
  );
  await stack.rows('truncate fulfillment.alert_channels, fulfillment.alert_channel_tests cascade');
  await stack.rows('update fulfillment.sentinel_state set watchdog_at = null');
});
afterAll(() => stack.stop());

/** A channel that writes down what it is told, and breaks on demand. */
function channel(name: AlertChannel) {
  const heard: AlertNotice[] = [];
  const line = { down: undefined as Fault | undefined, lostAfter: 0 };
  const sender: AlertSender = {
    channel: name,
    async send(notice) {
      if (line.down) throw line.down;
      heard.push(notice);
      return `${name}/${heard.length}`;
    },
  };
  return { sender, heard, line, told: () => heard.map(({ kind, rule }) => `${kind} ${rule}`) };
}

function house({ besideAlertmanager = false, graceMs = 120_000 } = {}) {
  const [pagerDuty, slack] = [channel('pagerduty'), channel('slack')];
  const events: TelemetryEvent[] = [];
  const make = () =>
    createDeliverAlerts({
      book: createDeliveryBook(pool),
      senders: [pagerDuty.sender, slack.sender],
      sentinel: createSentinelBook(pool),
      random: systemRandom,
      telemetry: { emit: (event) => void events.push(event) },
      besideAlertmanager,
      graceMs,
      links: {
        environment: 'test',
        publicBaseUrl: 'https://api.books.example',
        runbookUrl: 'https://wiki.example/runbook',
      },
    });
  return { pagerDuty, slack, events, make, deliver: make() };
}

const alerts = () => createAlertBook(pool);
const open = (rule: string, severity: 'page' | 'ticket' = 'page') =>
  alerts().keep(rule, [''], [{ rule, scope: '', severity, summary: 'Two jobs are late.' }]);
const end = (rule: string) => alerts().keep(rule, [''], []);
/** As if the time until everything is due again had passed. */
const later = () =>
  stack.rows(
    'update fulfillment.alert_deliveries set due_at = clock_timestamp() where delivered_at is null and left_out is null',
  );

describe('an alert', () => {
  it('is told on every channel that wants it, once, with where to look and what to do', async () => {
    const { pagerDuty, slack, deliver } = house();
    await open('job_beyond_sla');
    await open('job_blocked', 'ticket');
    await deliver();
    await open('job_beyond_sla');
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened job_beyond_sla']);
    expect(slack.told()).toEqual(['opened job_beyond_sla', 'opened job_blocked']);
    const [row] = (await stack.rows(
      `select id, notified_at from fulfillment.alerts where rule = 'job_beyond_sla'`,
    )) as Array<{ id: string; notified_at: Date | null }>;
    expect(row?.notified_at).toBeInstanceOf(Date);
    expect(pagerDuty.heard[0]).toMatchObject({
      key: 'fulfillment:job_beyond_sla:',
      severity: 'page',
      summary: '[test] Two jobs are late.',
      links: [
        { href: `https://api.books.example/ops/alerts/${row?.id}`, text: 'Alert' },
        { href: 'https://wiki.example/runbook#job-beyond-sla', text: 'Runbook' },
      ],
    });
  });

  it('that is over is told as such, with what the channel called its message', async () => {
    const { slack, deliver } = house();
    await open('failure_rate');
    await deliver();
    await end('failure_rate');
    await deliver();
    expect(slack.heard.map(({ kind, reference }) => [kind, reference])).toEqual([
      ['opened', null],
      ['resolved', 'slack/1'],
    ]);
  });

  it('that somebody is looking into is told as such', async () => {
    const { pagerDuty, deliver } = house();
    await open('failure_rate');
    await deliver();
    await stack.rows(
      `update fulfillment.alerts set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = 's', acknowledged_reason = 'r'`,
    );
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened failure_rate', 'acknowledged failure_rate']);
  });

  it('is not lost while a channel is away for ten minutes, and told once afterwards, in its order', async () => {
    const { pagerDuty, slack, events, deliver } = house();
    pagerDuty.line.down = new Fault({ kind: 'transient', reason: 'pagerduty_timeout', message: 'x' });
    await open('job_beyond_sla');
    for (let round = 0; round < 12; round += 1) {
      if (round === 4) await end('job_beyond_sla');
      if (round === 8) await open('job_beyond_sla');
      await deliver();
      await later();
    }
    expect(slack.told()).toEqual([
      'opened job_beyond_sla',
      'resolved job_beyond_sla',
      'opened job_beyond_sla',
    ]);
    pagerDuty.line.down = undefined;
    for (let round = 0; round < 4; round += 1) {
      await later();
      await deliver();
    }
    expect(pagerDuty.told()).toEqual(slack.told());
    expect(
      events.filter((event) => event.name === 'alert.delivered' && event.result === 'failed'),
    ).not.toEqual([]);
  });

  it('waits for its next attempt within a minute, also after many', async () => {
    const { pagerDuty, deliver } = house();
    pagerDuty.line.down = new Fault({
      kind: 'rate_limited',
      reason: 'x',
      message: 'x',
      retryAfterMs: 3_600_000,
    });
    await open('job_beyond_sla');
    for (let round = 0; round < 30; round += 1) {
      await deliver();
      const [row] = (await stack.rows(
        `select extract(epoch from due_at - clock_timestamp())::float8 as seconds, last_reason
           from fulfillment.alert_deliveries where channel = 'pagerduty'`,
      )) as Array<{ seconds: number; last_reason: string }>;
      expect(row?.seconds).toBeLessThanOrEqual(60);
      expect(row?.last_reason).toBe('x');
      await later();
    }
  });

  it('is told once by two sentinels side by side', async () => {
    const { pagerDuty, make } = house();
    for (let n = 0; n < 20; n += 1) await open(`rule_${n}`);
    const sentinels = [make(), make(), make()];
    await Promise.all(sentinels.map((deliver) => deliver()));
    await Promise.all(sentinels.map((deliver) => deliver()));
    expect(pagerDuty.told().toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => `opened rule_${n}`).toSorted(),
    );
  });

  it('that was told and not recorded is told again after a minute: rather twice than never', async () => {
    const { pagerDuty, deliver } = house();
    await open('failure_rate');
    // Its sentinel was killed between the two.
    await createDeliveryBook(pool).take(20);
    await deliver();
    expect(pagerDuty.told()).toEqual([]);
    await later();
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened failure_rate']);
  });

  it('from before there was a channel is told on it as well', async () => {
    const { slack, deliver } = house();
    await createDeliveryBook(pool).setChannels(['pagerduty']);
    await open('failure_rate');
    await deliver();
    expect(slack.told()).toEqual([]);
    await createDeliveryBook(pool).setChannels(['pagerduty', 'slack']);
    await deliver();
    expect(slack.told()).toEqual(['opened failure_rate']);
  });
});

describe('beside Alertmanager', () => {
  const hear = (rule: string, firing: boolean) =>
    createAlertConfirmations(intake).confirm([{ rule, firing }], true);

  it('what it has told is not told again, whichever of the two was first', async () => {
    const { pagerDuty, deliver } = house({ besideAlertmanager: true });
    await hear('failure_rate', true);
    await open('failure_rate');
    await deliver();
    await open('job_beyond_sla');
    await deliver();
    expect(pagerDuty.told()).toEqual([]);
    await hear('job_beyond_sla', true);
    await later();
    await deliver();
    // And what was not opened here is not ended here.
    await end('failure_rate');
    await end('job_beyond_sla');
    await deliver();
    await later();
    await deliver();
    expect(pagerDuty.told()).toEqual([]);
    expect(
      await stack.rows(
        `select from fulfillment.alert_deliveries where delivered_at is null and left_out is null`,
      ),
    ).toEqual([]);
  });

  it('what it does not tell within its time is told here', async () => {
    const { pagerDuty, deliver } = house({ besideAlertmanager: true });
    await hear('some_other_rule', true);
    await open('job_beyond_sla');
    await deliver();
    await stack.rows(
      `update fulfillment.alert_deliveries set created_at = clock_timestamp() - interval '121 seconds'`,
    );
    await later();
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened job_beyond_sla']);
  });

  it('all is told at once while it is silent itself', async () => {
    const { pagerDuty, deliver } = house({ besideAlertmanager: true });
    await hear('job_beyond_sla', false);
    await stack.rows(
      `update fulfillment.sentinel_state set watchdog_at = clock_timestamp() - interval '121 seconds'`,
    );
    await open('job_beyond_sla');
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened job_beyond_sla']);
  });

  it('what it told of an earlier time is no word on this one', async () => {
    const { pagerDuty, deliver } = house({ besideAlertmanager: true, graceMs: 0 });
    await hear('job_beyond_sla', true);
    await hear('job_beyond_sla', false);
    await open('job_beyond_sla');
    await deliver();
    expect(pagerDuty.told()).toEqual(['opened job_beyond_sla']);
  });
});

describe('the day’s test', () => {
  it('goes to each channel once a day, and is known to have arrived', async () => {
    const { pagerDuty, slack, deliver } = house();
    const book = createDeliveryBook(pool);
    slack.line.down = new Fault({ kind: 'needs_human', reason: 'slack_invalid_auth', message: 'x' });
    await book.wantDailyTest();
    await book.wantDailyTest();
    await deliver();
    expect(pagerDuty.told()).toEqual(['daily_test delivery_test']);
    expect(
      await stack.rows('select channel, succeeded_at is not null as ok from fulfillment.alert_channel_tests'),
    ).toEqual([{ channel: 'pagerduty', ok: true }]);
    await stack.rows(
      `update fulfillment.alert_deliveries set id = fulfillment.uuid_v7_floor(clock_timestamp() - interval '25 hours') where channel = 'pagerduty'`,
    );
    await book.wantDailyTest();
    await deliver();
    expect(pagerDuty.told()).toHaveLength(2);
  });
});
