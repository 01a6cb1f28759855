import { overdueSeconds } from '../rules/jobs.ts';
import { collected, of, type RuleCase } from './case.ts';

const deadline = (replica: string) => of(replica, 'fulfillment_oldest_open_job_deadline_timestamp_seconds');

/** The promise to the second: scraped every 15 seconds, evaluated every 5. */
export const contractCases: readonly RuleCase[] = [
  {
    name: 'an order that is open for five minutes to the second is in time, and one second later it is not',
    alert: 'FulfillmentJobBeyondSla',
    shows: ['just below', 'just above'],
    series: { [of('a', collected)]: '0+15x30', [deadline('a')]: '300x30' },
    at: [
      ['5m0s', []],
      ['5m5s', [{ summary: 'An order is past its deadline by 5s' }]],
    ],
    probes: [
      { expr: `${overdueSeconds} > 0`, at: '300s', value: null },
      { expr: `${overdueSeconds} > 0`, at: '301s', value: 1 },
    ],
  },
];
