import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CircuitState } from '../domain/circuit.ts';
import { gateClosers, type GateCloser } from '../domain/mailGate.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { createCatchUpMetrics } from './catchUpMetrics.ts';
import { createMailEvidenceMetrics } from './mailEvidenceMetrics.ts';

/** What the database knows better than any process: read by one cheap query at each scrape. */
export interface DatabaseTruth {
  active: Array<{ state: string; step: string; count: number }>;
  oldestOpenAcceptedAt: Date | null;
  failedLastHour: number;
  quarantined: number;
  /** Providers of which something is known; the others are well. */
  circuits: Array<{ provider: string; state: CircuitState }>;
  /** What has closed the gate that all mail goes through, and how many mails wait behind it. */
  mailGate: { why: GateCloser | null; held: number };
  /** When the provider's events were last read to their end; null before the first time. */
  caughtUpAt: Date | null;
}

export interface MetricsOptions {
  /** Steps of the plans, so that every series exists from the start: a counter born with its first failure is not seen. */
  steps: string[];
  /** Providers of the steps, for the same reason. */
  providers: readonly string[];
  readTruth(): Promise<DatabaseTruth>;
}

export interface Metrics {
  observe(event: TelemetryEvent): void;
  render(): Promise<{ contentType: string; body: string }>;
}

/** A boundary at exactly the SLA of 300 s, or no query could tell met from breached. */
const latencyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400];
const durationBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const webhookOutcomes = [
  'accepted',
  'merged',
  'duplicate',
  'unpaid',
  'ignored',
  'quarantined',
  'conflict',
  'refused',
  'unavailable',
];
const circuitValues: Record<CircuitState, number> = { closed: 0, half_open: 1, open: 2 };
const stepResults = ['done', 'skipped', 'waiting', 'retry', 'blocked', 'held', 'failed'];

