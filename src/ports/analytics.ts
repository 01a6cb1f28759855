/** An event about a purchase. Ids and amounts only, no personal data. */
export interface AnalyticsEvent {
  /** Stable across repeats and the same for all receivers, so each can drop doubles. */
  id: string;
  name: 'purchase.fulfilled';
  occurredAt: Date;
  revenue: { amount: string; currency: string };
  properties: Record<string, string>;
}

/** A place that counts purchases. Faults as everywhere; a repeat of an event is harmless. */
export interface Analytics {
  /** How the provider is called in effects, limits and breakers. Unique among those that are configured. */
  readonly name: string;
  track(event: AnalyticsEvent, signal: AbortSignal): Promise<void>;
}
