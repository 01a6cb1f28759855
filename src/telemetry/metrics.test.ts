import { describe, expect, it } from 'vitest';
import { deliveryKinds } from '../ports/deliveryEvidence.ts';
import { metricRegistry } from './metricRegistry.ts';
import type { DatabaseTruth } from '../ports/databaseTruth.ts';
import { createMetrics, type MetricsOptions } from './metrics.ts';

const truth = (fields: Partial<DatabaseTruth> = {}): DatabaseTruth => ({
  at: new Date('2026-11-22T10:00:00Z'),
  active: [],
  beyondSla: 0,
  beyondSlaJobId: null,
  oldestOpenAcceptedAt: null,
  oldestOpenDeadline: null,
  oldestHeldAt: null,
  oldestDueAt: null,
  failed: { last5m: 0, last1h: 0, last24h: 0, unattended: 0 },
  failedBecause: [],
  quarantined: 0,
  lastWebhookAt: null,
  webhooksSilent: false,
  circuits: [],
  mailGate: { why: null, held: 0 },
  mailsUnproven: 0,
  caughtUpAt: null,
  workers: { alive: 0, lastSeenAt: null },
  partitionsAhead: 3,
  upkeepAt: null,
  auditBroken: false,
  reconciledAt: null,
  findings: 0,
  alerts: { page: 0, ticket: 0 },
  undelivered: [],
  channelTests: [],
  sentinelAt: null,
  ...fields,
});

function metrics(options: Partial<MetricsOptions> = {}) {
  const made = createMetrics({
    steps: ['resolve_order', 'email'],
    providers: ['stripe', 'smtp'],
    sources: ['journal'],
    version: '1.2.3',
    readTruth: async () => truth(),
    ...options,
  });
  /** The value of a series, or undefined when it does not exist. */
  async function value(series: string): Promise<number | undefined> {
    const { body } = await made.render();
    const line = body.split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }
  return { ...made, value };
}

const finished = { jobId: 'j', kind: 'fulfil', latencySeconds: 1, slaMet: true };
const failed = { name: 'job.failed', jobId: 'j', kind: 'fulfil', latencySeconds: 1, slaMet: true } as const;

