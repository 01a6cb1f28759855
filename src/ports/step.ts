import type { Fault } from '../domain/fault.ts';
import type { HeldReason } from '../domain/heldReasons.ts';
import type { Plan } from '../domain/plan.ts';
import type { RetryPolicy } from '../domain/retryPolicy.ts';
import type { Transaction } from './transaction.ts';

/** JSON that is stored as a step's output or an effect's evidence. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

export interface PaymentRef {
  id: string;
  /** The PaymentIntent's id, or the Checkout Session's when the total is zero. */
  key: string;
  orderId: string;
  /** Its buyer was forgotten: nothing is written to them or of them any more. */
  erased?: boolean;
}

/** What a step may know of its job: frozen facts and the outputs of earlier steps. */
export interface JobView {
  jobId: string;
  kind: string;
  plan: Plan;
  /** What the job is about when it is not about a payment: unique per kind. */
  subjectKey: string | null;
  /** The payment it belongs to, as `fulfil` and `settle` always do. */
  payment: PaymentRef | null;
  /** When the job was accepted. */
  acceptedAt: Date;
  /** The canonical order once it is resolved, or what a subject job was given; parse before use. */
  order: unknown;
  outputs: ReadonlyMap<string, JsonObject>;
}

/** A switch that is set for all stops it: nothing is wrong with the job, and its clock stands if nothing else can move. */
export interface Held {
  kind: 'hold';
  reason: HeldReason;
  detail?: string;
  recheckMs?: number;
}

/** How a step ended for one job. Faults are thrown, not returned. */
export type StepOutcome =
  /** `order`: the canonical order, once a step has resolved it; the job keeps it for all later steps. */
  | { kind: 'done'; output?: JsonObject; order?: JsonObject }
  | { kind: 'skip'; reason: string }
  /** Look again later, without blame: spends no attempt. */
  | { kind: 'wait'; afterMs: number; reason: string }
  | { kind: 'block'; reason: string; detail?: string; recheckMs?: number }
  | Held
  /** What the job decided on does not hold any more: all its steps begin anew. Effects that are done stay done. */
  | { kind: 'again'; reason: string }
  /** The whole job has no duty here, for example an intent that pays an invoice. */
  | { kind: 'cancel_job'; reason: string; detail?: string };

export interface StepContext {
  signal: AbortSignal;
  attempt: number;
  /** The database's clock, as far as this process can tell: the one that `acceptedAt` was written by. */
  now: Date;
}

interface StepBase {
  name: string;
  version: number;
  retry: RetryPolicy;
}

/** Asks the outside and changes nothing there, for example reading the order from Stripe. */
export interface ReadStep extends StepBase {
  kind: 'read';
  /** The provider whose limits it shares. */
  provider: string;
  timeoutMs: number;
  run(job: JobView, context: StepContext): Promise<StepOutcome>;
  /** Joins the transaction in which the outcome is recorded. */
  record?(tx: Transaction, rows: Array<{ job: JobView; output: JsonObject; order: unknown }>): Promise<void>;
}

/** An effect in Postgres, for many jobs at once, inside the recorder's own transaction. */
export interface CommitStep extends StepBase {
  kind: 'commit';
  commit(tx: Transaction, jobs: JobView[]): Promise<Map<string, StepOutcome>>;
}

/** One thing an outside step does once. */
export interface EffectSpec {
  /** Unique within the job's step; see domain/effectKey.ts. */
  key: string;
  /** The provider it goes to, whose limits it shares. */
  provider: string;
  /** Others that can do it as well, in order: each while those before it are ill or paused. */
  otherwise?: readonly string[];
}

/** The effect as it is carried out: through the provider that has let it in. */
export interface RoutedEffect extends EffectSpec {
  /** Its step has named the providers that it may go through. */
  routed?: boolean;
}

/** Names one effect of a job, where a step has several. */
export const effectRef = (jobId: string, effectKey: string) => `${jobId}/${effectKey}`;

export interface EffectInput<Prepared> {
  job: JobView;
  effect: EffectSpec;
  prepared: Prepared;
}

export interface IntentRow<Prepared> extends EffectInput<Prepared> {
  leaseToken: bigint;
  attempt: number;
}

export type EffectOutcome =
  | { kind: 'done'; evidence: JsonObject }
  | { kind: 'skip'; reason: string }
  | { kind: 'block'; reason: string; detail?: string; recheckMs?: number }
  | Held;

/** It may go through these alone, in this order; it is prepared anew for the one that lets it in. At most once. */
export interface Through {
  kind: 'through';
  providers: readonly [string, ...string[]];
}

/** Why an announced effect is not made after all: it is owed no more, for this reason, or it is held. */
export type NotMade = string | Held;

/**
 * Effects outside: intended first, then asked about or done, then recorded. The engine owns the order
 * effects → prepare → intend (committed) → find → make → record.
 */
export interface OutsideStep<Prepared = unknown> extends StepBase {
  kind: 'outside';
  timeoutMs: number;
  effects(job: JobView): EffectSpec[];
  /**
   * Work before the intent, outside any transaction: reading, rendering. May find that there is nothing to do. A step
   * that has nothing to prepare leaves it out, and its intent is written with the record that makes it due.
   */
  prepare?(
    job: JobView,
    effect: RoutedEffect,
    context: StepContext,
  ): Promise<{ kind: 'ready'; prepared: Prepared } | Through | EffectOutcome>;
  /** Joins the transaction of the intent. Returns, by job id or `effectRef`, why an effect is not made. */
  intend?(tx: Transaction, rows: IntentRow<Prepared>[]): Promise<Map<string, NotMade>>;
  /** Asked on every attempt but the first. Undefined: as far as can be known it has not happened, so it is done. */
  find?(input: EffectInput<Prepared>, context: StepContext): Promise<JsonObject | undefined>;
  make(input: EffectInput<Prepared>, context: StepContext): Promise<JsonObject>;
  /** Joins the transaction in which the result is recorded. */
  record?(
    tx: Transaction,
    rows: Array<{ job: JobView; effect: EffectSpec; evidence: JsonObject }>,
  ): Promise<void>;
  /** Joins the transaction in which a failed attempt is recorded, for steps that keep a ledger of attempts. */
  recordFault?(
    tx: Transaction,
    rows: Array<{ job: JobView; effect: EffectSpec; fault: Fault }>,
  ): Promise<void>;
}

export type Step = ReadStep | CommitStep | OutsideStep;
