import type { Failpoint } from '../domain/failpoint.ts';
import { Fault } from '../domain/fault.ts';
import { statusOf } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobRecord, JobStore } from '../ports/jobStore.ts';
import type { Random } from '../ports/random.ts';
import type { CommitStep, EffectSpec, NotMade, OutsideStep, StepOutcome } from '../ports/step.ts';
import type { Transaction } from '../ports/transaction.ts';
import {
  applyEffectOutcome,
  applyIntent,
  applyStepOutcome,
  type Attempt,
  type Draft,
  openDraft,
  runnableIn,
  settleMoved,
} from './draft.ts';
import { type Entry, type Faulted, siteOf } from './entry.ts';
import { callIntents, callRecords } from './hooks.ts';
import { asUnknown, callHook, type Culprit } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { effectId, effectStatus } from './jobRun.ts';
import { isBare, type KnownSteps, knownStep } from './knownSteps.ts';
import type { Ticket } from './providers/admission.ts';
import { settle } from './settle.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface BatchOptions {
  store: JobStore;
  steps: KnownSteps;
  clock: Clock;
  random: Random;
  worker: string;
  /** A ticket for a call that may be made at once. */
  tryAdmit(provider: string): Ticket | undefined;
  failpoint?: Failpoint | undefined;
}

export interface WrittenBatch {
  /** Runs whose lease still held; all others are lost. */
  drafts: Map<JobRun, Draft>;
  /** Runs that were released or finished. */
  over: Set<JobRun>;
  /** Intents whose effect must not be made, and why. */
  notOwed: Map<Entry, NotMade>;
}

/**
 * Writes the entries of many jobs in one transaction: lock what is still held, let the steps' own hooks write, apply
 * the outcomes, run every commit step that became due, and settle where each job stands.
 *
 * @param culprit given when this one job's rows could not be written: what is to blame becomes a fault instead
 */
