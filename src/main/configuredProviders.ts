import type { ConfiguredProviders } from '../ports/providerPauses.ts';
import type { Config } from './config.ts';

/** What of the configuration says who is called. */
export type ProviderRules = Pick<Config, 'mail' | 'plausible' | 'posthog'> &
  Partial<Pick<Config, 'shopWebhook'>>;

/** Who carries mail and who counts purchases, by their names in circuits, limits and pauses. */
export const configuredProviders = ({
  mail,
  plausible,
  posthog,
  shopWebhook,
}: ProviderRules): ConfiguredProviders => ({
  mail: mail.providers,
  analytics: [...(plausible ? ['plausible' as const] : []), ...(posthog ? ['posthog' as const] : [])],
  ...(shopWebhook && { shop: 'shop' }),
});
