import type { Failpoint } from '../domain/failpoint.ts';
import { Fault } from '../domain/fault.ts';
import { heldRecheckMs, isHeldReason } from '../domain/heldReasons.ts';
import { runnableSteps, reachableSteps, statusOf } from '../domain/job.ts';
import { assertSoundPlan, planKey, type Plan } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClaimedJob, JobStore } from '../ports/jobStore.ts';
import type { LeaseKeeping } from '../ports/leaseKeeping.ts';
import type { ProviderControlStore, ProviderLimit } from '../ports/providerControl.ts';
import type { Random } from '../ports/random.ts';
import type { OutsideStep, ReadStep, Step } from '../ports/step.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { createClaiming } from './claiming.ts';
import type { Announced, Entry } from './entry.ts';
import { executeEffect, executeRead, makeEffect } from './execute.ts';
import { effectId, effectStatus, JobRun } from './jobRun.ts';
import { isBare, type KnownSteps, knownStep, knowSteps } from './knownSteps.ts';
import { keepLeasesInProcess, watchLeases } from './leaseKeeper.ts';
import { createAdmission } from './providers/admission.ts';
import { createRecorder } from './recorder.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface WorkerOptions {
  store: JobStore;
  steps: Step[];
  plans: Plan[];
  clock: Clock;
  random: Random;
  telemetry: Telemetry;
  /** Unique per process; for people, not for safety. */
  name: string;
  version: string;
  leaseMs?: number;
  /** Who keeps the leases; without it this process's own event loop does. It must know the same `leaseMs`. */
  leases?: LeaseKeeping;
  /** Jobs in the hands of this process at one time. */
  jobsMax?: number;
  /** The floor of polling: how long an idle worker sleeps at most. */
  pollMs?: number;
  /** How long jobs whose worker vanished have the process for themselves, before others are worked on beside it. */
  isolatedMs?: number;
  /** How long a job rests after its first, second, … loss while alone; the one after those is its last. */
  restsAfterLossesMs?: readonly number[];
  /** How long results are gathered before they are written together. */
  lingerMs?: number;
  /** Concurrent calls per provider in this process; 16 for those without an own figure. */
  providerPlaces?: Record<string, number>;
  /** What all workers know together of their providers: circuit breakers, pauses, limits. Without it there are none. */
  providerControl?: ProviderControlStore;
  /** Limits per provider across all workers. */
  providerLimits?: Record<string, ProviderLimit>;
  /** Called at the boundaries of a job's life; for fault drills. */
  failpoint?: Failpoint;
}

export interface Worker {
  start(): void;
  /** Work was accepted in this process: look at once. */
  wake(): void;
  /** How many jobs it has in its hands. */
  inHand(): number;
  /** Stops claiming, lets running jobs finish for `graceMs`, and gives the rest back. */
  stop(graceMs: number): Promise<void>;
}

/** How long a call that was told to stop may still have its effect. */
const callEndsWithinMs = 2_000;

/**
 * A job whose worker vanishes while it works on nothing else rests so long; the next time it is taken out of the way.
 * Long enough for a machine, a database or a roll-out to come to rest, and short enough for people to know in time.
 */
const restsAfterLossesMs: readonly number[] = [5_000, 15_000];

function hasLaterWork({ steps, effects }: JobRun, now: Date): boolean {
  for (const { dueAt } of steps.values()) if (dueAt && dueAt > now) return true;
  for (const { dueAt } of effects.values()) if (dueAt && dueAt > now) return true;
  return false;
}

function assertRunnable(plan: Plan, steps: KnownSteps): void {
  assertSoundPlan(plan);
  for (const planned of plan.steps) {
    if (!knownStep(steps, planned))
      throw new Error(`Plan ${planKey(plan)} needs step ${planned.name} in version ${planned.version}.`);
  }
}

