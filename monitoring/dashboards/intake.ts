import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, silentFor, truth } from '../expressions.ts';
import { type DashboardSpec, type RowSpec, units } from './panel.ts';
import { perSecond, quantile } from './queries.ts';

const webhooks: RowSpec = {
  title: 'Webhooks',
  panels: [
    {
      title: 'Answers',
      description:
        'Webhooks by what was answered. Refused: the signature is not ours; unavailable: Stripe repeats it.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'webhook_silence',
      targets: [
        {
          expr: perSecond('fulfillment_webhooks_total', 'outcome'),
          legend: '{{outcome}}',
          returns: { '{outcome="accepted"}': 2, '{outcome="merged"}': 4 },
        },
      ],
    },
    {
      title: 'How late and how slow (p95)',
      description:
        'Lag: from the time of an event at Stripe to its receipt here. Answer: from the body to the commit.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'webhook_silence',
      targets: [
        {
          expr: quantile(0.95, 'fulfillment_webhook_lag_seconds'),
          legend: 'lag',
          returns: { '{}': 9.75 },
        },
        {
          expr: quantile(0.95, 'fulfillment_webhook_duration_seconds'),
          legend: 'answer',
          returns: { '{}': 0.2425 },
        },
      ],
    },
    {
      title: 'Silence',
      description: 'Whether payments are found by polling alone, for no webhook tells of them.',
      kind: 'number',
      unit: units.yesNo,
      width: 8,
      rule: 'webhook_silence',
      thresholds: [[1, 'red']],
      targets: [{ expr: truth('fulfillment_webhook_silent'), legend: 'silent', returns: { '{}': 1 } }],
    },
    {
      title: 'The last webhook',
      description: 'How long ago. A quiet shop has long pauses: that alone means nothing.',
      kind: 'number',
      unit: units.seconds,
      width: 8,
      rule: 'webhook_silence',
      none: 'none yet',
      targets: [
        {
          expr: silentFor('fulfillment_webhook_last_received_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
      ],
    },
    {
      title: 'Quarantined',
      description: 'Signed events that could not be used and wait for a person.',
      kind: 'number',
      unit: units.count,
      width: 8,
      rule: 'webhook_silence',
      thresholds: [[1, 'yellow']],
      targets: [{ expr: truth('fulfillment_webhooks_quarantined'), legend: 'events', returns: { '{}': 1 } }],
    },
  ],
};

const catchUp: RowSpec = {
  title: 'Found without a webhook',
  panels: [
    {
      title: 'The last reading of events',
      description: "How long ago Stripe's events were read to their end, and the bound that is promised.",
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'catch_up_stale',
      thresholds: [[seconds(guardrails.catchUpStaleMs), 'yellow']],
      targets: [
        {
          expr: silentFor('fulfillment_catch_up_last_success_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
        // Of two processes one reads.
        { expr: 'max(fulfillment_catch_up_bound_seconds)', legend: 'promised', returns: { '{}': 10 } },
        {
          expr: quantile(0.95, 'fulfillment_catch_up_round_duration_seconds'),
          legend: 'a reading takes (p95)',
          returns: { '{}': 2.425 },
        },
      ],
    },
    {
      title: 'Finds and troubles',
      description: 'What no webhook had brought, and rounds that failed. They are repeated.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'catch_up_stale',
      targets: [
        {
          expr: perSecond('fulfillment_catch_up_found_total', 'door'),
          legend: 'found by {{door}}',
          returns: { '{door="poller"}': 20, '{door="sweep"}': 52 },
        },
        {
          expr: perSecond('fulfillment_catch_up_failures_total', 'duty'),
          legend: 'failed to {{duty}}',
          returns: {
            '{duty="catch up"}': 2,
            '{duty="read events"}': 4,
            '{duty="sweep sales"}': 6,
            '{duty="watch the webhook"}': 8,
          },
        },
      ],
    },
  ],
};

const ledgers: RowSpec = {
  title: 'Reconciliation, and what buyers do',
  panels: [
    {
      title: 'The last reconciliation',
      description: 'How long ago payments, orders and books were compared to the end. It is due once a day.',
      kind: 'number',
      unit: units.seconds,
      width: 6,
      rule: 'reconciliation_overdue',
      thresholds: [[seconds(guardrails.dailyOverdueMs), 'red']],
      none: 'none yet',
      targets: [
        {
          expr: silentFor('fulfillment_reconciliation_last_success_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
      ],
    },
    {
      title: 'Findings',
      description: 'Differences between the ledgers that nobody has settled.',
      kind: 'number',
      unit: units.count,
      width: 6,
      rule: 'reconciliation_overdue',
      thresholds: [[1, 'yellow']],
      targets: [{ expr: truth('fulfillment_reconciliation_findings'), legend: 'open', returns: { '{}': 1 } }],
    },
    {
      title: 'Downloads and claims',
      description: 'Clicks on links by what was answered; shelves of guests on their way to an account.',
      kind: 'time',
      unit: units.perSecond,
      width: 6,
      rule: 'job_beyond_sla',
      targets: [
        {
          expr: perSecond('fulfillment_downloads_total', 'outcome'),
          legend: 'download {{outcome}}',
          returns: { '{outcome="streaming"}': 2, '{outcome="redirected"}': 4 },
        },
        {
          expr: perSecond('fulfillment_claims_total', 'stage'),
          legend: 'claim {{stage}}',
          returns: { '{stage="initiated"}': 2, '{stage="succeeded"}': 4 },
        },
      ],
    },
    {
      title: 'Refused as staff',
      description: 'Refusals of somebody who wanted in as staff. Many from one door are somebody who tries.',
      kind: 'time',
      unit: units.perSecond,
      width: 6,
      rule: 'audit_chain_broken',
      targets: [
        {
          expr: perSecond('fulfillment_staff_refusals_total', 'door'),
          legend: '{{door}}',
          returns: { '{door="bearer"}': 2, '{door="session"}': 4, '{door="sign_in"}': 6 },
        },
      ],
    },
  ],
};

/** What comes in, and whether all of it did. */
export const intakeAndReconciliation: DashboardSpec = {
  uid: 'fulfillment-intake',
  title: 'Fulfillment: intake and reconciliation',
  description: 'Does everything that was paid come in, by which door, and does it add up?',
  rows: [webhooks, catchUp, ledgers],
};
