import { signOf } from '../domain/circuit.ts';
import type { Failpoint, FailpointName } from '../domain/failpoint.ts';
import { Fault, type FaultKind } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  EffectOutcome,
  EffectSpec,
  JsonObject,
  OutsideStep,
  ReadStep,
  RoutedEffect,
  StepOutcome,
} from '../ports/step.ts';
import { AttemptContext, Deadline } from './deadline.ts';
import type { Announced, Faulted } from './entry.ts';
import { asUnknown, faultOf, type FaultSurroundings } from './faults.ts';
import type { JobRun } from './jobRun.ts';
import { effectId, effectStatus } from './jobRun.ts';
import type { Admission, CallRequest, Ticket } from './providers/admission.ts';
import { admitFirst } from './providers/admitFirst.ts';
import type { CallSign } from './providers/circuits.ts';
import type { Recorder } from './recorder.ts';

export interface ExecuteOptions extends FaultSurroundings {
  clock: Clock;
  admission: Admission;
  recorder: Recorder;
  failpoint?: Failpoint | undefined;
}

/** Runs a read step once and hands its outcome to the recorder. */
export async function executeRead(
  run: JobRun,
  step: ReadStep,
  attempt: number,
  options: ExecuteOptions,
): Promise<void> {
  const startedMs = options.clock.elapsedMs();
  const { provider } = step;
  const reach = options.failpoint && reaching(options.failpoint, run, step.name);
  let sign: CallSign = { sign: 'silent' };
  let ticket: Ticket | undefined;
  let outcome: StepOutcome | Faulted;
  let ended: CallEnd | undefined;
  try {
    ticket = await options.admission.admit(callOf(run, step.name, provider));
    ended = callBegins({ run, step: step.name, provider, call: 'read' }, options);
    outcome = await new Deadline(run, step.timeoutMs, { kind: 'transient', provider }).bound(read);
    ended('answered');
    sign = { sign: 'answered' };
  } catch (error) {
    if (run.closed) return;
    const fault = faultOf(error, step.name, options);
    ended?.(fault.kind);
    sign = signOfFault(fault);
    outcome = { kind: 'fault', fault };
  } finally {
    ticket?.leave(sign);
  }
  if (run.closed) return;
  const durationMs = options.clock.elapsedMs() - startedMs;
  options.recorder.handIn({ kind: 'step', run, step, outcome, attempt, durationMs });

  async function read(deadline: Deadline): Promise<StepOutcome> {
    if (reach) await reach('before_call');
    const answer = await step.run(run.view, new AttemptContext(run, deadline, attempt));
    if (reach) await reach('after_call');
    return answer;
  }
}

/** Carries one effect through prepare → intend → find → make → record. */
export async function executeEffect(
  run: JobRun,
  step: OutsideStep,
  spec: EffectSpec,
  options: ExecuteOptions,
): Promise<void> {
  const startedMs = options.clock.elapsedMs();
  let effect: RoutedEffect = spec;
  const before = effectStatus(run.effects, step.name, spec.key);
  const attempt = before.attempts + 1;
  const settle = (outcome: EffectOutcome | Faulted) => {
    const durationMs = options.clock.elapsedMs() - startedMs;
    options.recorder.handIn({
      kind: 'effect',
      run,
      step,
      effect,
      outcome,
      intended: false,
      attempt,
      durationMs,
    });
  };
  let ticket: Ticket | undefined;
  let prepared: unknown;
  try {
    const enter = (providers: readonly string[]) =>
      admitFirst(
        options.admission,
        providers.map((provider) => callOf(run, step.name, provider)),
      );
    ticket = await enter([spec.provider, ...(spec.otherwise ?? [])]);
    effect = { ...spec, provider: ticket.provider };
    let ready = await prepare(run, step, effect, attempt);
    if (ready.kind === 'through') {
      ticket.leave({ sign: 'silent' });
      ticket = await enter(ready.providers);
      effect = { ...spec, provider: ticket.provider, routed: true };
      ready = await prepare(run, step, effect, attempt);
      if (ready.kind === 'through') throw new Error(`Step ${step.name} names its providers twice.`);
    }
    if (ready.kind !== 'ready') {
      ticket.leave({ sign: 'silent' });
      if (!run.closed) settle(ready);
      return;
    }
    ({ prepared } = ready);
  } catch (error) {
    // What a step reads to prepare may come from anywhere; it tells nothing of the provider that it prepares for.
    ticket?.leave({ sign: 'silent' });
    if (!run.closed) settle({ kind: 'fault', fault: faultOf(error, step.name, options) });
    return;
  }
  const intent = await options.recorder.submit({ kind: 'intent', run, step, effect, prepared, attempt });
  if (intent !== 'recorded') return ticket.leave({ sign: 'silent' });
  // Whatever became of an earlier attempt that was announced, asking costs little and a double effect much.
  const announcedBefore = before.state === 'intended' || before.attempts > 0;
  await makeEffect(run, { step, effect, prepared, attempt, announcedBefore, ticket }, options);
}

