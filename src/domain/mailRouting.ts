/** What is known of one mail's providers before it is sent, or sent again. */
export interface RoutingFacts {
  /** The configured providers, the preferred one first. */
  configured: readonly string[];
  /** Those that have certainly not taken this mail; `final`: no repeat would change it. */
  refusals: ReadonlyArray<{ provider: string; final: boolean }>;
  /** Those that keep being refused at the recipient's domain. */
  passedOver: readonly string[];
}

/**
 * Through which providers a mail may go, in order: first those that nothing speaks against, then those that the
 * recipient's domain keeps refusing, then those that have put this very mail off. One that has refused it for good is
 * left out, unless all have: then a person has it tried again, and it begins anew.
 */
export function routeOf({ configured, refusals, passedOver }: RoutingFacts): string[] {
  const refused = new Map<string, boolean>();
  for (const { provider, final } of refusals) refused.set(provider, final || refused.get(provider) === true);
  const rank = (provider: string) =>
    (refused.has(provider) ? 2 : 0) + (passedOver.includes(provider) ? 1 : 0);
  const willing = configured.filter((provider) => refused.get(provider) !== true);
  const candidates = willing.length > 0 ? willing : configured;
  return candidates
    .map((provider, at) => ({ provider, at }))
    .toSorted((one, other) => rank(one.provider) - rank(other.provider) || one.at - other.at)
    .map(({ provider }) => provider);
}

/** When a provider is passed over for a recipient's domain. */
export const domainRule = {
  /** So many refusals by policy, with no delivery in between. */
  refusalsMin: 3,
  /** For so long after the last one; then the next mail tries it again. */
  passedOverForMs: 6 * 3_600_000,
  /** Refusals that lie further apart than this are none of one kind. */
  forgottenAfterMs: 7 * 24 * 3_600_000,
} as const;

/**
 * Whether a refusal counts at the recipient's domain. What speaks of our sender, our account or the mail itself
 * (`_sender_refused`, `_mail_blocked`) would be refused for any other domain too, and is no reason to avoid one.
 */
export const isPolicyOfRecipient = (reason: string): boolean => reason.endsWith('_policy_refused');

/** The domain of an address, in lower case: what standings are kept by. */
export const domainOf = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();
