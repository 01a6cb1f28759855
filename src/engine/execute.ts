import { Fault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  EffectOutcome,
  EffectSpec,
  OutsideStep,
  ReadStep,
  StepContext,
  StepOutcome,
} from '../ports/step.ts';
import type { Faulted } from './entry.ts';
import { asUnknown, faultOf, type FaultSurroundings, providerBusy } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { effectStatus } from './jobRun.ts';
import type { ProviderLimits } from './limits.ts';
import type { Recorder } from './recorder.ts';

export interface ExecuteOptions extends FaultSurroundings {
  clock: Clock;
  limits: ProviderLimits;
  recorder: Recorder;
}

/** Runs a read step once and hands its outcome to the recorder. */
export async function executeRead(
  run: JobRun,
  step: ReadStep,
  attempt: number,
  options: ExecuteOptions,
): Promise<void> {
  const startedMs = options.clock.elapsedMs();
  let outcome: StepOutcome | Faulted;
  try {
    const leave = await enterGate(run, step.name, step.provider, options);
    try {
      outcome = await withDeadline(
        run,
        step.timeoutMs,
        (signal) => step.run(run.view, { signal, attempt, now: run.databaseNow() }),
        'transient',
      );
    } finally {
      leave();
    }
  } catch (error) {
    if (run.closed) return;
    outcome = { kind: 'fault', fault: faultOf(error, step.name, options) };
  }
  if (run.closed) return;
  const durationMs = options.clock.elapsedMs() - startedMs;
  await options.recorder.submit({ kind: 'step', run, step, outcome, attempt, durationMs });
}

/** Carries one effect through prepare → intend → find → make → record. */
export async function executeEffect(
  run: JobRun,
  step: OutsideStep,
  effect: EffectSpec,
  options: ExecuteOptions,
): Promise<void> {
  const startedMs = options.clock.elapsedMs();
  const before = effectStatus(run.memory, step.name, effect.key);
  const attempt = before.attempts + 1;
  // Whatever became of an earlier attempt that was announced, asking costs little and a double effect much.
  const announcedBefore = before.state === 'intended' || before.attempts > 0;
  const record = (outcome: EffectOutcome | Faulted) =>
    options.recorder.submit({
      kind: 'effect',
      run,
      step,
      effect,
      outcome,
      intended,
      attempt,
      durationMs: options.clock.elapsedMs() - startedMs,
    });

  let intended = false;
  let making = false;
  let leave: (() => void) | undefined;
  let outcome: EffectOutcome | Faulted | undefined;
  try {
    leave = await enterGate(run, step.name, effect.provider, options);
    outcome = await carry();
  } catch (error) {
    if (run.closed) return;
    const fault = faultOf(error, step.name, options);
    // Only an adapter can say that nothing was done. What failed unclassified may have failed afterwards.
    outcome = { kind: 'fault', fault: making && fault !== error ? asUnknown(fault) : fault };
  } finally {
    leave?.();
  }
  if (outcome && !run.closed) await record(outcome);

  async function carry(): Promise<EffectOutcome | Faulted | undefined> {
    const ready = await withDeadline(
      run,
      step.timeoutMs,
      (signal) => step.prepare(run.view, effect, { signal, attempt, now: run.databaseNow() }),
      'transient',
    );
    if (ready.kind !== 'ready') return ready;
    const { prepared } = ready;
    const intent = await options.recorder.submit({ kind: 'intent', run, step, effect, prepared, attempt });
    if (intent !== 'recorded') return undefined;
    intended = true;
    const input = { job: run.view, effect, prepared };
    const evidence = await withDeadline(
      run,
      step.timeoutMs,
      async (signal) => {
        const context: StepContext = { signal, attempt, now: run.databaseNow() };
        const found = announcedBefore ? await step.find?.(input, context) : undefined;
        if (found) return found;
        // Whoever was left behind while asking must not act any more.
        signal.throwIfAborted();
        insistOnLease(run, options.clock);
        making = true;
        return step.make(input, context);
      },
      'unknown_effect',
    );
    return { kind: 'done', evidence };
  }
}

/** How long a job waits for a place at a busy provider with its lease held; a step that holds up nobody less. */
const gateWaitMs = 5_000;
const gateWaitOfOthersMs = 1_000;

/**
 * A place at a provider. Whoever has to wait long lets go of the job and comes back: a provider that hangs must not
 * fill this process with jobs that wait for it.
 */
async function enterGate(
  run: JobRun,
  step: string,
  provider: string,
  { limits }: ExecuteOptions,
): Promise<() => void> {
  const holds = run.view.plan.steps.find(({ name }) => name === step)?.holds ?? true;
  const patience = new AbortController();
  const busy = new Fault({
    kind: 'rate_limited',
    reason: providerBusy,
    provider,
    message: 'All places at this provider are taken.',
  });
  const giveUp = () => patience.abort(run.abort.signal.reason);
  const timer = setTimeout(() => patience.abort(busy), holds ? gateWaitMs : gateWaitOfOthersMs);
  try {
    run.abort.signal.addEventListener('abort', giveUp, { once: true });
    if (run.abort.signal.aborted) giveUp();
    return await limits.enter(provider, patience.signal);
  } finally {
    clearTimeout(timer);
    run.abort.signal.removeEventListener('abort', giveUp);
  }
}

/** A process that was frozen wakes in the middle of its work, before any timer has told it that its lease is gone. */
function insistOnLease(run: JobRun, clock: Clock): void {
  if (clock.elapsedMs() < run.heldUntilMs) return;
  throw new Fault({
    kind: 'transient',
    reason: 'lease_uncertain',
    message: 'The lease may have ended; nothing was done.',
  });
}

/**
 * Gives work a deadline of its own: the signal asks it to stop, and if it does not listen it is left behind. What a
 * late answer would mean is said by `lateKind`: a call that may have taken effect must be asked about.
 */
async function withDeadline<T>(
  run: JobRun,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  lateKind: 'transient' | 'unknown_effect',
): Promise<T> {
  if (run.closed)
    throw new Fault({ kind: 'transient', reason: 'aborted', message: 'The job is not ours any more.' });
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (reason: string) => {
      const fault = new Fault({ kind: lateKind, reason, message: `No answer within ${timeoutMs} ms.` });
      deadline.abort(fault);
      // The work gets a moment to answer the signal with something more precise than "too late".
      setTimeout(() => reject(fault), graceAfterAbortMs).unref();
    };
    timer = setTimeout(() => giveUp('timeout'), timeoutMs);
    run.abort.signal.addEventListener('abort', () => giveUp('aborted'), {
      once: true,
      signal: deadline.signal,
    });
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work(deadline.signal), late]);
  } finally {
    clearTimeout(timer);
    if (!deadline.signal.aborted) deadline.abort();
  }
}

const graceAfterAbortMs = 250;
