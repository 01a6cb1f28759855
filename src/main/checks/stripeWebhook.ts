import type { Finding } from '../../cli/duties.ts';
import { findingsOf } from './check.ts';

/** A webhook endpoint as Stripe lists it. */
export interface RegisteredEndpoint {
  url: string;
  enabled: boolean;
  livemode: boolean;
  /** Null: the account's default, which somebody may change. */
  apiVersion: string | null;
  enabledEvents: string[];
}

/** Events that bring purchases to us; see the intake. */
const neededEvents = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'payment_intent.succeeded',
];

interface Wanted {
  url: string;
  livemode: boolean;
  /** The version that the code was written for. */
  apiVersion: string;
}

/** Whether Stripe will tell us about purchases, in the form we read. */
export function judgeEndpoints(endpoints: readonly RegisteredEndpoint[], wanted: Wanted): Finding[] {
  const { ok, warning, failed } = findingsOf('stripe webhook');
  const events = neededEvents.join(', ');
  const endpoint = endpoints.find(({ url }) => url.replace(/\/$/, '') === wanted.url);
  if (!endpoint) {
    const remedy = `Register it in the Dashboard under Developers → Webhooks with ${events} and API version ${wanted.apiVersion}.`;
    return [warning(`${wanted.url} is not registered`, remedy)];
  }
  if (!endpoint.enabled)
    return [failed(`${wanted.url} is disabled`, 'Enable it in the Dashboard under Developers → Webhooks.')];
  const findings: Finding[] = [];
  if (endpoint.livemode !== wanted.livemode) {
    const modes = endpoint.livemode ? 'live mode, the key in test mode' : 'test mode, the key in live mode';
    findings.push(failed(`the endpoint is in ${modes}`, 'Use key and endpoint of the same mode.'));
  }
  const missing = neededEvents.filter((event) => !receives(endpoint, event));
  if (missing.length > 0)
    findings.push(
      failed(`the endpoint does not get ${missing.join(', ')}`, 'Add the events to the endpoint.'),
    );
  if (endpoint.apiVersion !== wanted.apiVersion) {
    const remedy = `Recreate the endpoint with API version ${wanted.apiVersion}; events of others may be quarantined.`;
    findings.push(
      warning(`events come in ${endpoint.apiVersion ?? 'the account’s default API version'}`, remedy),
    );
  }
  return findings.length > 0 ? findings : [ok(`${wanted.url} gets what is needed, in ${wanted.apiVersion}`)];
}

const receives = ({ enabledEvents }: RegisteredEndpoint, event: string) =>
  enabledEvents.includes('*') || enabledEvents.includes(event);
