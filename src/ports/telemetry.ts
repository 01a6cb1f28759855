/**
 * The closed catalogue of what the product tells about itself. Rooms emit facts; `telemetry/` owns all names and
 * wording of logs and metrics. Fields are ids, codes, counts and durations: never buyers' data, never secrets.
 */
export type TelemetryEvent =
  | {
      name: 'webhook.answered';
      outcome: WebhookOutcome;
      type: string | null;
      eventId: string | null;
      durationMs: number;
    }
  | { name: 'job.accepted'; jobId: string; eventId: string }
  | {
      name: 'step.attempted';
      jobId: string;
      step: string;
      outcome: StepResult;
      attempt: number;
      durationMs: number;
      reason?: string;
    }
  | { name: 'job.completed'; jobId: string; latencySeconds: number; slaMet: boolean }
  | {
      name: 'job.failed';
      jobId: string;
      step: string;
      reason: string;
      latencySeconds: number;
      slaMet: boolean;
    }
  | { name: 'job.blocked'; jobId: string; reason: string }
  | { name: 'job.cancelled'; jobId: string; reason: string }
  | { name: 'lease.lost'; jobId: string; worker: string }
  | { name: 'job.taken_over'; jobId: string; worker: string }
  | { name: 'record.split'; size: number; error: string }
  | { name: 'mail.ambiguous'; jobId: string; logicalKey: string; provider: string }
  | {
      name: 'download.answered';
      outcome: 'redirected' | 'preparing' | 'refused' | 'expired';
      reason?: string;
    }
  | { name: 'worker.started'; worker: string; planKeys: string[] }
  | { name: 'worker.stopped'; worker: string; handedBack: number }
  | { name: 'database.unavailable'; during: string; error: string }
  | { name: 'unexpected.error'; during: string; error: string; stack?: string };

export type WebhookOutcome =
  | 'accepted'
  | 'merged'
  | 'duplicate'
  | 'unpaid'
  | 'ignored'
  | 'quarantined'
  | 'conflict'
  | 'refused'
  | 'unavailable';

export type StepResult = 'done' | 'skipped' | 'waiting' | 'retry' | 'blocked' | 'failed';

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
