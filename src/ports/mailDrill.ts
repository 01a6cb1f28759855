import type { Transaction } from './transaction.ts';

/** `paused`: staff has it left alone, so it was not called. */
export const drillOutcomes = ['accepted', 'refused', 'unknown', 'paused'] as const;
export type DrillOutcome = (typeof drillOutcomes)[number];

/** What became of the mail of one provider. Never an address. */
export interface DrillResult {
  /** Providers that were taken for out. */
  without: string[];
  /** Through which a mail goes then. */
  provider: string;
  outcome: DrillOutcome;
  /** Until the provider said yes; null when it did not. */
  seconds: number | null;
  /** How it is known; `unproven`: the answer may still be lost, and nothing else is known. Null when it was not accepted. */
  evidence: 'answer' | 'journal' | 'unproven' | null;
  /** Why not; null when it was accepted. */
  fault: { reason: string; message: string; remedy: string } | null;
}

/** The drill of an outage: real mails to a test address, one through each provider. */
export interface MailDrill {
  /** One result for each provider, in their order. Faults are results. @param given.paused are not called */
  run(given: { to: string; paused: readonly string[] }): Promise<DrillResult[]>;
}

export interface PastDrill {
  id: string;
  at: Date;
  by: string;
  passed: boolean;
  results: DrillResult[];
}

/** What drills have come to, for people and for the check of the configuration. */
export interface DrillBook {
  write(
    tx: Transaction,
    drill: Pick<PastDrill, 'by' | 'passed' | 'results'>,
  ): Promise<{ id: string; at: Date }>;
  /** The latest first. */
  list(limit: number): Promise<PastDrill[]>;
}
