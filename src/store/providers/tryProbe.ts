import type pg from 'pg';
import { circuitRule } from '../../domain/circuit.ts';
import type { ProviderControlStore } from '../../ports/providerControl.ts';
import { standingColumns, type StandingRow, toChange, toStanding } from './standing.ts';

/**
 * One caller among all workers wins the right to try an ill provider (`startProbe` of domain/circuit.ts). The right
 * ends by itself, so a prober that dies keeps nobody waiting for ever.
 */
const statement = `
with won as (
  update fulfillment.provider_circuits c
     set state = 'half_open', generation = c.generation + 1, changed_at = clock_timestamp(),
         retry_at = clock_timestamp() + interval '${circuitRule.probeMs} milliseconds'
   where c.provider = $1 and c.state <> 'closed' and c.retry_at <= clock_timestamp()
     and (c.paused_until is null or c.paused_until <= clock_timestamp())
  returning c.*
)
select ${standingColumns}, true as is_won from won c
union all
select ${standingColumns}, false from fulfillment.provider_circuits c
 where c.provider = $1 and not exists (select from won)`;

export async function tryProbe(
  pool: pg.Pool,
  provider: string,
): ReturnType<ProviderControlStore['tryProbe']> {
  const { rows } = await pool.query<StandingRow & { is_won: boolean }>(statement, [provider]);
  const row = rows[0];
  return {
    standing: row && toStanding(row),
    ...(row?.is_won ? { change: toChange(row) } : {}),
  };
}
