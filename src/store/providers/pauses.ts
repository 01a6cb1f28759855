import type pg from 'pg';
import { type CircuitState, circuitRule } from '../../domain/circuit.ts';
import {
  pauseMaxMs,
  pauseReasonMax,
  type PauseRequest,
  type ProviderPauses,
  type ProviderRow,
} from '../../ports/providerPauses.ts';
import { ask, type Database } from '../shelf/ask.ts';

/** Pauses of providers by people, over a pool of a role that may write `provider_circuits`. */
export function createProviderPauses(pool: pg.Pool): ProviderPauses {
  return {
    pause: (request) => pauseProvider(pool, request),
    resume: (provider) => resumeProvider(pool, provider),
    list: () => listProviders(pool),
  };
}

/** @throws RangeError as `ProviderPauses.pause` */
export async function pauseProvider(
  database: Database,
  { provider, forMs, by, reason }: PauseRequest,
): Promise<Date> {
  if (!(forMs > 0 && forMs <= pauseMaxMs))
    throw new RangeError(`A pause must last from 1 to ${pauseMaxMs} milliseconds.`);
  insistOnText('provider', provider, 200);
  insistOnText('author of a pause', by, 200);
  insistOnText('reason of a pause', reason, pauseReasonMax);
  const { rows } = await database.query<{ paused_until: Date }>(
    `insert into fulfillment.provider_circuits as c (provider, paused_at, paused_until, paused_by, pause_reason)
     values ($1, statement_timestamp(), statement_timestamp() + $2 * interval '1 millisecond', $3, $4)
     on conflict (provider) do update
        set paused_at = excluded.paused_at, paused_until = excluded.paused_until,
            paused_by = excluded.paused_by, pause_reason = excluded.pause_reason
     returning c.paused_until`,
    [provider, forMs, by, reason],
  );
  return rows[0]?.paused_until ?? new Date(Number.NaN);
}

function insistOnText(what: string, text: string, lengthMax: number): void {
  if (text.trim() === '' || text.length > lengthMax)
    throw new RangeError(`The ${what} must have 1 to ${lengthMax} characters.`);
}

/** False when there was no pause, or it had ended. */
export async function resumeProvider(database: Database, provider: string): Promise<boolean> {
  const { rows } = await database.query<{ was_paused: boolean }>(
    `with held as (
       select provider, paused_until > clock_timestamp() as was_paused
         from fulfillment.provider_circuits where provider = $1 and paused_until is not null for update
     )
     update fulfillment.provider_circuits c
        set paused_at = null, paused_until = null, paused_by = null, pause_reason = null
       from held where held.provider = c.provider
     returning held.was_paused`,
    [provider],
  );
  return rows[0]?.was_paused ?? false;
}

interface ListedRow {
  provider: string;
  state: CircuitState;
  changed_at: Date;
  retry_at: Date | null;
  failures: number;
  successes: number;
  paused: boolean;
  paused_at: Date;
  paused_until: Date;
  paused_by: string;
  pause_reason: string;
}

const isOver = `state = 'closed' and window_started_at <= clock_timestamp() - interval '${circuitRule.windowMs} milliseconds'`;

/** Counts of a window that is over count no more; those that opened a breaker are shown while it is not closed. */
export async function listProviders(database: Database): Promise<ProviderRow[]> {
  const rows = await ask<ListedRow>(
    database,
    `select provider, state, changed_at, retry_at,
            case when ${isOver} then 0 else failures end as failures,
            case when ${isOver} then 0 else successes end as successes,
            coalesce(paused_until > clock_timestamp(), false) as paused,
            paused_at, paused_until, paused_by, pause_reason
       from fulfillment.provider_circuits order by provider`,
    [],
  );
  return rows.map((row) => ({
    provider: row.provider,
    state: row.state,
    changedAt: row.changed_at,
    retryAt: row.retry_at,
    failures: row.failures,
    successes: row.successes,
    pause: row.paused
      ? { since: row.paused_at, until: row.paused_until, by: row.paused_by, reason: row.pause_reason }
      : null,
  }));
}
