import { Fault } from '../domain/fault.ts';
import { runnableSteps, statusOf } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore, RecordBatch } from '../ports/jobStore.ts';
import type { Random } from '../ports/random.ts';
import type { CommitStep, StepOutcome } from '../ports/step.ts';
import type { Transaction } from '../ports/transaction.ts';
import {
  applyEffectOutcome,
  applyIntent,
  applyStepOutcome,
  type Attempt,
  type Draft,
  openDraft,
} from './draft.ts';
import type { Entry, Faulted } from './entry.ts';
import { callIntents, callRecords } from './hooks.ts';
import { asUnknown, callHook, type Culprit } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { effectId } from './jobRun.ts';
import { type KnownSteps, knownStep, owedEffects } from './knownSteps.ts';
import { settle } from './settle.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface BatchOptions {
  store: JobStore;
  steps: KnownSteps;
  clock: Clock;
  random: Random;
  worker: string;
}

export interface WrittenBatch {
  /** Runs whose lease still held; all others are lost. */
  drafts: Map<JobRun, Draft>;
  /** Runs that were released or finished. */
  over: Set<JobRun>;
  /** Intents whose effect must not be made, and why. */
  notOwed: Map<Entry, string>;
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
    random: options.random.next(),
  });
  const blamed = (step: string): Fault | undefined =>
    culprit && (culprit.step ?? step) === step ? culprit.fault : undefined;

  return store.inTransaction(async (tx) => {
    const runs = [...new Set(entries.map((entry) => entry.run))];
    const { now, held } = await store.lockHeld(
      tx,
      runs.map((run) => run.lease),
    );
    const drafts = new Map(
      runs.flatMap((run) => {
        const dispatch = held.get(run.lease.jobId);
        return dispatch ? [[run, openDraft(run, now, dispatch.controlSeq !== run.controlSeq)] as const] : [];
      }),
    );
    const notOwed = await applyEntries(
      tx,
      entries.filter((entry) => drafts.has(entry.run)),
      drafts,
    );
    await runCommitSteps(tx, [...drafts.values()]);
    const rows: RecordBatch = { steps: [], effects: [], events: [], orders: [], released: [], jobs: [] };
    const over = new Set<JobRun>();
    for (const draft of drafts.values()) {
      if (settle(draft, rows, { steps, actor })) over.add(draft.run);
    }
    await store.record(tx, rows);
    return { drafts, over, notOwed };
  });

  async function applyEntries(
    tx: Transaction,
    live: Entry[],
    drafts: Map<JobRun, Draft>,
  ): Promise<Map<Entry, string>> {
    const sound = live.filter((entry) => entry.kind === 'advance' || !blamed(entry.step.name));
    const notOwed = await callIntents(tx, sound);
    await callRecords(tx, sound);
    for (const entry of live) {
      const fault = entry.kind === 'intent' && blamed(entry.step.name);
      if (fault) notOwed.set(entry, fault.reason);
      const draft = drafts.get(entry.run);
      if (draft) applyEntry(draft, entry, notOwed.get(entry));
    }
    return notOwed;
  }

  function applyEntry(draft: Draft, entry: Entry, refused: string | undefined): void {
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
          fault ?? { kind: 'skip', reason: refused },
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
      for (const draft of drafts.filter(
        ({ cancelled, givenUp, drains }) => !cancelled && !givenUp && !drains,
      )) {
        judgeWithoutCall(draft);
        for (const step of dueCommitSteps(draft)) groups.set(step, [...(groups.get(step) ?? []), draft]);
      }
      if (groups.size === 0) return;
      // Always in one order, whichever job comes first: the locks the steps take are taken in one order too.
      for (const step of steps.values()) {
        const group = step.kind === 'commit' ? groups.get(step) : undefined;
        if (step.kind === 'commit' && group) await runCommitStep(tx, step, group);
      }
    }
  }

  async function runCommitStep(tx: Transaction, step: CommitStep, group: Draft[]): Promise<void> {
    const startedMs = options.clock.elapsedMs();
    const fault = blamed(step.name);
    const views = group.map((draft) => draft.view);
    const outcomes: ReadonlyMap<string, StepOutcome> | undefined = fault
      ? undefined
      : await callHook(step, () => step.commit(tx, views));
    const durationMs = options.clock.elapsedMs() - startedMs;
    for (const draft of group) {
      const outcome =
        outcomes?.get(draft.run.lease.jobId) ??
        ({ kind: 'fault', fault: fault ?? noOutcome(step.name) } as const);
      const attempt = statusOf(draft.memory.steps, step.name).attempts + 1;
      applyStepOutcome(draft, step, outcome, attemptOf({ attempt, durationMs }));
    }
  }

  /** Outside steps that owe nothing, for example files of an order without files, or that cannot tell what they owe. */
  function judgeWithoutCall(draft: Draft): void {
    for (const planned of runnableSteps(draft.view.plan, draft.memory.steps, draft.now)) {
      const step = knownStep(steps, planned);
      if (step?.kind !== 'outside' || draft.steps.has(step.name)) continue;
      const owed = owedEffects(step, draft.view);
      if (owed instanceof Fault) {
        draft.telemetry.push(unexpectedError(owed.cause ?? owed, step.name));
        const attempt = statusOf(draft.memory.steps, step.name).attempts + 1;
        applyStepOutcome(draft, step, { kind: 'fault', fault: owed }, attemptOf({ attempt, durationMs: 0 }));
      } else if (owed.length === 0) {
        const skipped = { kind: 'skip', reason: 'nothing_owed' } as const;
        applyStepOutcome(draft, step, skipped, attemptOf({ attempt: 0, durationMs: 0 }));
      }
    }
  }

  function dueCommitSteps(draft: Draft): CommitStep[] {
    return runnableSteps(draft.view.plan, draft.memory.steps, draft.now).flatMap((planned) => {
      const step = knownStep(steps, planned);
      // A step that has had its say in this transaction does not get another one, whatever its due time.
      return step?.kind === 'commit' && !draft.steps.has(step.name) ? [step] : [];
    });
  }
}

const noOutcome = (step: string) =>
  new Fault({
    kind: 'transient',
    reason: 'no_outcome',
    message: `Step ${step} gave no outcome for this job.`,
  });
