import type { AlertSeverity } from './alerts.ts';
import type { JsonObject } from './step.ts';

/** Something that people are to be told of as long as it holds. */
export interface AlertToKeep {
  rule: string;
  /** What it is about; empty for the whole. */
  scope: string;
  severity: AlertSeverity;
  /** Ids and counts: it leaves the house. */
  summary: string;
  /** The job in whose dossier it is shown. */
  jobId?: string | null;
  /** What else whoever delivers it should know, for example for whom it is: ids and codes. */
  data?: JsonObject;
}

export interface AlertChange {
  change: 'opened' | 'resolved';
  rule: string;
  scope: string;
  severity: AlertSeverity;
}

/** Alerts as rules open and resolve them. A database that cannot be reached is a transient `Fault`. */
export interface AlertBook {
  /**
   * Of these scopes of a rule, opens what holds and is not open, and resolves what is open and holds no more. Those that
   * are not named stay as they are.
   */
  keep(rule: string, scopes: readonly string[], holding: readonly AlertToKeep[]): Promise<AlertChange[]>;
}
