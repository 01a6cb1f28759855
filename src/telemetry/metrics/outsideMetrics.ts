import { gateClosers } from '../../domain/mailGate.ts';
import { durationBuckets, type MetricDefinition } from './definition.ts';

/** Providers, and mail once it has left. */
export const outsideMetrics = {
  fulfillment_provider_calls_total: {
    type: 'counter',
    unit: 'calls',
    source: 'process',
    help: 'Calls of providers by steps, by what came of them: an answer, or the kind of fault.',
    labels: {
      provider: 'providers',
      outcome: ['answered', 'transient', 'rate_limited', 'permanent', 'needs_human', 'unknown_effect'],
    },
  },
  fulfillment_provider_call_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    source: 'process',
    help: 'Duration of calls of providers.',
    labels: { provider: 'providers' },
    buckets: durationBuckets,
  },
  fulfillment_provider_circuit_state: {
    type: 'gauge',
    unit: 'number',
    source: 'database',
    help: 'Circuit breaker of a provider: 0 closed, 1 half open, 2 open. Database truth: aggregate replicas with max.',
    labels: { provider: 'providers' },
  },
  fulfillment_provider_circuit_changes_total: {
    type: 'counter',
    unit: 'events',
    source: 'process',
    help: 'Changes of circuit breakers that this process brought about, by provider and change.',
    labels: { provider: 'providers', change: ['opened', 'half_open', 'closed'] },
  },
  fulfillment_provider_paused: {
    type: 'gauge',
    unit: 'yes_no',
    source: 'database',
    help: 'Whether people have paused a provider: 1 paused, 0 not. Database truth.',
    labels: { provider: 'providers' },
  },
  fulfillment_mail_gate_closed: {
    type: 'gauge',
    unit: 'yes_no',
    source: 'database',
    help: 'Whether all mail is held, by what holds it: 1 held, 0 not. Database truth: aggregate replicas with max.',
    labels: { why: gateClosers },
  },
  fulfillment_mails_held: {
    type: 'gauge',
    unit: 'mails',
    source: 'database',
    help: 'Mails that wait for a person to release or drop them. Database truth.',
    labels: {},
  },
  fulfillment_mails_unproven: {
    type: 'gauge',
    unit: 'mails',
    source: 'database',
    help: 'Mails that a provider has taken and of whose way nothing is proven yet, up to 10,000. Database truth.',
    labels: {},
  },
  fulfillment_mail_ambiguous_total: {
    type: 'counter',
    unit: 'mails',
    source: 'process',
    help: 'Mails sent again after an attempt without an answer.',
    labels: {},
  },
  fulfillment_mail_evidence_total: {
    type: 'counter',
    unit: 'mails',
    source: 'process',
    help: 'What was heard of mails that were handed over, each piece once, by where and what.',
    labels: { source: 'sources', kind: 'open' },
  },
  fulfillment_mail_evidence_expired_total: {
    type: 'counter',
    unit: 'mails',
    source: 'process',
    help: 'What was heard and dropped after a day because no mail was found that it is about.',
    labels: {},
  },
  fulfillment_mail_reports_refused_total: {
    type: 'counter',
    unit: 'events',
    source: 'process',
    help: 'Delivery reports that were not taken: not signed by the provider (refused), or not understood (unreadable).',
    labels: { outcome: ['refused', 'unreadable'] },
  },
} as const satisfies Record<string, MetricDefinition>;
