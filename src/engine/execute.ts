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
import { asUnknown, faultOf, type FaultSurroundings } from './faults.ts';
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
    const leave = await options.limits.enter(step.provider, run.abort.signal);
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
    leave = await options.limits.enter(effect.provider, run.abort.signal);
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
        making = true;
        return step.make(input, context);
      },
      'unknown_effect',
    );
    return { kind: 'done', evidence };
  }
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
