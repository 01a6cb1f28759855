/** Events about what somebody owns, beside the purchase itself. Postgres has the same list, in `fulfillment.track`. */
export const trackedNames = [
  'entitlement.claim_initiated',
  'entitlement.claim_success',
  'entitlement.download',
] as const;
export type TrackedName = (typeof trackedNames)[number];

/** An event about a purchase or what was bought. Ids and amounts only, no personal data. */
export interface AnalyticsEvent {
  /** Stable across repeats and the same for all receivers, so each can drop doubles. */
  id: string;
  name: 'purchase.fulfilled' | TrackedName;
  occurredAt: Date;
  /** Of a purchase. */
  revenue?: { amount: string; currency: string };
  properties: Record<string, string>;
}

/** A place that counts purchases. Faults as everywhere; a repeat of an event is harmless. */
export interface Analytics {
  /** How the provider is called in effects, limits and breakers. Unique among those that are configured. */
  readonly name: string;
  track(event: AnalyticsEvent, signal: AbortSignal): Promise<void>;
}
