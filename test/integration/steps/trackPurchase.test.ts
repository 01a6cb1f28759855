import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { purchaseEventKey } from '../../../src/domain/effectKey.ts';
import type { Step } from '../../../src/ports/step.ts';
import { createTrackPurchase } from '../../../src/steps/trackPurchase.ts';
import { aBook, startFulfilStack, type FulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createRecordingAnalytics } from '../../fakes/recordingAnalytics.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('book-1', 'price_1'));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const retry = { baseMs: 5, capMs: 20, attemptsMax: 20, retryAfterCapMs: 40 };

/** The plan's steps without files and mails, with these analytics. */
const trackedBy =
  (...analytics: Parameters<typeof createTrackPurchase>[0]) =>
  (step: Step): Step | undefined => {
    if (['storage', 'late_files_email', 'email'].includes(step.name)) return undefined;
    return step.name === 'analytics' ? { ...createTrackPurchase(analytics), retry } : step;
  };

describe('a purchase that two analytics are told of', () => {
  it('is told to one while the other is down, and to that one later, once each', async () => {
    const plausible = createRecordingAnalytics('plausible');
    const posthog = createRecordingAnalytics('posthog');
    plausible.failAlways(aFault({ reason: 'analytics_unavailable', provider: 'plausible' }));
    const { buy } = stack.startFulfilling({ change: trackedBy(plausible, posthog) });
    const bought = await buy();
    const half = await stack.until(bought.jobId, () => posthog.events.length === 1);
    expect(half.state).toBe('completed');
    plausible.failAlways(null);
    await stack.untilOver(bought.jobId);
    const id = purchaseEventKey(bought.orderId);
    expect([plausible, posthog].map(({ events }) => events.map((event) => event.id))).toEqual([[id], [id]]);
  });

  it('has an effect for each, Plausible’s under the key that it has always had', async () => {
    const [plausible, posthog] = [createRecordingAnalytics('plausible'), createRecordingAnalytics('posthog')];
    const { buy } = stack.startFulfilling({ change: trackedBy(plausible, posthog) });
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    const effects = await stack.rows<{ effect_key: string; state: string }>(
      `select effect_key, state from fulfillment.fulfillment_job_effects
        where job_id = $1 and step = 'analytics' order by effect_key`,
      [bought.jobId],
    );
    expect(effects).toEqual([
      { effect_key: `purchase.fulfilled:${bought.orderId}`, state: 'done' },
      { effect_key: `purchase.fulfilled:${bought.orderId}:posthog`, state: 'done' },
    ]);
  });
});
