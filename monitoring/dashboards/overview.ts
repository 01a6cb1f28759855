import { guardrails, sloBurns, sloObjective } from '../../src/domain/guardrails.ts';
import { seconds, silentFor, truth, truthBy, waitingSince } from '../expressions.ts';
import { blockedJobs, failedInHour, overdueSeconds } from '../rules/jobs.ts';
import { type DashboardSpec, type RowSpec, units } from './panel.ts';
import { grownBy, perSecond, quantile } from './queries.ts';

const late = 'fulfillment_sla_jobs_total{result="breached"}';
const latency = ['fulfillment_latency_seconds', '{outcome="completed"}'] as const;
const shareLate = (window: string) => `service:fulfillment_sla_breached:ratio_rate${window}`;
const [fastest] = sloBurns.fast;

const promise: RowSpec = {
  title: 'The promise: every order within its five minutes',
  panels: [
    {
      title: 'Past their deadline',
      description:
        'Orders that are neither done nor failed though their time is over. Anything above 0 rings.',
      kind: 'number',
      unit: units.count,
      width: 4,
      rule: 'job_beyond_sla',
      thresholds: [[1, 'red']],
      targets: [{ expr: truth('fulfillment_jobs_beyond_sla'), legend: 'orders', returns: { '{}': 1 } }],
    },
    {
      title: 'The most overdue',
      description: 'For how long the most overdue order is past its deadline; below 0 it has so long left.',
      kind: 'number',
      unit: units.seconds,
      width: 4,
      rule: 'job_beyond_sla',
      thresholds: [
        [-60, 'yellow'],
        [0, 'red'],
      ],
      none: 'nothing open',
      targets: [{ expr: overdueSeconds, legend: 'past the deadline', returns: { '{}': 37 } }],
    },
    {
      title: 'Failed within an hour',
      description: `Counted in the database. More than ${guardrails.failuresInHourMax} ring.`,
      kind: 'number',
      unit: units.count,
      width: 4,
      rule: 'failure_rate',
      thresholds: [
        [1, 'yellow'],
        [guardrails.failuresInHourMax + 1, 'red'],
      ],
      targets: [{ expr: failedInHour, legend: 'jobs', returns: { '{}': 2 } }],
    },
    {
      title: 'Blocked',
      description: 'Jobs that wait for a decision or a correction by a person.',
      kind: 'number',
      unit: units.count,
      width: 4,
      rule: 'job_blocked',
      thresholds: [[1, 'yellow']],
      targets: [{ expr: blockedJobs, legend: 'jobs', returns: { '{}': 7 } }],
    },
    {
      title: 'Failed and untouched',
      description: 'Jobs that failed, and that nobody has retried, cancelled or marked as handled.',
      kind: 'number',
      unit: units.count,
      width: 4,
      rule: 'failure_rate',
      thresholds: [[1, 'yellow']],
      targets: [{ expr: truth('fulfillment_jobs_failed_unattended'), legend: 'jobs', returns: { '{}': 1 } }],
    },
    {
      title: 'Error budget left',
      description: `Of 30 days with the objective ${sloObjective * 100} %: below 0 more orders were late than the objective allows.`,
      kind: 'number',
      unit: units.share,
      width: 4,
      rule: 'slo_burn_slow',
      below: 'red',
      thresholds: [
        [0, 'yellow'],
        [0.25, 'green'],
      ],
      none: 'no orders',
      targets: [
        {
          // Two of three seeded orders are late.
          expr: `1 - ${grownBy(late, '30d')} / ${grownBy('fulfillment_sla_jobs_total', '30d')} / ${Number((1 - sloObjective).toPrecision(6))}`,
          legend: 'left',
          returns: { '{}': -665.666667 },
        },
      ],
    },
  ],
};

