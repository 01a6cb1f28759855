import type { ProviderPause, ProviderPausing } from '../../../ports/providerPauses.ts';
import type { Transaction } from '../../../ports/transaction.ts';
import { pauseProvider, resumeProvider } from '../../providers/pauses.ts';
import { clientOf, queryIn } from '../../transaction.ts';

/** Pauses of providers in the transaction of an operation, over a connection of `fulfillment_operations`. */
export const providerPausing: ProviderPausing = {
  lock,
  pause: (tx, request) => pauseProvider(clientOf(tx), request),
  resume: (tx, provider) => resumeProvider(clientOf(tx), provider),
};

async function lock(tx: Transaction, provider: string): Promise<ProviderPause | null> {
  const [row] = await queryIn<ProviderPause>(
    tx,
    `select paused_at as since, paused_until as until, paused_by as by, pause_reason as reason
       from fulfillment.provider_circuits
      where provider = $1 and paused_until > clock_timestamp() for update`,
    [provider],
  );
  return row ?? null;
}
