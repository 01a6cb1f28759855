import { collected, of, type RuleCase } from './case.ts';

const failed = (replica: string, reason = 'timeout') =>
  of(replica, 'fulfillment_jobs_failed_total', `step="issue_receipt",reason="${reason}"`);
const counted = 'sum(increase(fulfillment_jobs_failed_total[1h]))';
const alert = 'FulfillmentFailureRate';
const four = [{ summary: '4 jobs failed within an hour, more than 3' }];

/** The counters, which serve while no process has read the database. Samples every 15 s: 280 of them are 70 minutes. */
export const failureRateCases: readonly RuleCase[] = [
  {
    name: 'by the counters three are quiet and the fourth calls, off the scrape grid too',
    alert,
    shows: ['just below', 'just above', 'resolve'],
    series: { [failed('a')]: '10x279 13x39 14x300' },
    at: [
      ['79m59s', []],
      ['80m24s', four],
      ['131m0s', []],
    ],
    // Taken literally, "more than three" is true of three.
    probes: [{ expr: `${counted} > bool 3`, at: '72m7s', value: 1 }],
  },
  {
    name: 'by the counters replicas are added up, for each counts its own',
    alert,
    shows: ['two replicas'],
    series: { [failed('a')]: '10x279 12x60', [failed('b')]: '7x279 9x60' },
    at: [['72m3s', four]],
  },
  {
    name: 'by the counters a restart loses nothing that was scraped',
    alert,
    shows: ['restart'],
    series: { [failed('a')]: '10x279 13x19 0x19 1x40' },
    at: [
      ['79m58s', []],
      ['80m24s', four],
    ],
  },
  {
    name: 'by the counters a series that is there from the start with 0 is counted from its first failure on',
    alert,
    shows: ['late-born series'],
    series: { [failed('a')]: '_x200 0x79 4x60' },
    at: [['72m3s', four]],
  },
  {
    name: 'by the counters a series that is born with its failures is not seen, which is why all are there from the start',
    alert,
    shows: ['late-born series'],
    series: { [failed('a', 'crash_loop')]: '_x280 4x60' },
    at: [['72m3s', []]],
    probes: [{ expr: counted, at: '72m7s', value: 0 }],
  },
  {
    name: 'the counters are not heard where the database is',
    alert,
    shows: ['just below'],
    series: {
      [of('a', collected)]: '0+15x400',
      [of('a', 'fulfillment_jobs_failed_recent', 'window="1h"')]: '3x400',
      [failed('a')]: '10x279 20x60',
    },
    at: [['72m3s', []]],
  },
];
