import type { RuleCase } from './case.ts';
import { type TruthSpec, truthCases } from './truthCases.ts';

const every = 240;

interface Daily {
  alert: string;
  metric: string;
  text: (duration: string) => string;
}

/** What is to be done once a day: done in the first minute, missed after 26 hours, done again 24 minutes later. */
const daily = ({ alert, metric, text }: Daily): TruthSpec => ({
  alert,
  metric,
  every,
  samples: 420,
  life: {
    values: '60x395 95040x20',
    below: '26h0m',
    above: '26h13m',
    summary: text('1d 2h 11m 0s'),
    resolved: '26h26m',
  },
  quiet: '0+240x420',
  firing: '1x420',
  held: { at: '26h13m', summary: text('1d 2h 11m 59s') },
  blind: null,
});

/** Cases of `alerts.rules.yml` that take a day: scraped every four minutes, evaluated every thirteen. */
export const dailyCases: readonly RuleCase[] = [
  daily({
    alert: 'FulfillmentReconciliationOverdue',
    metric: 'fulfillment_reconciliation_last_success_timestamp_seconds',
    text: (duration) => `The ledgers have not been reconciled for ${duration}`,
  }),
  daily({
    alert: 'FulfillmentUpkeepOverdue',
    metric: 'fulfillment_upkeep_last_success_timestamp_seconds',
    text: (duration) => `A daily duty has not been done for ${duration}`,
  }),
].flatMap(truthCases);
