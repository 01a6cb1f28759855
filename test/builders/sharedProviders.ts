import type { Plan } from '../../src/domain/plan.ts';
import type { ProviderControlStore } from '../../src/ports/providerControl.ts';
import type { OutsideStep, Step } from '../../src/ports/step.ts';
import { createProviderControlStore } from '../../src/store/providers/providerControl.ts';
import type { EngineStack, RunningWorker } from './engineStack.ts';
import { outsideStep } from './steps.ts';

type Settings = Parameters<EngineStack['startWorker']>[2] & {
  /** Stands between the worker and what it shares with the others. */
  wrapControl?: (control: ProviderControlStore) => ProviderControlStore;
};

/** Retries so late that only what a test makes due is tried again. */
export const lateRetry = { baseMs: 3_600_000, capMs: 3_600_000, attemptsMax: 50, retryAfterCapMs: 3_600_000 };

/** Workers that share their providers, and a hand on the clock of what they share. */
export function sharingProviders(stack: EngineStack) {
  return {
    startWorker(plan: Plan | Plan[], steps: Step[], settings: Settings = {}): RunningWorker {
      const { wrapControl = (control) => control, ...options } = settings;
      const control = createProviderControlStore(stack.poolAs('fulfillment_worker', 3));
      return stack.startWorker(plan, steps, { providerControl: wrapControl(control), ...options });
    },

    async circuit(
      provider: string,
    ): Promise<{ state: string; openings: number; failures: number } | undefined> {
      const rows = await stack.rows<{ state: string; openings: number; failures: number }>(
        'select state, openings, failures from fulfillment.provider_circuits where provider = $1',
        [provider],
      );
      return rows[0];
    },

    /** As if an open circuit’s time had come, or the time of the one who tries it were up. */
    retryNow: (provider: string, state: 'open' | 'half_open' = 'open') =>
      stack.rows(
        `update fulfillment.provider_circuits set retry_at = clock_timestamp() where provider = $1 and state = $2`,
        [provider, state],
      ),

    /** As if the time of everything that waits had come. */
    async makeDue(): Promise<void> {
      for (const table of ['fulfillment_job_effects', 'fulfillment_job_steps'])
        await stack.rows(
          `update fulfillment.${table} set due_at = clock_timestamp() where due_at > clock_timestamp()`,
        );
      await stack.rows(
        `update fulfillment.fulfillment_dispatch set due_at = clock_timestamp() where worker is null and due_at > clock_timestamp()`,
      );
    },
  };
}

/** A step at a provider of its own name that the test can take down, and the calls it got. */
export function stepAt(provider: string, make: () => Promise<unknown>, fields: Partial<OutsideStep> = {}) {
  const calls: number[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const step = outsideStep(
    provider,
    async () => {
      calls.push(performance.now());
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      try {
        await make();
        return { made: true };
      } finally {
        underWay -= 1;
      }
    },
    { effects: () => [{ key: `${provider}:1`, provider }], retry: lateRetry, ...fields },
  );
  return { step, calls, underWay: () => underWay, mostUnderWay: () => mostUnderWay };
}
