import pg from 'pg';
import type { OperationRow } from '../cli/admin/adminClient.ts';
import { operationRow } from '../cli/admin/operationRow.ts';
import { listOperations, operationStores, type OperationRules } from './operationList.ts';

/** Names, paths and kinds depend on no configuration. */
const noRules: OperationRules = {
  stripe: { secretKey: '', webhookSecrets: [], livemode: false, baseUrl: null },
  startDate: new Date(Number.NaN),
  catchUp: { intervalMs: 60_000, callsPerSecond: 5 },
  moneyRules: { partialRefunds: 'ask', openDisputes: 'suspend' },
  mode: 'live',
  receiptSeriesPrefix: 'R',
  creditNoteSeriesPrefix: 'C',
  slaSeconds: 0,
  waitForSessionMs: 0,
  defaultLanguage: 'en',
  auditAnchorFile: null,
  mail: {
    providers: ['smtp'],
    returnPath: null,
    whenUnknown: { kinds: {}, otherwise: 'repeat' },
    evidenceAfterMs: 0,
    drillAddress: null,
  },
  plausible: null,
  posthog: null,
};

/** What there is to ask for, without a database: the pool is never asked for a connection. */
export function operationRows(): OperationRow[] {
  const stores = operationStores(new pg.Pool(), noRules);
  return listOperations(stores, noRules, { lastsMaxMs: 0, run: () => Promise.resolve([]) }).map(operationRow);
}
