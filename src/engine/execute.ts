import { Fault, toFault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  EffectOutcome,
  EffectSpec,
  OutsideStep,
  ReadStep,
  StepContext,
  StepOutcome,
} from '../ports/step.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Faulted } from './entry.ts';
import type { JobRun } from './jobRun.ts';
import { effectStatus } from './jobRun.ts';
import type { ProviderLimits } from './limits.ts';
import type { Recorder } from './recorder.ts';
import { unexpectedError } from './unexpectedError.ts';

export interface ExecuteOptions {
  clock: Clock;
  limits: ProviderLimits;
  recorder: Recorder;
  telemetry: Telemetry;
}

/** A fault, whatever was thrown; what no adapter has classified is a bug of ours and is told as one. */
function faultOf(thrown: unknown, during: string, telemetry: Telemetry): Fault {
  const fault = toFault(thrown);
  if (fault.reason === 'unexpected_error') telemetry.emit(unexpectedError(thrown, during));
  return fault;
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
        (signal) => step.run(run.view, { signal, attempt }),
        'transient',
      );
    } finally {
      leave();
    }
  } catch (error) {
    outcome = { kind: 'fault', fault: faultOf(error, step.name, options.telemetry) };
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
  const mayHaveHappened = before.state === 'intended' || before.state === 'unknown';
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
  let leave: (() => void) | undefined;
  let outcome: EffectOutcome | Faulted | undefined;
  try {
    leave = await options.limits.enter(effect.provider, run.abort.signal);
    outcome = await carry();
  } catch (error) {
    outcome = { kind: 'fault', fault: faultOf(error, step.name, options.telemetry) };
  } finally {
    leave?.();
  }
  if (outcome && !run.closed) await record(outcome);

  async function carry(): Promise<EffectOutcome | Faulted | undefined> {
    const ready = await withDeadline(
      run,
      step.timeoutMs,
      (signal) => step.prepare(run.view, effect, { signal, attempt }),
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
        const context: StepContext = { signal, attempt };
        const found = mayHaveHappened ? await step.find?.(input, context) : undefined;
        return found ?? (await step.make(input, context));
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
