import { guardrails } from '../../src/domain/guardrails.ts';
import { mailProviders } from '../../src/ports/providerPauses.ts';
import { seconds, silentFor, truth, truthBy } from '../expressions.ts';
import type { AlertRule } from './rule.ts';

const circuits = 'fulfillment_provider_circuit_state';
const anyMailProvider = `${circuits}{provider=~"${mailProviders.join('|')}"}`;
const minutes = (ms: number): string => `${ms / 60_000}m`;

/** Rules about what comes in and those who are called. */
export const outsideRules: readonly AlertRule[] = [
  {
    alert: 'FulfillmentWebhookSilence',
    rule: 'webhook_silence',
    severity: 'critical',
    expr: `${truth('fulfillment_webhook_silent')} > 0`,
    summary: 'Payments are found by polling alone: no webhook tells of them',
    dashboard: 'fulfillment-intake',
  },
  {
    alert: 'FulfillmentCatchUpStale',
    rule: 'catch_up_stale',
    severity: 'warning',
    expr: `${silentFor('fulfillment_catch_up_last_success_timestamp_seconds')} > ${seconds(guardrails.catchUpStaleMs)}`,
    summary: "Stripe's events have not been read to their end for {{ $value | humanizeDuration }}",
    dashboard: 'fulfillment-intake',
  },
  {
    alert: 'FulfillmentReconciliationOverdue',
    rule: 'reconciliation_overdue',
    severity: 'critical',
    expr: `${silentFor('fulfillment_reconciliation_last_success_timestamp_seconds')} > ${seconds(guardrails.dailyOverdueMs)}`,
    summary: 'The ledgers have not been reconciled for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-intake',
  },
  {
    // Shadow mode holds all mail on purpose, and as long as the process says so.
    alert: 'FulfillmentMailHeld',
    rule: 'mail_refused',
    severity: 'critical',
    expr: `${truth('fulfillment_mail_gate_closed{why=~"brake|restore"}')} > 0`,
    summary: 'All mail is held: the gate that it goes through is closed',
    dashboard: 'fulfillment-steps',
  },
  {
    // A breaker that tries a call is half open; while the call fails, it is open again.
    alert: 'FulfillmentMailProvidersDown',
    rule: 'mail_refused',
    severity: 'critical',
    expr: `min(${truthBy(anyMailProvider, 'provider')}) >= 1`,
    for: minutes(guardrails.mailStuckMs),
    summary: 'No mail provider can be called: the breaker of each is open',
    dashboard: 'fulfillment-steps',
  },
  {
    alert: 'FulfillmentProviderCircuitOpen',
    rule: 'provider_circuit_open',
    severity: 'warning',
    expr: `${truthBy(circuits, 'provider')} >= 1`,
    for: '5m',
    keepFiringFor: '5m',
    summary: 'The breaker of provider {{ $labels.provider }} is open',
    dashboard: 'fulfillment-steps',
  },
  {
    alert: 'FulfillmentCanaryFailing',
    rule: 'canary_failing',
    severity: 'critical',
    expr: `${silentFor('fulfillment_canary_last_success_timestamp_seconds')} > ${seconds(guardrails.canaryOverdueMs)}`,
    summary: 'No synthetic order has been fulfilled for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-overview',
  },
];
