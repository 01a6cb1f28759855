import type { Stripe } from 'stripe';
import { apiVersion } from '../objects/events.ts';
import { newId } from '../objects/ids.ts';
import type { DeliveryTarget } from './webhookPlan.ts';

/** Where webhooks go, and the secrets that sign them: all that are active, so that they can be rotated. */
export interface WebhookEndpoint {
  url: string;
  secrets: string[];
  enabledEvents: string[];
  /** The version bodies are written in; null is the account's own. */
  apiVersion: string | null;
  disabled: boolean;
  livemode: boolean;
  description: string | null;
  metadata: Record<string, string>;
}

export interface RegisteredEndpoint extends WebhookEndpoint {
  id: string;
  created: number;
}

export interface Endpoints {
  /** Newest first. */
  list(): RegisteredEndpoint[];
  find(id: string): RegisteredEndpoint | undefined;
  /** The endpoint the stand-in was started with, also when Stripe's API does not know it any more. */
  given(): RegisteredEndpoint & { deleted: boolean };
  changeGiven(change: Partial<WebhookEndpoint> & { deleted?: boolean }): void;
  change(id: string, change: Partial<WebhookEndpoint>): void;
  add(
    endpoint: Pick<WebhookEndpoint, 'url' | 'enabledEvents'> & Partial<WebhookEndpoint>,
  ): RegisteredEndpoint;
  remove(id: string): void;
  /** Those that get events now. */
  targets(): DeliveryTarget[];
}

export const givenEndpointId = 'we_1SandboxEndpoint00000000';

/** The account's endpoints. They live in memory: a restart registers the one that was given, as it was given. */
export function createEndpoints(options: {
  given: Pick<WebhookEndpoint, 'url' | 'secrets' | 'enabledEvents'>;
  nowSeconds: () => number;
}): Endpoints {
  let given: RegisteredEndpoint & { deleted: boolean } = {
    ...plain,
    ...options.given,
    id: givenEndpointId,
    created: 1_700_000_000,
    apiVersion,
    description: 'The endpoint given when the sandbox was started',
    deleted: false,
  };
  const others = new Map<string, RegisteredEndpoint>();
  const list = (): RegisteredEndpoint[] =>
    [...others.values()].toReversed().concat(given.deleted ? [] : given);

  const changeGiven = (change: Partial<WebhookEndpoint> & { deleted?: boolean }) => {
    given = { ...given, ...definedOf(change) };
  };
  return {
    list,
    find: (id) => list().find((endpoint) => endpoint.id === id),
    given: () => given,
    changeGiven,
    change(id, change) {
      const other = others.get(id);
      if (other) others.set(id, { ...other, ...definedOf(change) });
      else if (id === given.id) changeGiven(change);
    },
    add(endpoint) {
      const added: RegisteredEndpoint = {
        ...plain,
        secrets: [newId('whsec')],
        ...definedOf(endpoint),
        id: newId('we'),
        created: options.nowSeconds(),
      };
      others.set(added.id, added);
      return added;
    },
    remove(id) {
      if (!others.delete(id)) changeGiven({ deleted: true });
    },
    targets: () => list().filter(({ disabled }) => !disabled),
  };
}

/** An endpoint as the API shows it. Stripe shows its secret only in the answer to its creation, so neither do we. */
export function endpointBody(endpoint: RegisteredEndpoint): Stripe.WebhookEndpoint {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    api_version: endpoint.apiVersion,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: endpoint.enabledEvents,
    livemode: endpoint.livemode,
    metadata: endpoint.metadata,
    status: endpoint.disabled ? 'disabled' : 'enabled',
    url: endpoint.url,
  };
}

const plain = { apiVersion: null, disabled: false, livemode: false, description: null, metadata: {} };

function definedOf<T extends object>(change: T): T {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as T;
}
