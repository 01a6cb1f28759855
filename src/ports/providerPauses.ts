import type { CircuitState } from '../domain/circuit.ts';
import type { Transaction } from './transaction.ts';

/** Those that can carry mail: stopping all mail is stopping each of them. One that is added later is named here. */
export const mailProviders = ['smtp', 'resend', 'listmonk', 'novu'] as const;
export type MailProvider = (typeof mailProviders)[number];

/** Those that can count purchases. */
export const analyticsProviders = ['plausible', 'posthog'] as const;
export type AnalyticsProvider = (typeof analyticsProviders)[number];

/** The providers that the shop's own steps call, where they are configured. */
export const knownProviders = ['stripe', ...mailProviders, 'storage', ...analyticsProviders, 'shop'] as const;
export type KnownProvider = (typeof knownProviders)[number];

/** Those that the configuration names, the preferred one first. */
export interface ConfiguredProviders {
  mail: readonly [MailProvider, ...MailProvider[]];
  analytics: readonly AnalyticsProvider[];
  /** The shop's own systems, where they want to hear of orders. */
  shop?: 'shop' | undefined;
}

/** All that are called with a configuration. */
export const calledProviders = ({ mail, analytics, shop }: ConfiguredProviders): KnownProvider[] => [
  'stripe',
  ...mail,
  'storage',
  ...analytics,
  ...(shop ? [shop] : []),
];

/** The longest a provider can be paused: a pause that is forgotten ends by itself. */
export const pauseMaxMs = 24 * 3_600_000;
/** In characters. */
export const pauseReasonMax = 1_000;

export interface PauseRequest {
  provider: string;
  /** At most `pauseMaxMs`. */
  forMs: number;
  /** Who paused it. */
  by: string;
  reason: string;
}

/** A provider of which something is known: it was ill once, or paused. */
export interface ProviderRow {
  provider: string;
  state: CircuitState;
  changedAt: Date;
  /** When it may be tried again; null while it is well. */
  retryAt: Date | null;
  /** What was counted in the current window. */
  failures: number;
  successes: number;
  pause: { since: Date; until: Date; by: string; reason: string } | null;
}

/** Stops of a provider by people. Work for it waits and spends no attempt; everything else goes on. */
export interface ProviderPauses {
  /**
   * Pauses a provider, or changes the pause it is in. Returns when it will end by itself.
   *
   * @throws RangeError when the time is not above zero and at most a day, or author or reason are missing or too long
   */
  pause(request: PauseRequest): Promise<Date>;
  /** Ends a pause. False when there was none. */
  resume(provider: string): Promise<boolean>;
  list(): Promise<ProviderRow[]>;
}

/** A pause as it stands. */
export type ProviderPause = NonNullable<ProviderRow['pause']>;

/** The same stops, as part of the transaction of whoever asked for them. */
export interface ProviderPausing {
  /** Locks the provider's row, and tells the pause it is in; null without one. */
  lock(tx: Transaction, provider: string): Promise<ProviderPause | null>;
  /** @returns when it will end by itself */
  pause(tx: Transaction, request: PauseRequest): Promise<Date>;
  resume(tx: Transaction, provider: string): Promise<boolean>;
}

/** How much waits for a provider just now. */
export interface WaitingWork {
  /** Name of the step that waits. */
  step: string;
  jobs: number;
}

/** What people see of the providers. A database that cannot be reached is a transient `Fault`. */
export interface ProviderWatch {
  list(): Promise<ProviderRow[]>;
  /**
   * Unfinished jobs with a step that waits for its provider: paused, ill, or not to be called faster. Of very many
   * unfinished jobs only so many are looked at, and `complete` is false.
   */
  waiting(): Promise<{ steps: WaitingWork[]; complete: boolean }>;
}
