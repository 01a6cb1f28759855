import type { RuleCase } from './case.ts';
import { circuitCases } from './circuits.ts';
import { failureRateCases } from './failureRate.ts';
import { type TruthSpec, truthCases } from './truthCases.ts';

const specs: readonly TruthSpec[] = [
  {
    alert: 'FulfillmentJobHeldLong',
    metric: 'fulfillment_oldest_held_job_timestamp_seconds',
    life: {
      values: '120x989 0x40',
      below: '4h1m12s',
      above: '4h2m19s',
      summary: 'A job has been held for 4h 0m 19s',
      resolved: '4h7m54s',
    },
    samples: 1000,
    quiet: '0x1000',
    firing: '1x1000',
    held: { at: '4h1m12s', summary: 'A job has been held for 4h 1m 11s' },
    blind: 'A job has been held for 4h 1m 11s',
  },
  {
    alert: 'FulfillmentCanaryFailing',
    metric: 'fulfillment_canary_last_success_timestamp_seconds',
    // The last one in second 585, seen missing for 14m45s and then for 15m45s.
    life: {
      values: '0+15x39 585x79 1800+15x20',
      below: '24m34s',
      above: '25m41s',
      summary: 'No synthetic order has been fulfilled for 15m 45s',
      resolved: '30m9s',
    },
    samples: 125,
    quiet: '0+15x120',
    firing: '1x120',
    held: { at: '16m45s', summary: 'No synthetic order has been fulfilled for 16m 44s' },
    blind: null,
  },
];

/** Cases of `alerts.rules.yml` that take longer: scraped every 15 seconds, evaluated every 67. */
export const hourCases: readonly RuleCase[] = [
  ...specs.flatMap(truthCases),
  ...failureRateCases,
  ...circuitCases,
];
