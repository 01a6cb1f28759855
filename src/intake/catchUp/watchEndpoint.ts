import {
  type EndpointTrouble,
  endpointTroubles,
  troublesOf,
  type WantedEndpoint,
} from '../../domain/webhookEndpoint.ts';
import type { AlertBook, AlertToKeep } from '../../ports/alertBook.ts';
import type { CatchUpStore, PaymentLists } from '../../ports/catchUp.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface WatchEndpointOptions {
  worker: string;
  lists: Pick<PaymentLists, 'endpoints'>;
  store: Pick<CatchUpStore, 'silence' | 'noteWatched'>;
  alerts: AlertBook;
  telemetry: Telemetry;
  wanted: WantedEndpoint;
  /** So long a webhook may take after the poller has found what it tells. Default five minutes. */
  graceMs?: number;
}

/** The rule's name, of which each trouble is a scope. */
export const webhookRule = 'stripe_webhook';
const silent = 'silence';
const graceDefaultMs = 5 * 60_000;

/**
 * Looks whether events come and will come, and keeps an alert for each trouble as long as it holds. The poller fulfils
 * what no webhook tells; but it is the second way, and nobody should find out later that it was the only one.
 *
 * @throws Fault when Stripe or the database cannot be asked
 */
export function createWatchEndpoint(options: WatchEndpointOptions): (signal: AbortSignal) => Promise<void> {
  const { worker, lists, store, alerts, telemetry, wanted, graceMs = graceDefaultMs } = options;
  const keep = async (scopes: readonly string[], holding: readonly AlertToKeep[]) => {
    for (const { change, rule, scope, severity } of await alerts.keep(webhookRule, scopes, holding))
      telemetry.emit({ name: 'alert.changed', change, rule, scope, severity });
  };

  return async (signal) => {
    const endpoints = await lists.endpoints(signal);
    // A key that may not read endpoints leaves what is known as it is.
    if (endpoints) await keep(endpointTroubles, troublesOf(endpoints, wanted).map(alertOf(wanted)));
    const { unheard, since, heardAt } = await store.silence(graceMs);
    const heardAfter = heardAt !== null && (since === null || heardAt > since);
    if (heardAfter) await keep([silent], []);
    else if (unheard > 0) await keep([silent], [silenceOf(unheard, since)]);
    await store.noteWatched(worker);
  };
}

const silenceOf = (unheard: number, since: Date | null): AlertToKeep => ({
  rule: webhookRule,
  scope: silent,
  severity: 'page',
  summary: `No webhook comes: ${unheard} payments were found by polling alone${since ? ` since ${since.toISOString()}` : ''}.`,
});

const alertOf =
  (wanted: WantedEndpoint) =>
  (found: EndpointTrouble): AlertToKeep => ({
    rule: webhookRule,
    scope: found.trouble,
    ...wordsOf(found, wanted),
  });

/** Where no event comes at all, somebody is called; where some come late or unread, it waits for the morning. */
function wordsOf(
  found: EndpointTrouble,
  { apiVersion }: WantedEndpoint,
): Pick<AlertToKeep, 'severity' | 'summary'> {
  switch (found.trouble) {
    case 'missing':
      return { severity: 'page', summary: 'Stripe has no webhook endpoint of this service.' };
    case 'wrong_url':
      return {
        severity: 'page',
        summary: 'The webhook endpoint in Stripe has the URL of another host than PUBLIC_BASE_URL.',
      };
    case 'disabled':
      return { severity: 'page', summary: 'The webhook endpoint is disabled in Stripe.' };
    case 'other_mode':
      return {
        severity: 'page',
        summary: `The webhook endpoint is in ${found.livemode ? 'live' : 'test'} mode, the key is not.`,
      };
    case 'missing_types':
      return {
        severity: 'ticket',
        summary: `The webhook endpoint does not get ${found.types.join(', ')}; they are found by polling.`,
      };
    case 'api_version':
      return {
        severity: 'ticket',
        summary: `Webhooks come in API version ${found.version ?? 'of the account'} instead of ${apiVersion}.`,
      };
  }
}
