import type { ProbeResult } from '../domain/circuit.ts';
import type { ProviderStanding } from '../domain/providerStanding.ts';

/** Limits of a provider across all workers. What is left out is not limited. */
export interface ProviderLimit {
  /** Calls per second in the long run. */
  ratePerSecond?: number;
  /** Calls that may follow each other at once after a quiet time; one second's worth unless given. */
  burst?: number;
  /** Calls under way at one time. */
  concurrencyMax?: number;
}

/** What became of calls to one provider in this process since it last told. */
export interface ProviderReport {
  provider: string;
  generation: number;
  successes: number;
  failures: number;
  /** Those after the last success. */
  failuresInARow: number;
  probe: ProbeResult | null;
  /** How long the provider asked to be left alone; 0 when it did not. */
  waitMs: number;
  /** Uniform in [0, 1), for the jitter of an open time. */
  random: number;
}

export interface CircuitChange {
  provider: string;
  change: 'opened' | 'half_open' | 'closed';
  /** What was counted in the window that led to it. */
  failures: number;
  successes: number;
  openings: number;
}

export interface TokenAsk {
  provider: string;
  /** Calls that wait for a token here. */
  wanted: number;
  /** How many of them stay and wait when there are too few; the others leave and get a place in the line. */
  keeps: number;
  ratePerSecond: number;
  burst: number;
}

export interface TokenGrant {
  provider: string;
  granted: number;
  /** When the next token will be there. */
  nextInMs: number;
  /** When the first of those who left is due; the others follow one token apart. */
  lineInMs: number;
}

export interface SlotAsk {
  provider: string;
  concurrencyMax: number;
  /** Calls under way; they cannot be taken back. */
  inUse: number;
  /** Calls under way and waiting. 0 gives everything back. */
  wanted: number;
}

export interface SlotShare {
  provider: string;
  /** How many calls this process may have under way; those above it are not followed by others when they end. */
  allowed: number;
}

/** What the engine needs of the tables that all workers share for their providers. Clocks are the database's. */
export interface ProviderControlStore {
  /** Providers that nobody has ever complained of are not in the answer. */
  read(providers: string[]): Promise<ProviderStanding[]>;
  /** Decides, under the lock of each provider's row, what the reports make of it (domain/circuit.ts). */
  report(reports: ProviderReport[]): Promise<{ standings: ProviderStanding[]; changes: CircuitChange[] }>;
  /** Asks for the right to try a provider. `change` is there when it was won. */
  tryProbe(provider: string): Promise<{ standing: ProviderStanding | undefined; change?: CircuitChange }>;
  takeTokens(asks: TokenAsk[]): Promise<TokenGrant[]>;
  /** Renews, enlarges, shrinks or gives back this process's slots. */
  shareSlots(worker: string, ttlMs: number, asks: SlotAsk[]): Promise<SlotShare[]>;
}
