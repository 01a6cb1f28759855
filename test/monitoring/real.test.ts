import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { until } from '../acceptance/until.ts';
import { openReceivers, type Receivers } from './receivers.ts';
import { type RealStack, startRealStack } from './realStack.ts';
import { foreignMetrics } from './seeds.ts';
import { missing } from './tools.ts';

const token = 'a token of the service';
const routingKey = '0123456789abcdef0123456789abcdef';
const withinMs = 15_000;

let receivers: Receivers;
let stack: RealStack;
/** What the exporter says: jobs that failed within the last hour. */
let failedWithinHour = 3;

/** A service that is well, but for what has failed. */
const exported = (): string =>
  [
    `fulfillment_collector_last_success_timestamp_seconds ${Date.now() / 1000}`,
    `fulfillment_jobs_failed_recent{window="1h"} ${failedWithinHour}`,
    'fulfillment_jobs_active{state="open",step="issue_receipt"} 0',
    'fulfillment_oldest_open_job_deadline_timestamp_seconds 0',
    'fulfillment_sla_jobs_total{result="met"} 7',
    'fulfillment_sla_jobs_total{result="breached"} 0',
    '',
  ].join('\n');

const beats = () =>
  receivers.service.filter(({ alerts }) => alerts.some(({ labels }) => labels['rule'] === 'watchdog'));
const toldService = (status: string) =>
  receivers.service.find(({ alerts }) =>
    alerts.some((alert) => alert.status === status && alert.labels['rule'] === 'failure_rate'),
  );
const paged = (action: string) => receivers.pagerDuty.find(({ event_action: each }) => each === action);
const posted = (color: string) => receivers.slack.find(({ attachments: [first] }) => first?.color === color);

beforeAll(async () => {
  if (missing) return;
  receivers = await openReceivers({ token, routingKey });
  receivers.metrics = exported;
  stack = await startRealStack({ receivers, token, routingKey });
});

afterAll(async () => {
  await stack?.stop();
  await receivers?.close();
});

describe.skipIf(missing)(`Prometheus and Alertmanager, run for real${missing}`, () => {
  it('beat at the dead man’s door, again and again, and three failures call nobody', async () => {
    await until('the second beat', async () => beats().length >= 2, { withinMs });
    expect(receivers.pagerDuty).toEqual([]);
    expect(receivers.slack).toEqual([]);
  });

  it('tell PagerDuty, Slack and the service of the fourth failure, each once', async () => {
    failedWithinHour = 4;
    const trigger = await until('a page', async () => paged('trigger'), { withinMs });
    const message = await until('a message', async () => posted('danger'), { withinMs });
    await until('a word to the service', async () => toldService('firing'), { withinMs });
    const summary = '4 jobs failed within an hour, more than 3';
    expect(trigger).toMatchObject({
      payload: { severity: 'critical', class: 'failure_rate', component: 'fulfillment', summary },
      links: [
        { href: expect.stringMatching(/docs\/runbooks\/ebooks-fulfillment\.md#failure_rate$/) as string },
        {},
      ],
    });
    expect(message.attachments).toMatchObject([{ title: 'FulfillmentFailureRate', text: summary }]);
    expect(receivers.pagerDuty).toHaveLength(1);
    expect(receivers.slack).toHaveLength(1);
  });

  it('tell them that it is over, PagerDuty by the same dedup_key', async () => {
    failedWithinHour = 3;
    const resolve = await until('the end at PagerDuty', async () => paged('resolve'), { withinMs });
    const message = await until('the end at Slack', async () => posted('good'), { withinMs });
    await until('the end at the service', async () => toldService('resolved'), { withinMs });
    expect(resolve.dedup_key).toBe(paged('trigger')?.dedup_key);
    expect(message.attachments).toMatchObject([{ title: 'Over: FulfillmentFailureRate' }]);
    expect(receivers.pagerDuty).toHaveLength(2);
    expect(receivers.refused).toEqual([]);
  });

  it('go on beating while there is trouble and after it', async () => {
    const before = beats().length;
    await until('another beat', async () => beats().length > before, { withinMs });
  });

  it('export by themselves what the rules about them ask for', async () => {
    const texts = await Promise.all(
      [stack.prometheusUrl, stack.alertmanagerUrl].map(async (url) => (await fetch(`${url}/metrics`)).text()),
    );
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const all = [...texts, await registry.metrics()].join('\n');
    const madeByPrometheus = ['up', 'ALERTS'];
    const lacking = Object.keys(foreignMetrics).filter(
      (name) => !madeByPrometheus.includes(name) && !new RegExp(`^# TYPE ${name} `, 'm').test(all),
    );
    expect(lacking).toEqual([]);
  });
});