describe('the metrics', () => {
  it('have exactly the names and types of the registry, each with a help text', async () => {
    const { body, contentType } = await metrics().render();
    expect(contentType).toMatch(/^text\/plain/);
    const named = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
    expect(Object.fromEntries(named)).toEqual(
      Object.fromEntries(Object.entries(metricRegistry).map(([name, { type }]) => [name, type])),
    );
    for (const [, name, help] of body.matchAll(/^# HELP (\S+) (.*)$/gm))
      expect(help, name).toMatch(/^[A-Z].*\.$/);
  });

  it('exist before anything has happened: a counter born with its first failure is not seen', async () => {
    const { value } = metrics();
    for (const series of [
      'fulfillment_jobs_failed_total{step="email",reason="crash_loop"}',
      'fulfillment_jobs_failed_total{step="resolve_order",reason="timeout"}',
      'fulfillment_step_attempts_total{step="email",result="blocked"}',
      'fulfillment_webhooks_total{outcome="refused"}',
      'fulfillment_webhooks_total{outcome="unavailable"}',
      'fulfillment_sla_jobs_total{result="breached"}',
      'fulfillment_latency_seconds_bucket{le="300",outcome="completed"}',
      'fulfillment_latency_seconds_count{outcome="failed"}',
      'fulfillment_jobs_active{state="blocked",step="email"}',
      'fulfillment_leases_lost_total',
      'fulfillment_mail_ambiguous_total',
      'fulfillment_provider_circuit_state{provider="smtp"}',
      'fulfillment_provider_circuit_changes_total{provider="stripe",change="opened"}',
      'fulfillment_collector_failures_total',
    ]) {
      expect(await value(series), series).toBe(0);
    }
  });

  it('tell 300 s from a moment later: the boundary is at the SLA', async () => {
    const { observe, value } = metrics();
    for (const latencySeconds of [299.9, 300, 300.001])
      observe({ name: 'job.completed', ...finished, latencySeconds });
    expect(await value('fulfillment_latency_seconds_bucket{le="300",outcome="completed"}')).toBe(2);
    expect(await value('fulfillment_latency_seconds_bucket{le="600",outcome="completed"}')).toBe(3);
    expect(await value('fulfillment_latency_seconds_count{outcome="completed"}')).toBe(3);
  });

  it('count what is told', async () => {
    const { observe, value } = metrics();
    observe({ name: 'webhook.answered', outcome: 'merged', type: null, eventId: null, durationMs: 12 });
    observe({
      name: 'step.attempted',
      jobId: 'j',
      step: 'email',
      outcome: 'retry',
      attempt: 1,
      durationMs: 250,
    });
    observe({ name: 'job.completed', ...finished, slaMet: false });
    observe({ ...failed, step: 'email', reason: 'mailbox_refused' });
    observe({ name: 'lease.lost', jobId: 'j', worker: 'w' });
    observe({ name: 'mail.ambiguous', jobId: 'j', logicalKey: 'k', provider: 'smtp' });
    observe({
      name: 'provider.circuit',
      provider: 'smtp',
      change: 'opened',
      failures: 5,
      successes: 0,
      openings: 1,
    });
    observe({ name: 'mail.evidence', source: 'journal', kind: 'bounced', count: 3 });
    observe({ name: 'mail.evidence_expired', count: 4 });
    observe({ name: 'mail.report_refused', provider: 'resend', outcome: 'refused', reason: 'no_signature' });
    observe({ name: 'worker.started', worker: 'w', planKeys: [] });
    expect(await value('fulfillment_webhooks_total{outcome="merged"}')).toBe(1);
    expect(await value('fulfillment_webhook_duration_seconds_sum')).toBeCloseTo(0.012);
    expect(await value('fulfillment_mail_evidence_expired_total')).toBe(4);
    expect(await value('fulfillment_step_attempts_total{step="email",result="retry"}')).toBe(1);
    expect(await value('fulfillment_step_duration_seconds_sum{step="email"}')).toBeCloseTo(0.25);
    expect(await value('fulfillment_jobs_failed_total{step="email",reason="mailbox_refused"}')).toBe(1);
    expect(await value('fulfillment_leases_lost_total')).toBe(1);
    expect(await value('fulfillment_mail_ambiguous_total')).toBe(1);
    expect(await value('fulfillment_mail_evidence_total{source="journal",kind="bounced"}')).toBe(3);
    expect(await value('fulfillment_mail_reports_refused_total{outcome="refused"}')).toBe(1);
    expect(await value('fulfillment_provider_circuit_changes_total{provider="smtp",change="opened"}')).toBe(
      1,
    );
  });

  it('count an order as breached when its time is over or it has failed, and as late only once', async () => {
    const { observe, value } = metrics();
    observe({ name: 'job.completed', ...finished });
    observe({ ...failed, step: 'email', reason: 'x' });
    observe({ name: 'job.sla_breached', jobId: 'j' });
    observe({ name: 'job.completed', ...finished, slaMet: false });
    expect(await value('fulfillment_sla_jobs_total{result="met"}')).toBe(1);
    expect(await value('fulfillment_sla_jobs_total{result="breached"}')).toBe(1);
    expect(await value('fulfillment_latency_seconds_count{outcome="failed"}')).toBe(1);
  });

  it('measure orders alone: what is done for them besides has no buyer who waits for it so', async () => {
    const { observe, value } = metrics();
    observe({ name: 'job.completed', ...finished, kind: 'track' });
    observe({ ...failed, kind: 'settle', step: 'email', reason: 'x' });
    expect(await value('fulfillment_jobs_completed_total{kind="track"}')).toBe(1);
    expect(await value('fulfillment_jobs_failed_total{step="email",reason="x"}')).toBe(1);
    expect(await value('fulfillment_sla_jobs_total{result="met"}')).toBe(0);
    expect(await value('fulfillment_latency_seconds_count{outcome="completed"}')).toBe(0);
    expect(await value('fulfillment_latency_seconds_count{outcome="failed"}')).toBe(0);
  });

  it('have a bound: what is in no list is counted as other', async () => {
    const { observe, value } = metrics();
    for (let n = 0; n < 200; n += 1) observe({ ...failed, step: 'email', reason: `odd_${n}` });
    observe({ ...failed, step: 'unheard_of', reason: 'timeout' });
    expect(await value('fulfillment_jobs_failed_total{step="email",reason="odd_0"}')).toBe(1);
    expect(await value('fulfillment_jobs_failed_total{step="email",reason="odd_199"}')).toBeUndefined();
    expect(await value('fulfillment_jobs_failed_total{step="email",reason="other"}')).toBe(140);
    expect(await value('fulfillment_jobs_failed_total{step="other",reason="timeout"}')).toBe(1);
  });

  it('stay below 1,500 series in the largest shop, when everything has happened to everybody', async () => {
    const steps = Array.from({ length: 24 }, (_, n) => `step_${n}`);
    const providers = Array.from({ length: 9 }, (_, n) => `provider_${n}`);
    const { observe, render } = metrics({ steps, providers, sources: ['a', 'b', 'c'], runtime: true });
    for (const step of steps)
      for (let n = 0; n < 50; n += 1) observe({ ...failed, kind: `kind_${n}`, step, reason: `odd_${n}` });
    for (const source of ['a', 'b', 'c'])
      for (const kind of deliveryKinds) observe({ name: 'mail.evidence', source, kind, count: 1 });
    for (let n = 0; n < 200; n += 1) observe({ name: 'job.completed', ...finished, kind: `kind_${n}` });
    const series = (await render()).body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeGreaterThan(800);
    expect(series.length).toBeLessThanOrEqual(1_500);
  });

  it('show in which trace a value was seen, to whoever asks for OpenMetrics', async () => {
    const { observe, render } = metrics();
    observe(
      { name: 'job.completed', ...finished, latencySeconds: 7 },
      { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    );
    const open = await render('application/openmetrics-text; version=1.0.0');
    expect(open.contentType).toMatch(/^application\/openmetrics-text/);
    expect(open.body).toMatch(
      /^fulfillment_latency_seconds_bucket\{le="10",outcome="completed"\} 1 # \{trace_id="a{32}",span_id="b{16}"\} 7 /m,
    );
    expect(open.body.endsWith('# EOF\n')).toBe(true);
    const [plain] = await Promise.all([render(), render('application/openmetrics-text')]);
    expect(plain?.contentType).toMatch(/^text\/plain/);
    expect(plain?.body).not.toContain('trace_id');
  });

  it('read the database once for all who ask at the same time', async () => {
    let reads = 0;
    const { render } = metrics({ readTruth: async () => ((reads += 1), truth()) });
    await Promise.all([render(), render(), render('application/openmetrics-text')]);
    expect(reads).toBe(1);
  });

  it('show the database’s truth of this moment, and forget the last one', async () => {
    let now = truth({
      active: [
        { state: 'open', step: 'email', count: 3 },
        { state: 'held', step: 'none', count: 1 },
      ],
      oldestOpenAcceptedAt: new Date('2026-11-22T10:00:00Z'),
      failed: { last5m: 1, last1h: 2, last24h: 3, unattended: 4 },
      quarantined: 5,
      mailGate: { why: 'brake', held: 7 },
      circuits: [
        { provider: 'smtp', state: 'open', paused: false, changedAt: new Date(0) },
        { provider: 'stripe', state: 'half_open', paused: true, changedAt: new Date(0) },
      ],
    });
    const { value } = metrics({ readTruth: async () => now });
    expect(await value('fulfillment_jobs_active{state="open",step="email"}')).toBe(3);
    expect(await value('fulfillment_jobs_active{state="held",step="none"}')).toBe(1);
    expect(await value('fulfillment_oldest_open_job_accepted_timestamp_seconds')).toBe(1_795_341_600);
    expect(await value('fulfillment_jobs_failed_recent{window="1h"}')).toBe(2);
    expect(await value('fulfillment_webhooks_quarantined')).toBe(5);
    expect(await value('fulfillment_provider_circuit_state{provider="smtp"}')).toBe(2);
    expect(await value('fulfillment_provider_circuit_state{provider="stripe"}')).toBe(1);
    expect(await value('fulfillment_mail_gate_closed{why="brake"}')).toBe(1);
    expect(await value('fulfillment_mail_gate_closed{why="shadow"}')).toBe(0);
    expect(await value('fulfillment_mails_held')).toBe(7);
    now = truth();
    expect(await value('fulfillment_provider_circuit_state{provider="smtp"}')).toBe(0);
    expect(await value('fulfillment_jobs_active{state="open",step="email"}')).toBe(0);
    expect(await value('fulfillment_jobs_active{state="held",step="none"}')).toBe(0);
    expect(await value('fulfillment_oldest_open_job_accepted_timestamp_seconds')).toBe(0);
  });

  it('are there while the database is not, and say that it was not read', async () => {
    let down = false;
    const { value, render } = metrics({
      readTruth: async () => (down ? Promise.reject(new Error('down')) : truth({ quarantined: 1 })),
    });
    await render();
    down = true;
    expect(await value('fulfillment_collector_failures_total')).toBe(1);
    expect(await value('fulfillment_webhooks_quarantined')).toBe(1);
    expect(await value('fulfillment_collector_last_success_timestamp_seconds')).toBeGreaterThan(0);
  });

  it('carry no id of a job or an event in a label', async () => {
    const { observe, render } = metrics();
    observe({
      name: 'webhook.answered',
      outcome: 'accepted',
      type: 'a',
      eventId: 'evt_secret',
      durationMs: 1,
    });
    observe({ name: 'job.completed', ...finished, jobId: 'job_secret' });
    expect((await render()).body).not.toContain('secret');
  });
});
