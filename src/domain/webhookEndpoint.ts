import { neededEventTypes } from './stripeEventTypes.ts';

/** A webhook endpoint as Stripe lists it. */
export interface RegisteredEndpoint {
  url: string;
  enabled: boolean;
  livemode: boolean;
  /** Null: the account's default, which somebody may change. */
  apiVersion: string | null;
  enabledEvents: string[];
}

export interface WantedEndpoint {
  url: string;
  livemode: boolean;
  /** The version that the code was written for. */
  apiVersion: string;
}

export const endpointTroubles = [
  'missing',
  'wrong_url',
  'disabled',
  'other_mode',
  'missing_types',
  'api_version',
] as const;

export type EndpointTrouble =
  | { trouble: 'missing' | 'disabled' }
  /** Ours is not there, and this one looks like it. */
  | { trouble: 'wrong_url'; registered: string }
  | { trouble: 'other_mode'; livemode: boolean }
  | { trouble: 'missing_types'; types: string[] }
  | { trouble: 'api_version'; version: string | null };

/** Why Stripe will not tell us everything, in the form we read. Empty: it will. */
export function troublesOf(
  endpoints: readonly RegisteredEndpoint[],
  wanted: WantedEndpoint,
): EndpointTrouble[] {
  const endpoint = endpoints.find(({ url }) => withoutSlash(url) === wanted.url);
  if (!endpoint) {
    const alike = endpoints.find(({ url }) => pathOf(url) === pathOf(wanted.url));
    return [alike ? { trouble: 'wrong_url', registered: alike.url } : { trouble: 'missing' }];
  }
  if (!endpoint.enabled) return [{ trouble: 'disabled' }];
  const { livemode, apiVersion } = endpoint;
  const types = neededEventTypes.filter((type) => !receives(endpoint, type));
  return [
    ...(livemode === wanted.livemode ? [] : [{ trouble: 'other_mode' as const, livemode }]),
    ...(types.length === 0 ? [] : [{ trouble: 'missing_types' as const, types }]),
    ...(apiVersion === wanted.apiVersion ? [] : [{ trouble: 'api_version' as const, version: apiVersion }]),
  ];
}

const withoutSlash = (url: string) => url.replace(/\/$/, '');
const pathOf = (url: string) => (URL.canParse(url) ? withoutSlash(new URL(url).pathname) : url);
const receives = ({ enabledEvents }: RegisteredEndpoint, type: string) =>
  enabledEvents.includes('*') || enabledEvents.includes(type);