async function prepare(run: JobRun, step: OutsideStep, effect: RoutedEffect, attempt: number) {
  const { prepare: work, timeoutMs } = step;
  if (!work) return { kind: 'ready', prepared: undefined } as const;
  return new Deadline(run, timeoutMs, { kind: 'transient' }).bound((deadline) =>
    work(run.view, effect, new AttemptContext(run, deadline, attempt)),
  );
}

/** The part of an effect that begins once its intent is committed: find → make → record. */
export async function makeEffect(
  run: JobRun,
  announced: Announced & { prepared?: unknown },
  options: ExecuteOptions,
): Promise<void> {
  const { step, effect, attempt, ticket } = announced;
  const startedMs = options.clock.elapsedMs();
  const reach = options.failpoint && reaching(options.failpoint, run, effectId(step.name, effect.key));
  const input = { job: run.view, effect, prepared: announced.prepared };
  let making = false;
  let ended: CallEnd | undefined;
  let sign: CallSign = { sign: 'silent' };
  let outcome: EffectOutcome | Faulted;
  try {
    if (reach) await reach('intended');
    const late = { kind: 'unknown_effect', provider: effect.provider } as const;
    const evidence = await new Deadline(run, step.timeoutMs, late).bound(findOrMake);
    sign = { sign: 'answered' };
    outcome = { kind: 'done', evidence };
  } catch (error) {
    if (run.closed) return;
    const fault = faultOf(error, step.name, options);
    ended?.(fault.kind);
    sign = signOfFault(fault);
    // Only an adapter can say that nothing was done. What failed unclassified may have failed afterwards.
    outcome = { kind: 'fault', fault: making && fault !== error ? asUnknown(fault) : fault };
  } finally {
    ticket.leave(sign);
  }
  if (run.closed) return;
  const durationMs = options.clock.elapsedMs() - startedMs;
  options.recorder.handIn({
    kind: 'effect',
    run,
    step,
    effect,
    outcome,
    intended: true,
    attempt,
    durationMs,
  });

  async function findOrMake(deadline: Deadline): Promise<JsonObject> {
    const context = new AttemptContext(run, deadline, attempt);
    const begins = (call: 'find' | 'make') =>
      callBegins({ run, step: step.name, provider: effect.provider, call }, options);
    if (announced.announcedBefore && step.find) {
      ended = begins('find');
      const found = await step.find(input, context);
      ended('answered');
      ended = undefined;
      if (found) return found;
      // Whoever was left behind while asking must not act any more.
      deadline.throwIfOver();
    }
    insistOnLease(run);
    making = true;
    run.calls += 1;
    try {
      if (reach) await reach('before_call');
      if (effect.otherwise && effect.otherwise.length > 0) ticket.listen();
      ended = begins('make');
      const made = await step.make(input, context);
      ended('answered');
      ended = undefined;
      if (reach) await reach('after_call');
      return made;
    } finally {
      run.calls -= 1;
    }
  }
}

type CallEnd = (outcome: 'answered' | FaultKind) => void;

/** A provider is called from now on; what is returned tells how it ended. */
function callBegins(
  { run, ...call }: { run: JobRun; step: string; provider: string; call: 'read' | 'find' | 'make' },
  { clock, telemetry }: ExecuteOptions,
): CallEnd {
  const startedMs = clock.elapsedMs();
  return (outcome) =>
    telemetry.emit({
      name: 'provider.called',
      jobId: run.lease.jobId,
      ...call,
      outcome,
      durationMs: clock.elapsedMs() - startedMs,
    });
}

const reaching = (failpoint: Failpoint, run: JobRun, work: string) => (name: FailpointName) =>
  failpoint(name, { jobIds: [run.lease.jobId], work: [work] });

/** How long a job waits for a place at a busy provider with its lease held; a step that holds up nobody less. */
const placeWaitMs = 5_000;
const placeWaitOfOthersMs = 1_000;

/**
 * What asks to be let in to a provider. Whoever has to wait long lets go of the job and comes back: a provider that
 * hangs must not fill this process with jobs that wait for it.
 */
function callOf(run: JobRun, step: string, provider: string): CallRequest {
  const holds = run.view.plan.steps.find(({ name }) => name === step)?.holds ?? true;
  return {
    provider,
    patienceMs: holds ? placeWaitMs : placeWaitOfOthersMs,
    get signal() {
      return run.signal;
    },
  };
}

const signOfFault = (fault: Fault): CallSign => ({
  sign: signOf(fault),
  waitMs: fault.kind === 'rate_limited' ? fault.retryAfterMs : undefined,
});

/** A process that was frozen wakes in the middle of its work, before any timer has told it that its lease is gone. */
function insistOnLease(run: JobRun): void {
  if (run.kept.certainForMs() > 0) return;
  throw new Fault({
    kind: 'transient',
    reason: 'lease_uncertain',
    message: 'The lease may have ended; nothing was done.',
  });
}
