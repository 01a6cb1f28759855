import { sloBurns, sloObjective } from '../../src/domain/guardrails.ts';
import type { AlertRule, RecordingRule } from './rule.ts';

const breached = 'fulfillment_sla_jobs_total{result="breached"}';
const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];

/** Share of orders that were late, of a window. */
const shareOf = (window: string): string => `service:fulfillment_sla_breached:ratio_rate${window}`;

/** Recorded, because they are long windows and asked for every half minute. */
export const sloRecordings: readonly RecordingRule[] = windows.map((window) => ({
  record: shareOf(window),
  expr: `sum(rate(${breached}[${window}])) / sum(rate(fulfillment_sla_jobs_total[${window}]))`,
}));

interface Burn {
  factor: number;
  long: string;
  short: string;
}

/** Without the noise of binary fractions. */
const limitOf = (factor: number): number => Number((factor * (1 - sloObjective)).toPrecision(6));

/** Half an order below the minimum: what is counted by rates is never a whole number. */
const breachedMin = sloBurns.breachedMin - 0.5;

const burns = ({ factor, long, short }: Burn): string =>
  `(${shareOf(long)} > ${limitOf(factor)} and ${shareOf(short)} > ${limitOf(factor)} and sum(increase(${breached}[${long}])) >= ${breachedMin})`;

const common = { for: '1m', dashboard: 'fulfillment-overview' } as const;

/**
 * Burn rates of the error budget. A minute's `for`, since a process that has been scraped twice has its one late order
 * taken for two.
 */
export const sloRules: readonly AlertRule[] = [
  {
    ...common,
    alert: 'FulfillmentSloBurnFast',
    rule: 'slo_burn_fast',
    severity: 'critical',
    expr: sloBurns.fast.map(burns).join('\nor '),
    summary: 'The error budget burns fast: {{ $value | humanizePercentage }} of orders are late',
  },
  {
    ...common,
    alert: 'FulfillmentSloBurnSlow',
    rule: 'slo_burn_slow',
    severity: 'warning',
    expr: sloBurns.slow.map(burns).join('\nor '),
    summary: 'The error budget burns: {{ $value | humanizePercentage }} of orders are late',
  },
];
