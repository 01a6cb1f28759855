import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, silentFor, truth } from '../expressions.ts';
import { type DashboardSpec, type RowSpec, units } from './panel.ts';
import { perSecond, quantile } from './queries.ts';

const workers: RowSpec = {
  title: 'Workers',
  panels: [
    {
      title: 'Alive',
      description: 'Workers that have given a sign of life within three beats.',
      kind: 'number',
      unit: units.count,
      width: 6,
      rule: 'workers_gone',
      targets: [{ expr: truth('fulfillment_workers_alive'), legend: 'workers', returns: { '{}': 1 } }],
    },
    {
      title: 'The last beat',
      description: 'How long ago any worker gave a sign of life.',
      kind: 'number',
      unit: units.seconds,
      width: 6,
      rule: 'workers_gone',
      thresholds: [[seconds(guardrails.workerSilentMs), 'red']],
      none: 'never',
      targets: [
        {
          expr: silentFor('fulfillment_worker_last_beat_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
      ],
    },
    {
      title: 'In hand',
      description: 'Jobs that the worker of each process has in its hands.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'workers_gone',
      targets: [
        {
          expr: 'sum by (instance) (fulfillment_jobs_in_hand)',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 1, '{instance="b"}': 10 },
        },
      ],
    },
    {
      title: 'Wait for a worker',
      description:
        'From acceptance of a job to the first time that a worker takes it. Growing: more workers are needed.',
      kind: 'time',
      unit: units.seconds,
      width: 12,
      rule: 'slo_burn_slow',
      targets: ([0.5, 0.95] as const).map((share) => ({
        expr: quantile(share, 'fulfillment_job_wait_seconds'),
        legend: `p${share * 100}`,
        returns: { '{}': Number((0.25 + share * 0.75).toFixed(6)) },
      })),
    },
    {
      title: 'Lost and taken over',
      description: 'Leases lost, jobs taken over from silent workers, and transactions that had to be split.',
      kind: 'time',
      unit: units.perSecond,
      width: 12,
      rule: 'workers_gone',
      targets: [
        { expr: perSecond('fulfillment_leases_lost_total'), legend: 'leases lost', returns: { '{}': 2 } },
        { expr: perSecond('fulfillment_jobs_taken_over_total'), legend: 'taken over', returns: { '{}': 2 } },
        { expr: perSecond('fulfillment_record_splits_total'), legend: 'splits', returns: { '{}': 2 } },
      ],
    },
  ],
};

const database: RowSpec = {
  title: 'Database',
  panels: [
    {
      title: 'Connections',
      description: 'Of all processes, by duty. Waiting: somebody wants one and there is none.',
      kind: 'time',
      unit: units.count,
      width: 12,
      rule: 'collector_stale',
      targets: [
        {
          expr: 'sum by (state) (fulfillment_pool_connections)',
          legend: '{{state}}',
          // Two duties with three states each, on two processes.
          returns: { '{state="idle"}': 55, '{state="busy"}': 77, '{state="waiting"}': 99 },
        },
        {
          expr: 'sum by (pool) (fulfillment_pool_connections{state="waiting"})',
          legend: '{{pool}} waits',
          returns: { '{pool="intake"}': 33, '{pool="worker"}': 66 },
        },
      ],
    },
    {
      title: 'Months ahead',
      description: 'Whole months after this one whose timeline has its partition already.',
      kind: 'number',
      unit: units.count,
      width: 4,
      rule: 'partitions_short',
      below: 'red',
      thresholds: [[guardrails.partitionsAheadMin, 'green']],
      targets: [
        { expr: truth('fulfillment_event_partitions_ahead'), legend: 'months', returns: { '{}': 1 } },
      ],
    },
    {
      title: 'Daily duties',
      description: 'How long ago the duty that is the furthest behind was done.',
      kind: 'number',
      unit: units.seconds,
      width: 4,
      rule: 'upkeep_overdue',
      thresholds: [[seconds(guardrails.dailyOverdueMs), 'yellow']],
      none: 'never',
      targets: [
        {
          expr: silentFor('fulfillment_upkeep_last_success_timestamp_seconds'),
          legend: 'ago',
          returns: { '{}': 30 },
        },
      ],
    },
    {
      title: 'Audit broken',
      description: 'Whether the last look at the audit found its chain broken.',
      kind: 'number',
      unit: units.yesNo,
      width: 4,
      rule: 'audit_chain_broken',
      thresholds: [[1, 'red']],
      targets: [{ expr: truth('fulfillment_audit_chain_broken'), legend: 'broken', returns: { '{}': 1 } }],
    },
  ],
};

const processes: RowSpec = {
  title: 'Processes',
  panels: [
    {
      title: 'Processor',
      description: 'Seconds of processor per second, by process.',
      kind: 'time',
      unit: units.share,
      width: 8,
      rule: 'target_down',
      targets: [
        {
          expr: 'sum by (instance) (rate(process_cpu_seconds_total{job="fulfillment"}[$__rate_interval]))',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 1, '{instance="b"}': 1 },
        },
      ],
    },
    {
      title: 'Memory',
      description: 'Resident memory, by process.',
      kind: 'time',
      unit: units.bytes,
      width: 8,
      rule: 'target_down',
      targets: [
        {
          expr: 'max by (instance) (process_resident_memory_bytes{job="fulfillment"})',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 1, '{instance="b"}': 10 },
        },
      ],
    },
    {
      title: 'Event loop (p99)',
      description:
        'How long a process was too busy to listen. A worker whose loop stands still loses its leases.',
      kind: 'time',
      unit: units.seconds,
      width: 8,
      rule: 'workers_gone',
      targets: [
        {
          expr: 'max by (instance) (nodejs_eventloop_lag_p99_seconds{job="fulfillment"})',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 1, '{instance="b"}': 10 },
        },
      ],
    },
    {
      title: 'Versions',
      description: 'Which version how many processes run. Two during a deployment, one otherwise.',
      kind: 'number',
      unit: units.count,
      width: 12,
      rule: 'target_down',
      targets: [
        {
          expr: 'count by (version) (fulfillment_build_info)',
          legend: '{{version}}',
          returns: { '{version="1.2.3"}': 2 },
        },
      ],
    },
    {
      title: 'Up for',
      description: 'How long ago each process started.',
      kind: 'number',
      unit: units.seconds,
      width: 12,
      rule: 'target_down',
      targets: [
        {
          expr: 'time() - max by (instance) (process_start_time_seconds{job="fulfillment"})',
          legend: '{{instance}}',
          returns: { '{instance="a"}': 3606, '{instance="b"}': 3597 },
        },
      ],
    },
  ],
};

/** The machinery. */
export const workersAndDatabase: DashboardSpec = {
  uid: 'fulfillment-house',
  title: 'Fulfillment: workers and database',
  description: 'Is somebody at work, and has he what he needs?',
  rows: [workers, database, processes],
};
