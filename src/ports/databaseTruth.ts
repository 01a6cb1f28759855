import type { CircuitState } from '../domain/circuit.ts';
import type { GateCloser } from '../domain/mailGate.ts';

/** What the database knows better than any process: read by one cheap query, for metrics and guardrails alike. */
export interface DatabaseTruth {
  /** By the database's clock. */
  at: Date;
  active: Array<{ state: string; step: string; count: number }>;
  beyondSla: number;
  /** The job whose deadline passed first; null when none did. */
  beyondSlaJobId: string | null;
  /** Of what is open or blocked. */
  oldestOpenAcceptedAt: Date | null;
  oldestOpenDeadline: Date | null;
  oldestHeldAt: Date | null;
  /** Since when the job is due that no worker has taken for the longest. */
  oldestDueAt: Date | null;
  failed: { last5m: number; last1h: number; last24h: number; unattended: number };
  /** Why jobs failed within the hour, the most frequent first. */
  failedBecause: Array<{ step: string; reason: string; count: number }>;
  quarantined: number;
  lastWebhookAt: Date | null;
  webhooksSilent: boolean;
  /** Providers of which something is known; the others are well. */
  circuits: Array<{ provider: string; state: CircuitState; paused: boolean; changedAt: Date }>;
  /** What has closed the gate that all mail goes through, and how many mails wait behind it. */
  mailGate: { why: GateCloser | null; held: number };
  mailsUnproven: number;
  /** When the provider's events were last read to their end; null before the first time. */
  caughtUpAt: Date | null;
  workers: { alive: number; lastSeenAt: Date | null };
  partitionsAhead: number;
  upkeepAt: Date | null;
  auditBroken: boolean;
  reconciledAt: Date | null;
  findings: number;
  alerts: { page: number; ticket: number };
  /** Channels with something that has still to be told, and since when. */
  undelivered: Array<{ channel: string; count: number; since: Date }>;
  channelTests: Array<{ channel: string; succeededAt: Date | null }>;
  sentinelAt: Date | null;
}
