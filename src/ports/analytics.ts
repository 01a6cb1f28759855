/** An event about a purchase. Ids and amounts only, no personal data. */
export interface AnalyticsEvent {
  /** Stable across repeats, so the receiver can drop doubles. */
  id: string;
  name: 'purchase.fulfilled';
  occurredAt: Date;
  revenue: { amount: string; currency: string };
  properties: Record<string, string>;
}

export interface Analytics {
  readonly name: string;
  track(event: AnalyticsEvent, signal: AbortSignal): Promise<void>;
}
