import { Fault, toFault } from '../domain/fault.ts';
import { runnableSteps, statusOf } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore, RecordBatch } from '../ports/jobStore.ts';
import type { Random } from '../ports/random.ts';
import type { CommitStep, IntentRow, OutsideStep, ReadStep, Step } from '../ports/step.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Transaction } from '../ports/transaction.ts';
import type { Draft } from './draft.ts';
import { applyEffectOutcome, applyIntent, applyStepOutcome, openDraft } from './draft.ts';
import type { Entry, PendingEntry, Recorded } from './entry.ts';
import type { JobRun } from './jobRun.ts';
import { closeRun, effectId } from './jobRun.ts';
import { settle } from './settle.ts';
import { errorName, unexpectedError } from './unexpectedError.ts';

export interface RecorderOptions {
  store: JobStore;
  steps: ReadonlyMap<string, Step>;
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  worker: string;
  /** How long results are gathered before they are written together, in milliseconds. */
  lingerMs: number;
  /** Called after COMMIT for every run that goes on. */
  onAdvanced(run: JobRun): void;
  /** Called when a run is over: released, finished, or lost. */
  onClosed(run: JobRun): void;
}

export interface Recorder {
  submit(entry: Entry): Promise<Recorded>;
  /** Resolves when everything handed in so far is written. */
  drained(): Promise<void>;
}

