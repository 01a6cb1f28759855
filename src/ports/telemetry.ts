import type { CheckoutState } from '../domain/checkoutState.ts';
import type { FaultKind } from '../domain/fault.ts';
import type { Format } from '../domain/effectKey.ts';
import type { AlertChannel, NoticeKind } from './alertDelivery.ts';
import type { DeliveryKind } from './deliveryEvidence.ts';

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
      /** From the time that Stripe gives the event to its receipt; absent where it has none. */
      lagSeconds?: number;
      traceparent?: string;
    }
  /** A page after a checkout was told how far its purchase has come. */
  | { name: 'checkout.answered'; outcome: CheckoutState | 'unknown'; durationMs: number }
  | {
      name: 'job.accepted';
      jobId: string;
      eventId: string;
      door: 'webhook' | 'checkout';
      traceparent?: string;
    }
  | {
      /** A worker has taken a job into its hands. */
      name: 'job.claimed';
      jobId: string;
      kind: string;
      /** For the first time. */
      first: boolean;
      /** Since its acceptance. */
      waitSeconds: number;
      /** Of the lease: it grows with every time that the job is taken. */
      leaseToken: string;
      /** W3C `traceparent` of what brought the job. */
      traceContext: string | null;
    }
  /** A worker has let go of a job: it is done, waits, or is another's. */
  | { name: 'job.released'; jobId: string }
  | {
      name: 'step.attempted';
      jobId: string;
      step: string;
      outcome: StepResult;
      attempt: number;
      durationMs: number;
      reason?: string;
    }
  | {
      /** A step has called a provider: to read, to look whether something is there, or to have it made. */
      name: 'provider.called';
      jobId: string;
      step: string;
      provider: string;
      call: 'read' | 'find' | 'make';
      outcome: 'answered' | FaultKind;
      durationMs: number;
    }
  | { name: 'job.completed'; jobId: string; kind: string; latencySeconds: number; slaMet: boolean }
  | {
      name: 'job.failed';
      jobId: string;
      kind: string;
      step: string;
      reason: string;
      latencySeconds: number;
      slaMet: boolean;
    }
  /** The time of an order is over and it is not done, or it has failed. Told once for each, by whichever process sees it. */
  | { name: 'job.sla_breached'; jobId: string }
  | { name: 'job.blocked'; jobId: string; reason: string }
  /** A switch that is set for all stops it; its clock stands. */
  | { name: 'job.held'; jobId: string; reason: string }
  | { name: 'job.cancelled'; jobId: string; reason: string }
  | { name: 'lease.lost'; jobId: string; worker: string }
  | { name: 'job.taken_over'; jobId: string; worker: string }
  /** A transaction was parted to find the result that cannot be written; `passing`: others were in its way again and again. */
  | { name: 'record.split'; size: number; error: string; passing: boolean }
  | {
      /** A provider's circuit breaker changed; told by the worker that brought it about. */
      name: 'provider.circuit';
      provider: string;
      change: 'opened' | 'half_open' | 'closed';
      /** What was counted in the window that led to it. */
      failures: number;
      successes: number;
      /** How often it opened without closing in between. */
      openings: number;
    }
  | { name: 'mail.ambiguous'; jobId: string; logicalKey: string; provider: string }
  /** The gate that all mail goes through was closed. People open it. */
  | { name: 'mail.gate'; change: 'closed'; why: string; mailsInHour?: number; pastInHour?: number }
  /** Something was heard of mails that were handed over; of each kind so much. */
  | { name: 'mail.evidence'; source: string; kind: DeliveryKind; count: number }
  /** So many pieces of evidence had waited in vain for their mails, and were dropped. */
  | { name: 'mail.evidence_expired'; count: number }
  /** A delivery report that was not taken: not signed by the provider, or signed and not of a shape we know. */
  | { name: 'mail.report_refused'; provider: string; outcome: 'refused' | 'unreadable'; reason: string }
  /** A place where evidence is looked for could not be read. */
  | { name: 'mail.source_failed'; source: string; reason: string; failingForMs: number; againInMs: number }
  /** The mode that is set for the process holds all mail. */
  | { name: 'mode.shadow' }
  | {
      name: 'download.answered';
      outcome: 'streaming' | 'redirected' | 'preparing' | 'refused' | 'expired' | 'limited';
      reason?: string;
    }
  /** A download of a buyer is whole, however many requests it took; or was led to a signed URL, which ends nowhere here. */
  | { name: 'download.finished'; entitlementId: string; format: Format }
  /** A mail goes out by which what a guest bought can be claimed. */
  | { name: 'entitlement.claim_initiated'; profileId: string; way: 'mail_code' | 'reminder' }
  /** A guest was reminded without the invitation to an account that was meant to be in it. */
  | { name: 'account.not_invited'; reason: string }
  /** Somebody has taken what a guest bought into their account. */
  | { name: 'entitlement.claim_success'; profileId: string; ebooks: number }
  /** Staff has come in by the browser. */
  | { name: 'staff.signed_in'; sessionId: string }
  /** Somebody who wanted in as staff was turned away. */
  | { name: 'staff.refused'; door: 'bearer' | 'session' | 'sign_in'; reason: string }
  /** No identity provider is configured for staff: the admin API is not there. */
  | { name: 'staff.no_way_in' }
  | { name: 'worker.started'; worker: string; planKeys: string[] }
  | { name: 'worker.stopped'; worker: string; handedBack: number }
  /** The worker's event loop stood still for so long that its leases were left to end. */
  | { name: 'worker.hung'; worker: string; silentMs: number }
  /** The thread that extends this worker's leases is gone; another one is started. */
  | { name: 'lease_keeper.ended'; worker: string; error: string; startsAgainInMs: number }
  /** LISTEN hears nothing here, probably because of a transaction pooler: polling alone finds new work. */
  | { name: 'listen.deaf' }
  /** LISTEN hears again. */
  | { name: 'listen.heard'; deafForMs: number }
  /** Catching up begins: an order that was paid is found within so long, even if no webhook comes. */
  | { name: 'catch_up.started'; boundSeconds: number; intervalSeconds: number }
  | {
      /** The provider's events were read. */
      name: 'catch_up.round';
      /** Read to the end of what there was. */
      whole: boolean;
      seen: number;
      /** Of those what no other door had brought. */
      found: number;
      calls: number;
      durationMs: number;
      /** How far back reading began. */
      sinceSeconds: number;
    }
  | {
      /** Something that no other door had brought. */
      name: 'catch_up.found';
      door: 'poller' | 'sweep';
      outcome: WebhookOutcome | 'adopted';
      jobId: string | null;
      eventId: string | null;
    }
  | {
      /** A page of a sweep over sales. */
      name: 'catch_up.swept';
      sweepId: string;
      kind: string;
      part: string;
      finished: boolean;
      known: number;
      fulfilled: number;
      adopted: number;
      settled: number;
      leftOut: number;
    }
  | { name: 'catch_up.failed'; during: string; reason: string; againInMs: number }
  | {
      name: 'alert.changed';
      change: 'opened' | 'resolved';
      rule: string;
      scope: string;
      severity: 'page' | 'ticket';
    }
  /** People were told of an alert, or could not be: it is tried again. */
  | {
      name: 'alert.delivered';
      channel: AlertChannel;
      kind: NoticeKind;
      result: 'delivered' | 'failed';
      reason?: string;
    }
  /** Outside was told that all is well; `withheld`: it is not, or nobody knows, so that outside may ring. */
  | { name: 'dead_man.beat'; result: 'delivered' | 'failed' | 'withheld'; reason?: string }
  /** Traces could not be sent; so many spans were lost since the last time. */
  | { name: 'traces.not_exported'; lost: number; error: string }
  | { name: 'sentinel.started'; channels: string[] }
  | { name: 'sentinel.stopped' }
  /** The sentinel cannot ask the database, and tells people without it. */
  | { name: 'sentinel.blind'; forMs: number }
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

export type StepResult = 'done' | 'skipped' | 'waiting' | 'retry' | 'blocked' | 'held' | 'failed';

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