const flow: RowSpec = {
  title: 'Orders',
  panels: [
    {
      title: 'Unfinished, by state',
      description: 'Open: on their way. Blocked: wait for a person. Held: stopped on purpose.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'job_blocked',
      targets: [
        {
          expr: `sum by (state) ${truthBy('fulfillment_jobs_active', 'state, step')}`,
          legend: '{{state}}',
          returns: { '{state="open"}': 3, '{state="blocked"}': 7, '{state="held"}': 11 },
        },
      ],
    },
    {
      title: 'Taken in and done',
      description: 'Orders by the door through which they came first, and jobs that are done by their kind.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'job_beyond_sla',
      targets: [
        {
          expr: perSecond('fulfillment_jobs_accepted_total', 'door'),
          legend: 'in by {{door}}',
          returns: {
            '{door="webhook"}': 2,
            '{door="poller"}': 4,
            '{door="sweep"}': 6,
            '{door="checkout"}': 8,
          },
        },
        {
          expr: perSecond('fulfillment_jobs_completed_total', 'kind'),
          legend: 'done: {{kind}}',
          returns: { '{kind="some"}': 2 },
        },
      ],
    },
    {
      title: 'From payment to done',
      description: 'Latency of orders that are done. What is stuck is not in it: see the deadlines above.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'slo_burn_fast',
      thresholds: [[300, 'red']],
      targets: ([0.5, 0.95, 0.99] as const).map((share) => ({
        expr: quantile(share, ...latency),
        legend: `p${share * 100}`,
        // All seeded orders took between half a second and one.
        returns: { '{}': 0.5 + share / 2 },
      })),
    },
    {
      title: 'Failures',
      description:
        'Failures of jobs by step and reason within 5 minutes, and all of the last hour counted in the database.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'failure_rate',
      thresholds: [[guardrails.failuresInHourMax + 1, 'red']],
      targets: [
        {
          expr: grownBy('fulfillment_jobs_failed_total', '5m', 'step, reason'),
          legend: '{{step}}: {{reason}}',
          returns: {
            '{step="issue_receipt", reason="some"}': 600,
            '{step="send_receipt_email", reason="some"}': 1200,
          },
        },
        {
          expr: truthBy('fulfillment_jobs_failed_recent', 'window'),
          legend: 'within {{window}}',
          returns: { '{window="5m"}': 1, '{window="1h"}': 2, '{window="24h"}': 3 },
        },
      ],
    },
  ],
};

const budget: RowSpec = {
  title: 'Burning and waiting',
  panels: [
    {
      title: 'Share of late orders',
      description: `The error budget burns fast above ${Number((fastest.factor * (1 - sloObjective)).toPrecision(6)) * 100} % within ${fastest.long}.`,
      kind: 'time',
      unit: units.share,
      width: 12,
      rule: 'slo_burn_fast',
      thresholds: [
        [Number((1 - sloObjective).toPrecision(6)), 'yellow'],
        [Number((fastest.factor * (1 - sloObjective)).toPrecision(6)), 'red'],
      ],
      targets: ['5m', '1h', '6h', '3d'].map((window) => ({
        expr: shareLate(window),
        legend: window,
        returns: { '{}': 0.666667 },
      })),
    },
    {
      title: 'Orders in time and late',
      description: 'Each order counts once: in time when it is done, late as soon as its time is over.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'slo_burn_slow',
      targets: [
        {
          expr: perSecond('fulfillment_sla_jobs_total', 'result'),
          legend: '{{result}}',
          returns: { '{result="met"}': 2, '{result="breached"}': 4 },
        },
      ],
    },
    {
      title: 'The oldest that waits',
      description:
        'Since when the oldest unfinished order is here, and the job that is due and that no worker has taken.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'workers_gone',
      none: 'nothing waits',
      targets: [
        {
          expr: waitingSince('fulfillment_oldest_open_job_accepted_timestamp_seconds'),
          legend: 'unfinished',
          returns: { '{}': 37 },
        },
        {
          expr: waitingSince('fulfillment_oldest_due_job_timestamp_seconds'),
          legend: 'due',
          returns: { '{}': 37 },
        },
      ],
    },
    {
      title: 'Synthetic orders',
      description: 'How long the last one took, and how long ago it was. Empty where none are made.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'canary_failing',
      thresholds: [[seconds(guardrails.canaryOverdueMs), 'red']],
      none: 'none are made',
      targets: [
        {
          expr: silentFor('fulfillment_canary_last_success_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
        { expr: truth('fulfillment_canary_latency_seconds'), legend: 'took', returns: { '{}': 1 } },
      ],
    },
  ],
};

/** What anybody looks at first. */
export const overview: DashboardSpec = {
  uid: 'fulfillment-overview',
  title: 'Fulfillment: overview',
  description: 'Is the promise kept to those who have paid? Symptoms first; causes are on the other pages.',
  rows: [promise, flow, budget],
};
