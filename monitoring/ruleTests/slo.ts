import { of, type RuleCase } from './case.ts';

const sla = (replica: string, result: 'met' | 'breached') =>
  of(replica, 'fulfillment_sla_jobs_total', `result="${result}"`);

const fast = 'FulfillmentSloBurnFast';
const slow = 'FulfillmentSloBurnSlow';
const burnsFast = (share: string) => [
  { summary: `The error budget burns fast: ${share} of orders are late` },
];
const burns = (share: string) => [{ summary: `The error budget burns: ${share} of orders are late` }];

/** A thousand orders a minute are in time, so that shares come out even. */
const busy = { [sla('a', 'met')]: '0+1000x900' };
/** Seven orders were in time, long ago. */
const quietHour = { [sla('a', 'met')]: '7x400' };

const fastByShare: readonly RuleCase[] = [
  {
    name: '14 in 1014 late for an hour are below the first pair',
    alert: fast,
    shows: ['just below'],
    series: { ...busy, [sla('a', 'breached')]: '0x359 0+14x90 1260x400' },
    at: [['7h20m', []]],
  },
  {
    name: '16 in 1016 late for an hour are above it, and it resolves when the last five minutes are well',
    alert: fast,
    shows: ['just above', 'resolve'],
    series: { ...busy, [sla('a', 'breached')]: '0x359 0+16x90 1440x400' },
    at: [
      ['6h50m', []],
      ['7h20m', burnsFast('1.575%')],
      ['7h40m', []],
    ],
  },
  {
    name: '5 in 1005 late for six hours are below the second pair',
    alert: fast,
    shows: ['just below'],
    series: { ...busy, [sla('a', 'breached')]: '0x359 0+5x500' },
    at: [['13h0m', []]],
  },
  {
    name: '7 in 1007 late for six hours are above it, and it resolves when the last half hour is well',
    alert: fast,
    shows: ['just above', 'resolve'],
    series: { ...busy, [sla('a', 'breached')]: '0x359 0+7x440 3080x400' },
    at: [
      ['11h0m', []],
      ['12h30m', burnsFast('0.6951%')],
      ['14h0m', []],
    ],
  },
];

const fastByCount: readonly RuleCase[] = [
  {
    name: 'one late order in a quiet hour is left to the alert about that order',
    alert: fast,
    shows: ['just below'],
    series: { ...quietHour, [sla('a', 'breached')]: '0x355 1x44' },
    at: [['6h1m', []]],
  },
  {
    name: 'two late orders of two replicas are two',
    alert: fast,
    shows: ['just above', 'two replicas'],
    series: { ...quietHour, [sla('a', 'breached')]: '0x355 1x44', [sla('b', 'breached')]: '0x355 1x44' },
    at: [['6h1m', burnsFast('100%')]],
  },
  {
    name: 'a late order before and one after a restart are two',
    alert: fast,
    shows: ['restart'],
    series: { ...quietHour, [sla('a', 'breached')]: '5x350 6x2 0x1 1x44' },
    at: [['6h1m', burnsFast('100%')]],
  },
  {
    name: 'one late order of a process that was scraped twice is not taken for two',
    alert: fast,
    shows: ['late-born series'],
    series: { ...quietHour, [sla('a', 'breached')]: '_x355 0 1x44' },
    at: [
      ['5h57m', []],
      ['5h59m', []],
      ['6h1m', []],
    ],
  },
  {
    name: 'no orders are no share, and counters that stand or are gone burn nothing',
    alert: fast,
    shows: ['frozen exporter', 'absent exporter'],
    series: { ...quietHour, [sla('a', 'breached')]: '9x200 stale' },
    at: [
      ['3h0m', []],
      ['6h1m', []],
    ],
  },
];

const slowCases: readonly RuleCase[] = [
  {
    name: '1 in 1001 late is within the objective',
    alert: slow,
    shows: ['just below'],
    series: { ...busy, [sla('a', 'breached')]: '0+1x900' },
    at: [['8h0m', []]],
  },
  {
    name: '1.01 in 1001 late is not, and it resolves when the last six hours are well',
    alert: slow,
    shows: ['just above', 'resolve'],
    series: { ...busy, [sla('a', 'breached')]: '0+1.01x490 494.9x400' },
    at: [
      ['8h0m', burns('0.1009%')],
      ['14h40m', []],
    ],
  },
  {
    name: 'two late orders of two replicas are two, and one is none',
    alert: slow,
    shows: ['two replicas'],
    series: { ...quietHour, [sla('a', 'breached')]: '0x355 1x44', [sla('b', 'breached')]: '0x360 1x44' },
    at: [
      ['6h0m', []],
      ['6h4m', burns('100%')],
    ],
  },
  {
    name: 'a late order before and one after a restart are two',
    alert: slow,
    shows: ['restart'],
    series: { ...quietHour, [sla('a', 'breached')]: '5x350 6x2 0x1 1x44' },
    at: [['6h1m', burns('100%')]],
  },
  {
    name: 'one late order of a process that was scraped twice is not taken for two',
    alert: slow,
    shows: ['late-born series'],
    series: { ...quietHour, [sla('a', 'breached')]: '_x355 0 1x44' },
    at: [['6h1m', []]],
  },
  {
    name: 'counters that stand or are gone burn nothing',
    alert: slow,
    shows: ['frozen exporter', 'absent exporter'],
    series: { ...quietHour, [sla('a', 'breached')]: '9x200 stale' },
    at: [['6h1m', []]],
  },
];

/** Cases of `slo.rules.yml`: scraped every minute, evaluated every 70 seconds. */
export const sloCases: readonly RuleCase[] = [...fastByShare, ...fastByCount, ...slowCases];
