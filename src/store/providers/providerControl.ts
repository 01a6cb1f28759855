import type pg from 'pg';
import type { ProviderControlStore } from '../../ports/providerControl.ts';
import { readStandings } from './readStandings.ts';
import { reportOutcomes } from './reportOutcomes.ts';
import { shareSlots } from './shareSlots.ts';
import { takeTokens } from './takeTokens.ts';
import { tryProbe } from './tryProbe.ts';

/** What all workers share of their providers, over a pool of role `fulfillment_worker`. */
export function createProviderControlStore(pool: pg.Pool): ProviderControlStore {
  return {
    read: (providers) => readStandings(pool, providers),
    report: (reports) => reportOutcomes(pool, reports),
    tryProbe: (provider) => tryProbe(pool, provider),
    takeTokens: (asks) => takeTokens(pool, asks),
    shareSlots: (worker, ttlMs, asks) => shareSlots(pool, { worker, ttlMs }, asks),
  };
}
