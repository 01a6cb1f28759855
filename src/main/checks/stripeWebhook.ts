import type { Finding } from '../../cli/duties.ts';
import { neededEventTypes } from '../../domain/stripeEventTypes.ts';
import {
  type EndpointTrouble,
  type RegisteredEndpoint,
  troublesOf,
  type WantedEndpoint,
} from '../../domain/webhookEndpoint.ts';
import { findingsOf } from './check.ts';

const { ok, warning, failed } = findingsOf('stripe webhook');

/** Whether Stripe will tell us about purchases and what becomes of them, in the form we read. */
export function judgeEndpoints(endpoints: readonly RegisteredEndpoint[], wanted: WantedEndpoint): Finding[] {
  const troubles = troublesOf(endpoints, wanted);
  if (troubles.length === 0) return [ok(`${wanted.url} gets what is needed, in ${wanted.apiVersion}`)];
  return troubles.map((trouble) => findingOf(trouble, wanted));
}

function findingOf(found: EndpointTrouble, { url, apiVersion }: WantedEndpoint): Finding {
  const register = `Register it in the Dashboard under Developers → Webhooks with ${neededEventTypes.join(', ')} and API version ${apiVersion}.`;
  switch (found.trouble) {
    case 'missing':
      return warning(`${url} is not registered`, register);
    case 'wrong_url':
      return warning(`${url} is not registered, but ${found.registered} is`, register);
    case 'disabled':
      return failed(`${url} is disabled`, 'Enable it in the Dashboard under Developers → Webhooks.');
    case 'other_mode': {
      const modes = found.livemode ? 'live mode, the key in test mode' : 'test mode, the key in live mode';
      return failed(`the endpoint is in ${modes}`, 'Use key and endpoint of the same mode.');
    }
    case 'missing_types':
      return failed(
        `the endpoint does not get ${found.types.join(', ')}`,
        'Add the events to the endpoint. Until then the catch-up poller brings them, later.',
      );
    case 'api_version':
      return warning(
        `events come in ${found.version ?? 'the account’s default API version'}`,
        `Recreate the endpoint with API version ${apiVersion}; events of others may be quarantined.`,
      );
  }
}
