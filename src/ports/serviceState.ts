import type { GateCloser } from '../domain/mailGate.ts';

/** How the whole stands at one moment, by the database's clock. Counts stop at `stateCountMax`. */
export interface ServiceState {
  at: Date;
  /** The job that has been open or blocked the longest. */
  oldestOpen: { jobId: string; acceptedAt: Date; slaDeadline: Date } | null;
  /** Jobs that are open or blocked, and should have been done by now. */
  beyondSla: number;
  failedLastHour: number;
  /** Jobs that need a person. */
  blocked: number;
  held: number;
  /** The gate that all mail goes through. */
  mailGate: { why: GateCloser | null; since: Date; heldMails: number };
  workers: { alive: number; lastSeenAt: Date | null };
  lastWebhookAt: Date | null;
  /** When the duties of a day were last all done; null: never. */
  lastUpkeepAt: Date | null;
  /** Events that nobody could act on yet. */
  quarantined: number;
  /** Alerts that are not resolved. */
  alerts: { page: number; ticket: number; acknowledged: number };
}

export const stateCountMax = 1_000;

export interface ServiceStateReader {
  /** @throws Fault transient, when the database cannot be reached */
  read(workerAliveMs: number): Promise<ServiceState>;
}
