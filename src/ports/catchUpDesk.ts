import type { SweepKind, SweepPart, SweepTally } from './catchUp.ts';
import type { Transaction } from './transaction.ts';

export interface SweepRow extends SweepTally {
  sweepId: string;
  kind: SweepKind;
  since: Date;
  until: Date;
  part: SweepPart;
  pages: number;
  askedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface CatchUpOverview {
  at: Date;
  /** Who is at it; null: nobody. */
  worker: string | null;
  dueAt: Date;
  /** By the provider's clock. */
  seenUntil: Date | null;
  /** When reading last came to the end of what there was. */
  readAt: Date | null;
  watchedAt: Date | null;
  /** The latest first. */
  sweeps: SweepRow[];
  /** Jobs of sales of the past that are not over. */
  adopting: number;
}

/** Catching up as people see it, and ask for it. A database that cannot be reached is a transient `Fault` in `show`. */
export interface CatchUpDesk {
  /** Counts `adopting` up to `adoptingMax`. */
  show(options: { sweepsMax: number; adoptPlanKey: string; adoptingMax: number }): Promise<CatchUpOverview>;
  /** Has events read now. */
  wantRound(tx: Transaction): Promise<void>;
  /** A sweep that is wanted; where the same one is still to be made, that one. */
  wantSweep(
    tx: Transaction,
    sweep: { kind: 'asked' | 'adopt'; since: Date; until: Date; askedBy: string },
  ): Promise<{ sweepId: string; isNew: boolean }>;
}