/** All metric names, help texts and labels of the product. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const active = new Gauge({
    name: 'fulfillment_jobs_active',
    help: 'Jobs that are not finished, by state and the step they are at. Database truth: aggregate replicas with max.',
    labelNames: ['state', 'step'],
    registers,
  });
  const failed = new Counter({
    name: 'fulfillment_jobs_failed_total',
    help: 'Jobs that failed for good, by the step that failed and the reason.',
    labelNames: ['step', 'reason'],
    registers,
  });
  const latency = new Histogram({
    name: 'fulfillment_latency_seconds',
    help: 'From acceptance of the payment to the end of its job, by outcome.',
    labelNames: ['outcome'],
    buckets: latencyBuckets,
    registers,
  });
  const sla = new Counter({
    name: 'fulfillment_sla_jobs_total',
    help: 'Finished jobs, by whether they met the SLA of five minutes.',
    labelNames: ['result'],
    registers,
  });
  const oldest = new Gauge({
    name: 'fulfillment_oldest_open_job_accepted_timestamp_seconds',
    help: 'When the oldest unfinished job was accepted; 0 when there is none. Database truth.',
    registers,
  });
  const failedRecent = new Gauge({
    name: 'fulfillment_jobs_failed_recent',
    help: 'Jobs that failed within the window, counted exactly. Database truth.',
    labelNames: ['window'],
    registers,
  });
  const quarantined = new Gauge({
    name: 'fulfillment_webhooks_quarantined',
    help: 'Signed events that could not be used and wait for a human. Database truth.',
    registers,
  });
  const webhooks = new Counter({
    name: 'fulfillment_webhooks_total',
    help: 'Webhooks answered, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const webhookSeconds = new Histogram({
    name: 'fulfillment_webhook_duration_seconds',
    help: 'From the received body to the committed answer.',
    buckets: durationBuckets,
    registers,
  });
  const attempts = new Counter({
    name: 'fulfillment_step_attempts_total',
    help: 'Attempts of steps and effects, by step and result.',
    labelNames: ['step', 'result'],
    registers,
  });
  const stepSeconds = new Histogram({
    name: 'fulfillment_step_duration_seconds',
    help: 'Duration of attempts, by step.',
    labelNames: ['step'],
    buckets: durationBuckets,
    registers,
  });
  const leasesLost = new Counter({
    name: 'fulfillment_leases_lost_total',
    help: 'Leases this process lost.',
    registers,
  });
  const ambiguous = new Counter({
    name: 'fulfillment_mail_ambiguous_total',
    help: 'Mails sent again after an attempt without an answer.',
    registers,
  });
  const circuit = new Gauge({
    name: 'fulfillment_provider_circuit_state',
    help: 'Circuit breaker of a provider: 0 closed, 1 half open, 2 open. Database truth: aggregate replicas with max.',
    labelNames: ['provider'],
    registers,
  });
  const gateClosed = new Gauge({
    name: 'fulfillment_mail_gate_closed',
    help: 'Whether all mail is held, by what holds it: 1 held, 0 not. Database truth: aggregate replicas with max.',
    labelNames: ['why'],
    registers,
  });
  const mailsHeld = new Gauge({
    name: 'fulfillment_mails_held',
    help: 'Mails that wait for a person to release or drop them. Database truth.',
    registers,
  });
  const circuitChanges = new Counter({
    name: 'fulfillment_provider_circuit_changes_total',
    help: 'Changes of circuit breakers that this process brought about, by provider and change.',
    labelNames: ['provider', 'change'],
    registers,
  });
  const truthFailures = new Counter({
    name: 'fulfillment_collector_failures_total',
    help: 'Scrapes at which the database could not be read.',
    registers,
  });
  const truthRead = new Gauge({
    name: 'fulfillment_collector_last_success_timestamp_seconds',
    help: 'When database truth was last read.',
    registers,
  });

  const caughtUp = createCatchUpMetrics(registry);
  const evidence = createMailEvidenceMetrics(registry);

  for (const step of options.steps) {
    for (const reason of ['timeout', 'unexpected_error', 'crash_loop']) failed.inc({ step, reason }, 0);
    for (const result of stepResults) attempts.inc({ step, result }, 0);
  }
  for (const provider of options.providers)
    for (const change of ['opened', 'half_open', 'closed']) circuitChanges.inc({ provider, change }, 0);
  for (const outcome of webhookOutcomes) webhooks.inc({ outcome }, 0);
  for (const result of ['met', 'breached']) sla.inc({ result }, 0);
  for (const outcome of ['completed', 'failed']) latency.zero({ outcome });

  function observe(event: TelemetryEvent): void {
    switch (event.name) {
      case 'webhook.answered':
        webhooks.inc({ outcome: event.outcome });
        return webhookSeconds.observe(event.durationMs / 1000);
      case 'step.attempted':
        attempts.inc({ step: event.step, result: event.outcome });
        return stepSeconds.observe({ step: event.step }, event.durationMs / 1000);
      case 'job.completed':
        sla.inc({ result: event.slaMet ? 'met' : 'breached' });
        return latency.observe({ outcome: 'completed' }, event.latencySeconds);
      case 'job.failed':
        failed.inc({ step: event.step, reason: event.reason });
        sla.inc({ result: 'breached' });
        return latency.observe({ outcome: 'failed' }, event.latencySeconds);
      case 'lease.lost':
        return leasesLost.inc();
      case 'provider.circuit':
        return circuitChanges.inc({ provider: event.provider, change: event.change });
      case 'mail.ambiguous':
        return ambiguous.inc();
      default:
        caughtUp.observe(event);
        return evidence.observe(event);
    }
  }

  function show(truth: DatabaseTruth): void {
    active.reset();
    for (const state of ['open', 'blocked', 'held'])
      for (const step of options.steps) active.set({ state, step }, 0);
    for (const { state, step, count } of truth.active) active.set({ state, step }, count);
    oldest.set(truth.oldestOpenAcceptedAt ? truth.oldestOpenAcceptedAt.getTime() / 1000 : 0);
    failedRecent.set({ window: '1h' }, truth.failedLastHour);
    quarantined.set(truth.quarantined);
    for (const provider of options.providers) circuit.set({ provider }, circuitValues.closed);
    for (const { provider, state } of truth.circuits) circuit.set({ provider }, circuitValues[state]);
    caughtUp.show(truth.caughtUpAt);
    for (const why of gateClosers) gateClosed.set({ why }, truth.mailGate.why === why ? 1 : 0);
    mailsHeld.set(truth.mailGate.held);
    truthRead.setToCurrentTime();
  }

  return {
    observe,
    async render() {
      try {
        show(await options.readTruth());
      } catch {
        truthFailures.inc();
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
