import type { Transaction } from './transaction.ts';

export const alertStates = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];
export const alertSeverities = ['page', 'ticket'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

/** What people were told to look at. */
export interface AlertRow {
  alertId: string;
  rule: string;
  /** What the rule spoke of, for example a provider; empty for the whole. */
  scope: string;
  severity: AlertSeverity;
  state: AlertState;
  /** Ids and counts. */
  summary: string;
  jobId: string | null;
  /** Grows with every change. */
  version: number;
  openedAt: Date;
  /** When the rule last held. */
  seenAt: Date;
  notifiedAt: Date | null;
  acknowledged: { at: Date; by: string; reason: string | null } | null;
  resolvedAt: Date | null;
}

export interface AlertFilter {
  states: readonly AlertState[];
  severity?: AlertSeverity;
  rule?: string;
}

/** Alerts as people see and acknowledge them. A database that cannot be reached is a transient `Fault` in `list`. */
export interface AlertDesk {
  /** The latest first. @param after `alertId` of the last one of the page before */
  list(filter: AlertFilter, page: { limit: number; after?: string }): Promise<AlertRow[]>;
  lock(tx: Transaction, alertId: string): Promise<AlertRow | undefined>;
  /** @returns the new version */
  acknowledge(tx: Transaction, alertId: string, by: { subject: string; reason: string }): Promise<number>;
}
