import type { CircuitState } from './circuit.ts';

/** Where a provider stands, as the database told at one moment; all times are counted from then, in milliseconds. */
export interface ProviderStanding {
  provider: string;
  state: CircuitState;
  generation: number;
  /** Failures have been counted that a success would outweigh: successes matter too. */
  counting: boolean;
  /** Open: until it may be tried. Half open: until the right of the probe under way ends. Else 0. */
  retryInMs: number;
  /** Not closed: how long calls that may go elsewhere leave it to others to try it. Else 0. */
  sparedForMs: number;
  /** How long people have it paused; 0 when they have not. */
  pausedForMs: number;
  /** How long the provider itself asked to be left alone; 0 when it did not. */
  waitForMs: number;
}

export const wellStanding = (provider: string): ProviderStanding => ({
  provider,
  state: 'closed',
  generation: 0,
  counting: false,
  retryInMs: 0,
  sparedForMs: 0,
  pausedForMs: 0,
  waitForMs: 0,
});

/** After an outage, or a pause, what has waited comes back within this time, not all at once. */
export const releaseSpreadMs = 10_000;
/** Work of a paused provider looks again after this and up to twice as long, so that an early end is felt soon. */
export const pauseRecheckMs = 10_000;
/** A provider's wish to be left alone by everybody is honoured up to this; the call it was told to waits as asked. */
export const providerWaitMaxMs = 60_000;
/** While a probe is under way, others leave it this head start. */
const probeHeadStartMs = 500;

/** When work looks again that must wait for somebody's probe. @param random uniform in [0, 1) */
export const parkBehindProbeMs = (random: number) => probeHeadStartMs + random * releaseSpreadMs;

export type ParkReason = 'provider_paused' | 'provider_open' | 'provider_rate';

export type Admission =
  | { kind: 'go' }
  /** It may be tried: one caller among all workers wins the right to. */
  | { kind: 'probe' }
  | { kind: 'park'; reason: ParkReason; afterMs: number };

/**
 * Whether a call may be made, from a standing that is `ageMs` old. Who may not is due again when the provider may be
 * tried, plus full jitter.
 *
 * @param random uniform in [0, 1)
 * @param goesElsewhere the call may be made through another provider, so it need not try an ill one
 */
export function admissionOf(
  standing: ProviderStanding,
  ageMs: number,
  random: number,
  goesElsewhere = false,
): Admission {
  const left = (ms: number) => Math.max(0, ms - ageMs);
  const pausedForMs = left(standing.pausedForMs);
  if (pausedForMs > 0) {
    const afterEndMs = pausedForMs + random * releaseSpreadMs;
    const lookMs = pauseRecheckMs * (1 + random);
    return { kind: 'park', reason: 'provider_paused', afterMs: Math.min(afterEndMs, lookMs) };
  }
  const retryInMs = left(standing.retryInMs);
  const isSpared = goesElsewhere && left(standing.sparedForMs) > 0;
  if (standing.state !== 'closed' && (retryInMs > 0 || isSpared)) {
    const afterMs =
      standing.state === 'open' ? retryInMs + random * releaseSpreadMs : parkBehindProbeMs(random);
    return { kind: 'park', reason: 'provider_open', afterMs };
  }
  const waitForMs = left(standing.waitForMs);
  if (waitForMs > 0) {
    // As much spread as was asked to wait: a second's wish need not cost ten.
    const spreadMs = Math.min(releaseSpreadMs, Math.max(1_000, waitForMs));
    return { kind: 'park', reason: 'provider_rate', afterMs: waitForMs + random * spreadMs };
  }
  return { kind: standing.state === 'closed' ? 'go' : 'probe' };
}
