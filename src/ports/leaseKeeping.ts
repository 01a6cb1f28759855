import type { Lease } from './jobStore.ts';

/** What a worker says of itself while it is alive. */
export interface WorkerIdentity {
  name: string;
  version: string;
  planKeys: string[];
}

/** One lease in the hands of its keeper. */
export interface KeptLease {
  /**
   * For how long the lease is certainly still held, in milliseconds; zero or less: it may be somebody else's. Asks
   * nobody, so the answer is true in the middle of any work.
   */
  certainForMs(): number;
  /** The lease is over: it is not extended any more. */
  release(): void;
}

/**
 * Keeps the leases of one process: extends all of them in one statement, three times per lease, and says now and then
 * that the worker is alive. What it cannot extend becomes uncertain by itself, before the lease ends.
 */
export interface LeaseKeeping {
  /** @param onLost called for a lease that is not held any more though it was not released */
  start(worker: WorkerIdentity, onLost: (lease: Lease) => void): void;
  /** Resolves once leases are kept, or when that takes too long to wait for. */
  ready(): Promise<void>;
  /** @param ageMs for how long the lease may have been running: since the claim was asked for */
  keep(lease: Lease, ageMs: number): KeptLease;
  stop(): Promise<void>;
}