/**
 * Gathers the results of a few milliseconds into one transaction of set-based statements, each row fenced by its
 * lease token. One transaction at a time: a run's entries are written in the order in which they came.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, clock, telemetry, worker } = options;
  const actor = `worker:${worker}`;
  let queue: PendingEntry[] = [];
  let flushing: Promise<void> | undefined;

  async function flushAll(): Promise<void> {
    await clock.sleep(options.lingerMs);
    while (queue.length) {
      const batch = queue;
      queue = [];
      await write(batch);
    }
    flushing = undefined;
  }

  /** Writes a batch; on a bad row splits it until the culprit stands alone, so its neighbours are not hurt. */
  async function write(batch: PendingEntry[]): Promise<void> {
    try {
      await writeTogether(batch);
    } catch (error) {
      const runs = [...new Set(batch.map(({ entry }) => entry.run))];
      if (store.isUnavailable(error)) {
        telemetry.emit({ name: 'database.unavailable', during: 'record', error: errorName(error) });
        // Whether COMMIT happened is not known. What is true stands in the database: the next claim reads it.
        return abandon(batch);
      }
      telemetry.emit({ name: 'record.split', size: runs.length, error: errorName(error) });
      if (runs.length > 1) {
        const half = new Set(runs.slice(0, Math.ceil(runs.length / 2)));
        await write(batch.filter(({ entry }) => half.has(entry.run)));
        await write(batch.filter(({ entry }) => !half.has(entry.run)));
        return;
      }
      telemetry.emit(unexpectedError(error, 'record'));
      await writeCulprit(batch, error);
    }
  }

  /** A single job whose own rows cannot be written: what it wanted to record becomes a fault of its step. */
  async function writeCulprit(batch: PendingEntry[], error: unknown): Promise<void> {
    const fault = toFault(error);
    const run = batch[0]?.entry.run;
    if (!run) return;
    try {
      await writeTogether(batch, fault);
    } catch (second) {
      telemetry.emit(unexpectedError(second, 'record'));
      abandon(batch);
    }
  }

  function abandon(batch: PendingEntry[]): void {
    for (const run of new Set(batch.map(({ entry }) => entry.run))) {
      if (!run.closed) {
        closeRun(run, 'The result could not be recorded.');
        options.onClosed(run);
      }
    }
    for (const pending of batch) pending.settle('lost');
  }

  async function writeTogether(batch: PendingEntry[], culprit?: Fault): Promise<void> {
    const live = batch.filter((pending) => !pending.entry.run.closed);
    for (const pending of batch) if (pending.entry.run.closed) pending.settle('lost');
    const runs = [...new Set(live.map(({ entry }) => entry.run))];
    if (runs.length === 0) return;

    const plan = await store.inTransaction(async (tx) => {
      const { now, held } = await store.lockHeld(tx, runs.map((run) => run.lease));
      const drafts = new Map(
        runs.filter((run) => held.has(run.lease.jobId)).map((run) => [run, openDraft(run, now)] as const),
      );
      const entries = live.map(({ entry }) => entry).filter((entry) => drafts.has(entry.run));
      const notOwed = await applyEntries(tx, entries, drafts, culprit);
      await runCommitSteps(tx, drafts, culprit);
      const rows: RecordBatch = { steps: [], effects: [], events: [], orders: [], released: [], jobs: [] };
      const over = new Set<JobRun>();
      for (const draft of drafts.values()) {
        const controlChanged = held.get(draft.run.lease.jobId)?.controlSeq !== draft.run.controlSeq;
        draft.drains = controlChanged;
        if (settle(draft, rows, { steps: options.steps, actor, controlChanged })) over.add(draft.run);
        const job = rows.jobs.at(-1);
        if (job?.jobId === draft.run.lease.jobId) draft.stateAfter = job;
      }
      await store.record(tx, rows);
      return { drafts, over, notOwed };
    });
    afterCommit(live, plan);
  }

  function afterCommit(
    live: PendingEntry[],
    { drafts, over, notOwed }: { drafts: Map<JobRun, Draft>; over: Set<JobRun>; notOwed: Set<Entry> },
  ): void {
    for (const run of new Set(live.map(({ entry }) => entry.run))) {
      const draft = drafts.get(run);
      if (!draft) {
        telemetry.emit({ name: 'lease.lost', jobId: run.lease.jobId, worker });
        closeRun(run, 'The lease was lost.');
        options.onClosed(run);
        continue;
      }
      run.memory = draft.memory;
      run.observe(draft.now);
      if (draft.drains) run.draining = true;
      run.view = draft.view;
      if (draft.stateAfter) {
        run.state = draft.stateAfter.state;
        run.reason = draft.stateAfter.reason;
      }
      for (const work of draft.finished) run.inFlight.delete(work);
      for (const event of draft.telemetry) telemetry.emit(event);
    }
    for (const pending of live) {
      if (!drafts.has(pending.entry.run)) pending.settle('lost');
      else pending.settle(notOwed.has(pending.entry) ? 'not_owed' : 'recorded');
    }
    for (const [run] of drafts) {
      if (over.has(run)) {
        closeRun(run, 'The job was released.');
        options.onClosed(run);
      } else options.onAdvanced(run);
    }
  }

  /** Applies entries to their drafts and calls the steps' own hooks, set-wise. Returns intents that are not owed. */
  async function applyEntries(
    tx: Transaction,
    entries: Entry[],
    drafts: Map<JobRun, Draft>,
    culprit: Fault | undefined,
  ): Promise<Set<Entry>> {
    const notOwed = culprit ? new Set<Entry>() : await callIntents(tx, entries);
    if (!culprit) await callRecords(tx, entries);
    for (const entry of entries) {
      const draft = drafts.get(entry.run) as Draft;
      const context = { actor, random: options.random };
      switch (entry.kind) {
        case 'advance':
          draft.finished.add('advance');
          break;
        case 'step': {
          const outcome = culprit ? ({ kind: 'fault', fault: culprit } as const) : entry.outcome;
          applyStepOutcome(draft, entry.step, outcome, { ...context, ...entry });
          draft.finished.add(entry.step.name);
          break;
        }
        case 'intent': {
          const id = effectId(entry.step.name, entry.effect.key);
          const measured = { ...context, attempt: entry.attempt, durationMs: 0 };
          if (culprit) {
            applyEffectOutcome(draft, entry.step, entry.effect, { kind: 'fault', fault: culprit }, measured);
            notOwed.add(entry);
            draft.finished.add(id);
          } else if (notOwed.has(entry)) {
            applyEffectOutcome(draft, entry.step, entry.effect, { kind: 'skip', reason: 'not_owed' }, measured);
            draft.finished.add(id);
          } else applyIntent(draft, entry.step, entry.effect, entry.attempt);
          break;
        }
        case 'effect': {
          // An effect that was made but could not be recorded may have happened: it is asked about next time.
          const outcome = culprit
            ? ({ kind: 'fault', fault: asUnknown(culprit, entry.outcome.kind === 'done') } as const)
            : entry.outcome;
          applyEffectOutcome(draft, entry.step, entry.effect, outcome, { ...context, ...entry });
          draft.finished.add(effectId(entry.step.name, entry.effect.key));
          break;
        }
      }
    }
    return notOwed;
  }

  async function callIntents(tx: Transaction, entries: Entry[]): Promise<Set<Entry>> {
    const notOwed = new Set<Entry>();
    const intents = entries.filter((entry) => entry.kind === 'intent');
    for (const step of new Set(intents.map((entry) => entry.step))) {
      if (!step.intend) continue;
      const mine = intents.filter((entry) => entry.step === step);
      const rows: IntentRow<unknown>[] = mine.map((entry) => ({
        job: entry.run.view,
        effect: entry.effect,
        prepared: entry.prepared,
        leaseToken: entry.run.lease.token,
        attempt: entry.attempt,
      }));
      const refused = await step.intend(tx, rows);
      for (const entry of mine) if (refused.has(entry.run.lease.jobId)) notOwed.add(entry);
    }
    return notOwed;
  }

  async function callRecords(tx: Transaction, entries: Entry[]): Promise<void> {
    for (const step of new Set(entries.flatMap((entry) => (entry.kind === 'step' ? [entry.step] : [])))) {
      await recordRead(tx, step, entries);
    }
    for (const step of new Set(entries.flatMap((entry) => (entry.kind === 'effect' ? [entry.step] : [])))) {
      await recordEffects(tx, step, entries);
    }
  }

  async function recordRead(tx: Transaction, step: ReadStep, entries: Entry[]): Promise<void> {
    const rows = entries.flatMap((entry) =>
      entry.kind === 'step' && entry.step === step && entry.outcome.kind === 'done'
        ? [{ job: entry.run.view, output: entry.outcome.output ?? {}, order: entry.outcome.order ?? null }]
        : [],
    );
    if (rows.length) await step.record?.(tx, rows);
  }

  async function recordEffects(tx: Transaction, step: OutsideStep, entries: Entry[]): Promise<void> {
    const mine = entries.filter((entry) => entry.kind === 'effect' && entry.step === step) as Array<
      Extract<Entry, { kind: 'effect' }>
    >;
    const done = mine.flatMap(({ run, effect, outcome }) =>
      outcome.kind === 'done' ? [{ job: run.view, effect, evidence: outcome.evidence }] : [],
    );
    const faults = mine.flatMap(({ run, effect, outcome }) =>
      outcome.kind === 'fault' ? [{ job: run.view, effect, fault: outcome.fault }] : [],
    );
    if (done.length) await step.record?.(tx, done);
    if (faults.length) await step.recordFault?.(tx, faults);
  }

  /** Runs every commit step that became due, for all jobs at once, until none is left. */
  async function runCommitSteps(tx: Transaction, drafts: Map<JobRun, Draft>, culprit: Fault | undefined): Promise<void> {
    for (;;) {
      const groups = new Map<CommitStep, Draft[]>();
      for (const draft of drafts.values()) {
        if (draft.cancelled) continue;
        skipEmptySteps(draft);
        for (const step of dueCommitSteps(draft)) groups.set(step, [...(groups.get(step) ?? []), draft]);
      }
      if (groups.size === 0) return;
      for (const [step, group] of groups) await runCommitStep(tx, step, group, culprit);
    }
  }

  /** An outside step that owes nothing for this order, for example files of an order without files. */
  function skipEmptySteps(draft: Draft): void {
    for (const planned of runnableSteps(draft.run.view.plan, draft.memory.steps, draft.now)) {
      const step = options.steps.get(planned.name);
      if (step?.kind !== 'outside' || step.effects(draft.view).length > 0) continue;
      const measured = { attempt: 0, durationMs: 0, actor, random: options.random };
      applyStepOutcome(draft, step, { kind: 'skip', reason: 'nothing_owed' }, measured);
    }
  }

  const dueCommitSteps = (draft: Draft): CommitStep[] =>
    runnableSteps(draft.run.view.plan, draft.memory.steps, draft.now).flatMap((planned) => {
      const step = options.steps.get(planned.name);
      // A step that has had its say in this transaction does not get another one, whatever its due time.
      return step?.kind === 'commit' && !draft.steps.has(step.name) ? [step] : [];
    });

  async function runCommitStep(tx: Transaction, step: CommitStep, group: Draft[], culprit: Fault | undefined): Promise<void> {
    const startedMs = clock.elapsedMs();
    const outcomes = culprit
      ? new Map()
      : await step.commit(
          tx,
          group.map((draft) => draft.view),
        );
    const durationMs = clock.elapsedMs() - startedMs;
    for (const draft of group) {
      const outcome = outcomes.get(draft.run.lease.jobId) ?? {
        kind: 'fault' as const,
        fault: culprit ?? new Fault({ kind: 'transient', reason: 'no_outcome', message: `Step ${step.name} gave no outcome.` }),
      };
      const attempt = statusOf(draft.memory.steps, step.name).attempts + 1;
      applyStepOutcome(draft, step, outcome, { attempt, durationMs, actor, random: options.random });
    }
  }

  return {
    submit(entry) {
      return new Promise((resolve) => {
        queue.push({ entry, settle: resolve });
        flushing ??= flushAll();
      });
    },
    async drained() {
      while (flushing) await flushing;
    },
  };
}

const asUnknown = (fault: Fault, made: boolean) =>
  made ? new Fault({ kind: 'unknown_effect', reason: fault.reason, message: fault.message }) : fault;
