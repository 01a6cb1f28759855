import { type CircuitState, circuitRule } from '../../domain/circuit.ts';
import type { ProviderStanding } from '../../domain/providerStanding.ts';
import type { CircuitChange } from '../../ports/providerControl.ts';

const msUntil = (column: string) =>
  `coalesce(greatest(0, extract(epoch from ${column} - clock_timestamp()) * 1000), 0)::float8`;

/** Where a provider stands, counted from now, of a row of `provider_circuits` that is called `c`. */
export const standingColumns = `
  c.provider, c.state, c.generation, c.failures, c.successes, c.openings,
  c.state = 'closed'
    and (c.failures >= ${circuitRule.countingMin}
           and c.window_started_at > clock_timestamp() - interval '${circuitRule.windowMs} milliseconds'
         or c.failures_in_a_row > 0
           and c.row_started_at > clock_timestamp() - interval '${circuitRule.rowSpanMaxMs} milliseconds') as counting,
  ${msUntil('c.retry_at')} as retry_in_ms, ${msUntil('c.spared_until')} as spared_for_ms, ${msUntil('c.paused_until')} as paused_for_ms,
  ${msUntil('c.wait_until')} as wait_for_ms`;

export interface StandingRow {
  provider: string;
  state: CircuitState;
  generation: number;
  failures: number;
  successes: number;
  openings: number;
  counting: boolean;
  retry_in_ms: number;
  spared_for_ms: number;
  paused_for_ms: number;
  wait_for_ms: number;
}

export const toStanding = (row: StandingRow): ProviderStanding => ({
  provider: row.provider,
  state: row.state,
  generation: row.generation,
  counting: row.counting,
  retryInMs: row.retry_in_ms,
  sparedForMs: row.spared_for_ms,
  pausedForMs: row.paused_for_ms,
  waitForMs: row.wait_for_ms,
});

const names = { open: 'opened', half_open: 'half_open', closed: 'closed' } as const;

export const toChange = ({ provider, state, failures, successes, openings }: StandingRow): CircuitChange => ({
  provider,
  change: names[state],
  failures,
  successes,
  openings,
});