export function writeBatch(
  entries: Entry[],
  culprit: Culprit | undefined,
  options: BatchOptions,
): Promise<WrittenBatch> {
  const { store, steps } = options;
  const actor = `worker:${options.worker}`;
  const attemptOf = (measured: { attempt: number; durationMs: number }): Attempt => ({
    attempt: measured.attempt,
    durationMs: measured.durationMs,
    actor,
    random: options.random,
  });
  const blamed = (step: string): Fault | undefined =>
    culprit && (culprit.step ?? step) === step ? culprit.fault : undefined;

  const tickets: Ticket[] = [];
  return store.inTransaction(write).catch((error: unknown) => {
    for (const ticket of tickets) ticket.leave({ sign: 'silent' });
    throw error;
  });

  async function write(tx: Transaction): Promise<WrittenBatch> {
    const runs = [...new Set(entries.map((entry) => entry.run))];
    const { now, lost, moved } = await store.lockHeld(tx, runs);
    const drafts = new Map<JobRun, Draft>();
    for (const run of runs) if (!lost.has(run)) drafts.set(run, openDraft(run, now, moved.has(run)));
    const notOwed = await applyEntries(
      tx,
      entries.filter((entry) => drafts.has(entry.run)),
      drafts,
    );
    await runCommitSteps(tx, [...drafts.values()]);
    announceDue([...drafts.values()], tickets);
    const records: JobRecord[] = [];
    const over = new Set<JobRun>();
    for (const draft of drafts.values()) {
      const record = settle(draft, { steps, actor });
      records.push(record);
      if (record.release) over.add(draft.run);
    }
    await store.record(tx, records);
    await options.failpoint?.('before_commit', siteOf(entries));
    return { drafts, over, notOwed };
  }

  async function applyEntries(
    tx: Transaction,
    live: Entry[],
    drafts: Map<JobRun, Draft>,
  ): Promise<Map<Entry, NotMade>> {
    const tooLate = await intentsOfHeld(tx, live, drafts);
    const sound = live.filter(
      (entry) => !tooLate.has(entry) && (entry.kind === 'advance' || !blamed(entry.step.name)),
    );
    const notOwed = await callIntents(tx, sound);
    await callRecords(tx, sound);
    for (const entry of live) {
      if (tooLate.has(entry)) {
        leaveUnbegun(entry, drafts, notOwed);
        continue;
      }
      const fault = entry.kind === 'intent' && blamed(entry.step.name);
      if (fault) notOwed.set(entry, fault.reason);
      const draft = drafts.get(entry.run);
      if (draft) applyEntry(draft, entry, notOwed.get(entry));
    }
    for (const draft of drafts.values()) settleMoved(draft);
    return notOwed;
  }

  /** What was to be announced for jobs that a person has just put on hold: it is not begun. New facts hold up nothing. */
  async function intentsOfHeld(
    tx: Transaction,
    live: Entry[],
    drafts: Map<JobRun, Draft>,
  ): Promise<Set<Entry>> {
    const moved = live.filter(({ kind, run }) => kind === 'intent' && drafts.get(run)?.drains === true);
    if (moved.length === 0) return new Set();
    const held = await store.whichAreHeld(tx, [...new Set(moved.map(({ run }) => run.lease.jobId))]);
    return new Set(moved.filter(({ run }) => held.has(run.lease.jobId)));
  }

  /** As if it had never been handed in. */
  function leaveUnbegun(entry: Entry, drafts: Map<JobRun, Draft>, notOwed: Map<Entry, NotMade>): void {
    if (entry.kind !== 'intent') return;
    notOwed.set(entry, 'asked_afresh');
    drafts.get(entry.run)?.finished.add(effectId(entry.step.name, entry.effect.key));
  }

  function applyEntry(draft: Draft, entry: Entry, refused: NotMade | undefined): void {
    const blame = entry.kind === 'advance' ? undefined : blamed(entry.step.name);
    const fault: Faulted | undefined = blame && { kind: 'fault', fault: blame };
    switch (entry.kind) {
      case 'advance':
        draft.finished.add('advance');
        break;
      case 'give_up': {
        const { step, fault: reason, attempt } = entry;
        applyStepOutcome(
          draft,
          step,
          { kind: 'fault', fault: reason },
          attemptOf({ attempt, durationMs: 0 }),
        );
        draft.givenUp = { step: step.name, reason: reason.reason };
        draft.finished.add('give_up');
        break;
      }
      case 'step':
        applyStepOutcome(draft, entry.step, fault ?? entry.outcome, attemptOf(entry));
        draft.finished.add(entry.step.name);
        break;
      case 'intent':
        if (refused === undefined) return applyIntent(draft, entry.step, entry.effect, entry.attempt);
        applyEffectOutcome(
          draft,
          entry,
          fault ?? (typeof refused === 'string' ? { kind: 'skip', reason: refused } : refused),
          attemptOf({ ...entry, durationMs: 0 }),
        );
        draft.finished.add(effectId(entry.step.name, entry.effect.key));
        break;
      case 'effect': {
        // An effect that was made but could not be recorded may have happened: it is asked about next time.
        const unrecorded =
          blame && entry.outcome.kind === 'done'
            ? ({ kind: 'fault', fault: asUnknown(blame) } as const)
            : fault;
        applyEffectOutcome(draft, entry, unrecorded ?? entry.outcome, attemptOf(entry));
        draft.finished.add(effectId(entry.step.name, entry.effect.key));
        break;
      }
    }
  }

  /** Runs every commit step that became due, for all jobs at once, until none is left. */
  async function runCommitSteps(tx: Transaction, drafts: Draft[]): Promise<void> {
    for (;;) {
      const groups = new Map<CommitStep, Draft[]>();
      // Where a person or a new fact has spoken, nothing is started: the job is claimed afresh first.
      for (const draft of drafts) {
        if (draft.cancelled || draft.givenUp || draft.drains) continue;
        for (const step of dueCommitSteps(draft)) {
          const group = groups.get(step);
          if (group) group.push(draft);
          else groups.set(step, [draft]);
        }
      }
      if (groups.size === 0) return;
      // Always in one order, whichever job comes first: the locks the steps take are taken in one order too.
      for (const step of steps.inOrder) {
        const group = step.kind === 'commit' ? groups.get(step) : undefined;
        if (step.kind === 'commit' && group) await runCommitStep(tx, step, group);
      }
    }
  }

  /**
   * Steps that have become due and have nothing to prepare are announced in the transaction that made them so: half of
   * all transactions of such a plan. Only where a call may be made at once; the others take the way of all.
   */
  function announceDue(all: Draft[], tickets: Ticket[]): void {
    for (const draft of all) {
      if (draft.cancelled || draft.givenUp || draft.drains) continue;
      for (const planned of runnableIn(draft)) {
        const step = knownStep(steps, planned);
        if (step?.kind !== 'outside' || !isBare(step)) continue;
        const owed = draft.view.owedBy(step);
        if (!(owed instanceof Fault)) for (const effect of owed) announce(draft, step, effect, tickets);
      }
    }
  }

  function announce(draft: Draft, step: OutsideStep, effect: EffectSpec, tickets: Ticket[]): void {
    const id = effectId(step.name, effect.key);
    const before = effectStatus(draft.effects, step.name, effect.key);
    const settled = before.state === 'done' || before.state === 'failed';
    // What had its say in this transaction, or is under way, is not begun by it.
    if (settled || draft.effects.isChanged(id) || draft.run.inFlight.has(id)) return;
    if (before.dueAt !== null && before.dueAt > draft.now) return;
    const ticket = options.tryAdmit(effect.provider);
    if (!ticket) return;
    tickets.push(ticket);
    const attempt = before.attempts + 1;
    const announcedBefore = before.state === 'intended' || before.attempts > 0;
    applyIntent(draft, step, effect, attempt);
    (draft.announced ??= []).push({ step, effect, attempt, announcedBefore, ticket });
  }

  async function runCommitStep(tx: Transaction, step: CommitStep, group: Draft[]): Promise<void> {
    const startedMs = options.clock.elapsedMs();
    const fault = blamed(step.name);
    const views = group.map((draft) => draft.view);
    const outcomes: ReadonlyMap<string, StepOutcome> | undefined = fault
      ? undefined
      : await callHook(step, () => step.commit(tx, views));
    const durationMs = options.clock.elapsedMs() - startedMs;
    // One for all jobs that try it for the same time, which most of them do.
    const attempts = new Map<number, Attempt>();
    for (const draft of group) {
      const outcome =
        outcomes?.get(draft.run.lease.jobId) ??
        ({ kind: 'fault', fault: fault ?? noOutcome(step.name) } as const);
      const number = statusOf(draft.steps, step.name).attempts + 1;
      const attempt = attempts.get(number) ?? attemptOf({ attempt: number, durationMs });
      attempts.set(number, attempt);
      applyStepOutcome(draft, step, outcome, attempt);
    }
  }

  /** The commit steps whose turn it is, after those that need no call were judged: they may clear the way for more. */
  function dueCommitSteps(draft: Draft): CommitStep[] {
    const due: CommitStep[] = [];
    let judged = false;
    for (const planned of runnableIn(draft)) {
      const step = knownStep(steps, planned);
      // A step that has had its say in this transaction does not get another one, whatever its due time.
      if (!step || draft.steps.isChanged(step.name)) continue;
      if (step.kind === 'commit') due.push(step);
      else if (step.kind === 'outside' && judgeWithoutCall(draft, step)) judged = true;
    }
    return judged ? dueCommitSteps(draft) : due;
  }

  /** An outside step that owes nothing, for example files of an order without files, or that cannot tell what it owes. */
  function judgeWithoutCall(draft: Draft, step: OutsideStep): boolean {
    const owed = draft.view.owedBy(step);
    if (owed instanceof Fault) {
      draft.telemetry.push(unexpectedError(owed.cause ?? owed, step.name));
      const attempt = statusOf(draft.steps, step.name).attempts + 1;
      applyStepOutcome(draft, step, { kind: 'fault', fault: owed }, attemptOf({ attempt, durationMs: 0 }));
    } else if (owed.length === 0) {
      const skipped = { kind: 'skip', reason: 'nothing_owed' } as const;
      applyStepOutcome(draft, step, skipped, attemptOf({ attempt: 0, durationMs: 0 }));
    } else return false;
    return true;
  }
}

const noOutcome = (step: string) =>
  new Fault({
    kind: 'transient',
    reason: 'no_outcome',
    message: `Step ${step} gave no outcome for this job.`,
  });
