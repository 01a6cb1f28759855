import { absent, collected, of, type RuleCase } from './case.ts';

const stale = [{ summary: 'No process has read the database for its metrics for 60 s' }];

const metrics = (replica: string, values: string): Record<string, string> => ({
  [of(replica, 'fulfillment_jobs_active', 'state="open",step="issue_receipt"')]: values,
  [of(replica, 'fulfillment_oldest_open_job_deadline_timestamp_seconds')]: values,
  [of(replica, 'fulfillment_jobs_failed_recent', 'window="1h"')]: values,
  [of(replica, 'fulfillment_sla_jobs_total', 'result="breached"')]: values,
});
const everything = (replica: string, values: string) => ({
  ...metrics(replica, values),
  [of(replica, collected)]: values.replaceAll('0x', '0+15x'),
});

/** The two alerts about the alerts' own sight. */
export const blindnessCases: readonly RuleCase[] = [
  {
    name: 'quiet for a minute without the exporter, fires then, and resolves when it is back',
    alert: 'FulfillmentMetricsAbsent',
    shows: ['just below', 'just above', 'resolve', 'absent exporter', 'restart'],
    series: everything('a', '0x19 stale _x19 0x60'),
    at: [
      ['5m55s', []],
      ['6m10s', [absent]],
      ['10m11s', []],
    ],
  },
  {
    name: 'a restart of a quarter of a minute is none',
    alert: 'FulfillmentMetricsAbsent',
    shows: ['restart'],
    series: everything('a', '0x19 stale 0x60'),
    at: [
      ['5m20s', []],
      ['7m0s', []],
    ],
  },
  {
    name: 'one of two replicas is enough',
    alert: 'FulfillmentMetricsAbsent',
    shows: ['two replicas'],
    series: { ...everything('a', '0x200'), ...everything('b', '0x19 stale') },
    at: [['9m11s', []]],
  },
  {
    name: 'one metric that is missing is enough, also where it was never there',
    alert: 'FulfillmentMetricsAbsent',
    shows: ['late-born series'],
    series: { ...metrics('a', '0x80') },
    at: [['3m2s', [absent]]],
  },
  {
    name: 'metrics that are frozen are there: their age is another alert',
    alert: 'FulfillmentMetricsAbsent',
    shows: ['frozen exporter'],
    series: { ...metrics('a', '0x80'), [of('a', collected)]: '0x80' },
    at: [['5m9s', []]],
    also: [['5m9s', 'FulfillmentCollectorStale', stale]],
  },
  {
    name: 'quiet at 60 s, fires above, and resolves with the next look',
    alert: 'FulfillmentCollectorStale',
    shows: ['just below', 'just above', 'resolve', 'frozen exporter'],
    series: { [of('a', collected)]: '0+15x20 300x19 600+15x20' },
    at: [
      ['6m0s', []],
      ['6m4s', stale],
      ['10m25s', []],
    ],
  },
  {
    name: 'one of two replicas that can see is enough',
    alert: 'FulfillmentCollectorStale',
    shows: ['two replicas'],
    series: { [of('a', collected)]: '60x200', [of('b', collected)]: '0+15x200' },
    at: [['9m4s', []]],
  },
  {
    name: 'a process that starts blind is not taken for one that sees',
    alert: 'FulfillmentCollectorStale',
    shows: ['restart', 'late-born series'],
    series: { [of('a', collected)]: '0+15x10 stale _x3 0x80' },
    at: [['5m9s', stale]],
  },
  {
    name: 'where the exporter is gone, its absence calls instead',
    alert: 'FulfillmentCollectorStale',
    shows: ['absent exporter'],
    series: { [of('a', collected)]: '0+15x10 stale' },
    at: [['5m9s', []]],
    also: [['5m9s', 'FulfillmentMetricsAbsent', [absent]]],
  },
];