/** The loop around claim, run and record (DESIGN §5). Knows no step and no vendor; any number may run side by side. */
export function createWorker(options: WorkerOptions): Worker {
  const { store, clock, random, telemetry, name, failpoint } = options;
  const leaseMs = options.leaseMs ?? 15_000;
  const leases = options.leases ?? keepLeasesInProcess({ store, clock, telemetry, leaseMs });
  const steps = knowSteps(options.steps);
  for (const plan of options.plans) assertRunnable(plan, steps);
  const planKeys = options.plans.map(planKey);
  const restsMs = options.restsAfterLossesMs ?? restsAfterLossesMs;
  const admission = createAdmission({
    control: options.providerControl,
    limits: options.providerLimits ?? {},
    places: options.providerPlaces ?? {},
    placesDefault: 16,
    store,
    clock,
    random,
    telemetry,
    worker: name,
  });

  const runs = new Map<string, JobRun>();
  const timers = new Map<JobRun, NodeJS.Timeout>();
  const stopped = new AbortController();
  let loop: Promise<unknown> | undefined;

  const recorder = createRecorder({
    store,
    steps,
    clock,
    random,
    telemetry,
    worker: name,
    lingerMs: options.lingerMs ?? 2,
    tryAdmit: admission.tryAdmit,
    failpoint,
    jobsInHand: () => runs.size,
    onAdvanced: advance,
    onClosed: forget,
    onAbandoned: (run) => claiming.abandon(run.lease),
  });
  const claiming = createClaiming({
    store,
    clock,
    random,
    telemetry,
    worker: name,
    planKeys,
    leaseMs,
    jobsMax: options.jobsMax ?? 2_000,
    pollMs: options.pollMs ?? 1_000,
    isolatedMs: options.isolatedMs ?? 2_000,
    restsMs,
    runs,
    take,
    failpoint,
  });
  const executing = { store, clock, admission, recorder, telemetry, failpoint };

  function unwatch(run: JobRun): void {
    const timer = timers.get(run);
    if (timer === undefined) return;
    clearTimeout(timer);
    timers.delete(run);
  }

  function forget(run: JobRun): void {
    unwatch(run);
    if (runs.get(run.lease.jobId) === run) {
      runs.delete(run.lease.jobId);
      telemetry.emit({ name: 'job.released', jobId: run.lease.jobId });
    }
    claiming.released();
  }

  /** Starts whatever a job can do now, and sets the clock for what it can do later. */
  function advance(run: JobRun, announced: Announced[] = [], fresh = false): void {
    if (run.closed) return announced.forEach(({ ticket }) => ticket.leave({ sign: 'silent' }));
    try {
      for (const one of announced) {
        const id = effectId(one.step.name, one.effect.key);
        run.inFlight.add(id);
        watch(id, makeEffect(run, one, executing));
      }
      startDue(run, fresh);
    } catch (error) {
      // A bug of ours. Held on to, the job would be stuck for ever; let go, it is taken over alone.
      telemetry.emit(unexpectedError(error, 'advance'));
      letGo(run, 'The job could not be advanced.');
    }
  }

  function lose(run: JobRun | undefined): void {
    if (!run || run.closed) return;
    telemetry.emit({ name: 'lease.lost', jobId: run.lease.jobId, worker: name });
    letGo(run, 'The lease was lost.');
  }

  function letGo(run: JobRun, reason: string): void {
    run.close(reason);
    forget(run);
  }

  function startDue(run: JobRun, fresh: boolean): void {
    const now = run.databaseNow();
    const runnable = run.draining ? [] : runnableSteps(run.view.plan, run.steps, now);
    for (const planned of runnable) {
      const step = knownStep(steps, planned);
      if (step?.kind === 'read') launchRead(run, step);
      // What has nothing to prepare is announced together with that of others, where it can be made at once.
      else if (step?.kind === 'outside' && !(fresh && isBare(step))) launchEffects(run, step, now);
      else if (step) handIn(run, { kind: 'advance', run });
    }
    if (run.inFlight.size === 0) handIn(run, { kind: 'advance', run });
    // One that is about to be recorded is looked at again as soon as it is.
    else if (!run.inFlight.has('advance')) watchTimers(run, now);
  }

  function handIn(run: JobRun, entry: Extract<Entry, { kind: 'advance' | 'give_up' }>): void {
    if (run.inFlight.has(entry.kind)) return;
    run.inFlight.add(entry.kind);
    recorder.handIn(entry);
  }

  function launch(run: JobRun, work: string, start: () => Promise<void>): void {
    if (run.inFlight.has(work)) return;
    run.inFlight.add(work);
    watch(work, start());
  }

  function watch(work: string, running: Promise<void>): void {
    running.catch((error: unknown) => telemetry.emit(unexpectedError(error, work)));
  }

  function launchRead(run: JobRun, step: ReadStep): void {
    const attempt = statusOf(run.steps, step.name).attempts + 1;
    launch(run, step.name, () => executeRead(run, step, attempt, executing));
  }

  function launchEffects(run: JobRun, step: OutsideStep, now: Date): void {
    const owed = run.view.owedBy(step);
    // Nothing owed, or nobody can tell: judged in the recorder's transaction.
    if (owed instanceof Fault || owed.length === 0) return handIn(run, { kind: 'advance', run });
    for (const effect of owed) {
      const status = effectStatus(run.effects, step.name, effect.key);
      const settled = status.state === 'done' || status.state === 'failed';
      if (settled || (status.dueAt !== null && status.dueAt > now)) continue;
      launch(run, effectId(step.name, effect.key), () => executeEffect(run, step, effect, executing));
    }
  }

  /** While a job is held for a running step, the timers of its other steps are this process's to watch. */
  function watchTimers(run: JobRun, now: Date): void {
    if (!hasLaterWork(run, now)) return unwatch(run);
    const reachable = new Set(reachableSteps(run.view.plan, run.steps).map((step) => step.name));
    let nextMs = Infinity;
    const note = ({ step, dueAt }: { step: string; dueAt: Date | null }) => {
      if (dueAt && dueAt > now && reachable.has(step)) nextMs = Math.min(nextMs, dueAt.getTime());
    };
    run.steps.forEach(note);
    run.effects.forEach(note);
    unwatch(run);
    if (nextMs === Infinity) return;
    const delayMs = Math.min(nextMs - now.getTime() + 1, 2 ** 31 - 1);
    timers.set(
      run,
      setTimeout(() => advance(run), delayMs),
    );
  }

  function take(claimed: ClaimedJob, claimedAt: Date, askedMs: number): void {
    const kept = leases.keep(claimed.lease, clock.elapsedMs() - askedMs);
    const run = new JobRun(claimed, claimedAt, { clock, kept });
    // The answer lay about while the process was busy: whose the job is by now, nobody knows.
    if (kept.certainForMs() <= 0) {
      run.close('The lease may have ended.');
      return claiming.abandon(claimed.lease);
    }
    // What a switch holds is looked at as any other work: its steps know the switch.
    if (claimed.state === 'held' && !isHeldReason(claimed.reason)) return leaveHeld(run);
    const before = runs.get(claimed.lease.jobId);
    if (claimed.isolated) lose(before);
    // It was not lost: our own record has ended it, and the answer to that is still on its way here.
    else if (before && !before.closed) letGo(before, 'The lease was ended.');
    runs.set(claimed.lease.jobId, run);
    telemetry.emit({
      name: 'job.claimed',
      jobId: claimed.lease.jobId,
      kind: claimed.kind,
      first: claimed.lease.token === 1n,
      waitSeconds: (claimedAt.getTime() - claimed.acceptedAt.getTime()) / 1000,
      leaseToken: String(claimed.lease.token),
      traceContext: claimed.traceContext,
    });
    if (claimed.isolated)
      telemetry.emit({ name: 'job.taken_over', jobId: claimed.lease.jobId, worker: name });
    if (claimed.lossesAlone > restsMs.length) return failAsCrashLoop(run);
    advance(run, [], true);
  }

  /** A person holds it: until they release it nobody does anything for it but look again now and then. */
  function leaveHeld(run: JobRun): void {
    run.close('The job is held.');
    // Where that fails, its lease ends.
    void store.leaveBe(run, heldRecheckMs).catch(() => undefined);
  }

  /** The step that was at work when its workers vanished, else the next one, is blamed; nothing else is started. */
  function failAsCrashLoop(run: JobRun): void {
    const at = [...run.effects.values()].find((effect) => effect.state === 'intended')?.step;
    const runnable = runnableSteps(run.view.plan, run.steps, run.databaseNow());
    const blamed = runnable.find((step) => step.name === at) ?? runnable[0];
    const step = blamed && knownStep(steps, blamed);
    if (!step) return advance(run);
    const fault = new Fault({
      kind: 'permanent',
      reason: 'crash_loop',
      message: `Its worker vanished ${run.lossesAlone} times while it worked on nothing but this job.`,
    });
    const attempt = statusOf(run.steps, step.name).attempts + 1;
    handIn(run, { kind: 'give_up', run, step, fault, attempt });
  }

  async function handBack(left: JobRun[], afterMs: number): Promise<number> {
    if (left.length === 0) return 0;
    return store
      .handBack(
        left.map((run) => run.lease),
        afterMs,
      )
      .catch(() => 0);
  }

  async function settled(graceMs: number): Promise<void> {
    const startedMs = clock.elapsedMs();
    while (runs.size > 0 && clock.elapsedMs() - startedMs < graceMs) await clock.sleep(20);
  }

  return {
    start() {
      telemetry.emit({ name: 'worker.started', worker: name, planKeys });
      leases.start({ name, version: options.version, planKeys }, ({ jobId, token }) => {
        const run = runs.get(jobId);
        if (run?.lease.token === token) lose(run);
      });
      const watching = watchLeases(
        { runs: () => runs.values(), clock, leaseMs, onLost: lose },
        stopped.signal,
      );
      // A lease that nobody keeps yet would be lost, and with it the first batch.
      loop = Promise.all([leases.ready().then(() => claiming.run()), watching]);
    },
    wake: () => claiming.wake(),
    inHand: () => runs.size,
    async stop(graceMs) {
      claiming.stop();
      await settled(graceMs);
      const left = [...runs.values()];
      const calling = left.filter((run) => run.calls > 0);
      const idle = left.filter((run) => run.calls === 0);
      for (const run of left) letGo(run, 'The worker is stopping.');
      await recorder.drained();
      // A call that was told to stop may still arrive: its successor must not ask too soon whether it did.
      const handedBack = (await handBack(idle, 0)) + (await handBack(calling, callEndsWithinMs));
      stopped.abort();
      await Promise.all([loop, leases.stop(), admission.stop()]);
      telemetry.emit({ name: 'worker.stopped', worker: name, handedBack });
    },
  };
}
