import { guardrails } from '../../src/domain/guardrails.ts';
import { seconds, truth, truthSum, waitingSince } from '../expressions.ts';
import type { AlertRule } from './rule.ts';

/** For how many seconds the most overdue order is past its deadline; below 0 while it has time. */
export const overdueSeconds = waitingSince('fulfillment_oldest_open_job_deadline_timestamp_seconds');

/** Jobs that failed within the last hour, counted in the database. */
export const failedInHour = truth('fulfillment_jobs_failed_recent{window="1h"}');

/** Jobs that wait for somebody. */
export const blockedJobs = truthSum('fulfillment_jobs_active{state="blocked"}', 'step');

/** Half a failure above the limit: what is counted by rates is never a whole number. */
const guessedMax = guardrails.failuresInHourMax + 0.5;

/** Rules about orders. */
export const jobRules: readonly AlertRule[] = [
  {
    // Without `for`: the five minutes are in the deadline.
    alert: 'FulfillmentJobBeyondSla',
    rule: 'job_beyond_sla',
    severity: 'critical',
    expr: `${overdueSeconds} > 0`,
    summary: 'An order is past its deadline by {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-overview',
  },
  {
    // The counters know less: they lose what happens before a process is scraped first. They serve while no process
    // has read the database.
    alert: 'FulfillmentFailureRate',
    rule: 'failure_rate',
    severity: 'critical',
    expr: [
      `${failedInHour} > ${guardrails.failuresInHourMax}`,
      `or (sum(increase(fulfillment_jobs_failed_total[1h])) >= ${guessedMax} unless on () ${failedInHour})`,
    ].join('\n'),
    summary: `{{ $value | printf "%.0f" }} jobs failed within an hour, more than ${guardrails.failuresInHourMax}`,
    dashboard: 'fulfillment-overview',
  },
  {
    alert: 'FulfillmentJobBlocked',
    rule: 'job_blocked',
    severity: 'warning',
    expr: `${blockedJobs} > 0`,
    summary: '{{ $value }} jobs are blocked and wait for a person',
    dashboard: 'fulfillment-steps',
  },
  {
    alert: 'FulfillmentJobHeldLong',
    rule: 'job_held_long',
    severity: 'warning',
    expr: `${waitingSince('fulfillment_oldest_held_job_timestamp_seconds')} > ${seconds(guardrails.heldLongMs)}`,
    summary: 'A job has been held for {{ $value | humanizeDuration }}',
    dashboard: 'fulfillment-steps',
  },
];
