import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { TelemetryEvent } from '../../../src/ports/telemetry.ts';
import { startEngineStack, type EngineStack } from '../../builders/engineStack.ts';
import { outsideStep, planOf, readStep } from '../../builders/steps.ts';
import type { Step } from '../../../src/ports/step.ts';

let stack: EngineStack;

beforeAll(async () => {
  stack = await startEngineStack();
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

async function toldOf(steps: Step[]): Promise<TelemetryEvent[]> {
  const plan = planOf(steps);
  const id = await stack.addJob(plan);
  const { telemetry } = stack.startWorker(plan, steps);
  await stack.untilOver(id);
  return telemetry.events.filter((event) => 'jobId' in event && event.jobId === id);
}

const calls = (events: TelemetryEvent[]) =>
  events.flatMap((event) =>
    event.name === 'provider.called' ? [`${event.provider} ${event.call} ${event.outcome}`] : [],
  );

const lost = (kind: 'unknown_effect' | 'transient') =>
  new Fault({ kind, reason: 'lost', message: 'The answer was lost.' });

describe('what a worker tells of a job', () => {
  it('is when it first took it, and each call of a provider with what came of it', async () => {
    let reads = 0;
    let makes = 0;
    const events = await toldOf([
      readStep('ask', async () => {
        reads += 1;
        if (reads === 1) throw lost('transient');
        return { kind: 'done' };
      }),
      outsideStep(
        'send',
        async () => {
          makes += 1;
          if (makes === 1) throw lost('unknown_effect');
          return { made: true };
        },
        { find: async () => undefined },
      ),
    ]);
    expect(calls(events).toSorted()).toEqual(
      [
        'reading read transient',
        'reading read answered',
        'outside make unknown_effect',
        'outside find answered',
        'outside make answered',
      ].toSorted(),
    );
    const claims = events.filter(({ name }) => name === 'job.claimed');
    expect(claims[0]).toMatchObject({ kind: 'fulfil', first: true });
    expect(claims.slice(1).every((claim) => 'first' in claim && !claim.first)).toBe(true);
    for (const event of events)
      if (event.name === 'provider.called') expect(event.durationMs).toBeGreaterThanOrEqual(0);
  });

  it('is a call that has not come back in its time, as what that is to the job', async () => {
    let tries = 0;
    const events = await toldOf([
      readStep(
        'ask',
        async (_job, { signal }) => {
          tries += 1;
          if (tries > 1) return { kind: 'done' };
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          throw new Error('told to stop');
        },
        { timeoutMs: 50 },
      ),
    ]);
    expect(calls(events)).toEqual(['reading read transient', 'reading read answered']);
  });
});
