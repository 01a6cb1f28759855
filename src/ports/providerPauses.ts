import type { CircuitState } from '../domain/circuit.ts';

/** The longest a provider can be paused: a pause that is forgotten ends by itself. */
export const pauseMaxMs = 24 * 3_600_000;

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
