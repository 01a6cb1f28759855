import type pg from 'pg';
import type { ProviderStanding } from '../../domain/providerStanding.ts';
import { standingColumns, type StandingRow, toStanding } from './standing.ts';

/** Where these providers stand; those without a row are well. */
export async function readStandings(pool: pg.Pool, providers: string[]): Promise<ProviderStanding[]> {
  const { rows } = await pool.query<StandingRow>(
    `select ${standingColumns} from fulfillment.provider_circuits c where c.provider = any($1)`,
    [providers],
  );
  return rows.map(toStanding);
}
