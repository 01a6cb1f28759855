import { describe, expect, it } from 'vitest';
import { createMetrics, type DatabaseTruth, type MetricsOptions } from './metrics.ts';

const truth = (fields: Partial<DatabaseTruth> = {}): DatabaseTruth => ({
  active: [],
  oldestOpenAcceptedAt: null,
  failedLastHour: 0,
  quarantined: 0,
  circuits: [],
  mailGate: { why: null, held: 0 },
  caughtUpAt: null,
  ...fields,
});

function metrics(options: Partial<MetricsOptions> = {}) {
  const made = createMetrics({
    steps: ['resolve_order', 'email'],
    providers: ['stripe', 'smtp'],
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

const finished = { jobId: 'j', latencySeconds: 1, slaMet: true };
const failed = { name: 'job.failed', jobId: 'j', latencySeconds: 1, slaMet: true } as const;

describe('the metrics', () => {
  it('have exactly these names, each with a help text', async () => {
    const { body, contentType } = await metrics().render();
    expect(contentType).toMatch(/^text\/plain/);
    const names = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(names.toSorted()).toEqual([
      'fulfillment_catch_up_bound_seconds gauge',
      'fulfillment_catch_up_failures_total counter',
      'fulfillment_catch_up_found_total counter',
      'fulfillment_catch_up_last_success_timestamp_seconds gauge',
      'fulfillment_catch_up_round_duration_seconds histogram',
      'fulfillment_collector_failures_total counter',
      'fulfillment_collector_last_success_timestamp_seconds gauge',
      'fulfillment_jobs_active gauge',
      'fulfillment_jobs_failed_recent gauge',
      'fulfillment_jobs_failed_total counter',
      'fulfillment_latency_seconds histogram',
      'fulfillment_leases_lost_total counter',
      'fulfillment_mail_ambiguous_total counter',
      'fulfillment_mail_evidence_expired_total counter',
      'fulfillment_mail_evidence_total counter',
      'fulfillment_mail_gate_closed gauge',
      'fulfillment_mail_reports_refused_total counter',
      'fulfillment_mails_held gauge',
      'fulfillment_oldest_open_job_accepted_timestamp_seconds gauge',
      'fulfillment_provider_circuit_changes_total counter',
      'fulfillment_provider_circuit_state gauge',
      'fulfillment_sla_jobs_total counter',
      'fulfillment_step_attempts_total counter',
      'fulfillment_step_duration_seconds histogram',
      'fulfillment_webhook_duration_seconds histogram',
      'fulfillment_webhooks_quarantined gauge',
      'fulfillment_webhooks_total counter',
    ]);
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

  it('count a failed job as breached, however quickly it failed', async () => {
    const { observe, value } = metrics();
    observe({ name: 'job.completed', ...finished });
    observe({ ...failed, step: 'email', reason: 'x' });
    expect(await value('fulfillment_sla_jobs_total{result="met"}')).toBe(1);
    expect(await value('fulfillment_sla_jobs_total{result="breached"}')).toBe(1);
    expect(await value('fulfillment_latency_seconds_count{outcome="failed"}')).toBe(1);
  });

  it('show the database’s truth of this moment, and forget the last one', async () => {
    let now = truth({
      active: [
        { state: 'open', step: 'email', count: 3 },
        { state: 'held', step: 'none', count: 1 },
      ],
      oldestOpenAcceptedAt: new Date('2026-11-22T10:00:00Z'),
      failedLastHour: 2,
      quarantined: 5,
      mailGate: { why: 'brake', held: 7 },
      circuits: [
        { provider: 'smtp', state: 'open' },
        { provider: 'stripe', state: 'half_open' },
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
    expect(await value('fulfillment_jobs_active{state="held",step="none"}')).toBeUndefined();
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
