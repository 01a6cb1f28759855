import { describe, expect, it } from 'vitest';
import { createRecordingAnalytics } from '../../test/fakes/recordingAnalytics.ts';
import type { EffectSpec, JobView } from '../ports/step.ts';
import { createTrackPurchase } from './trackPurchase.ts';

const line = {
  lineNo: 1,
  productId: 'ink',
  productVersion: '1',
  formats: ['pdf'],
  title: 'Ink',
  quantity: 2,
  unitAmount: 2_450,
  subtotal: 4_900,
  discount: 0,
  tax: 0,
  taxPercent: null,
  total: 4_900,
};
const job = {
  jobId: 'j1',
  order: {
    orderId: '7K3M-Q9XT-4BVD',
    paymentKey: 'pi_1',
    livemode: false,
    currency: 'pln',
    buyer: {
      email: 'jan@example.pl',
      name: 'Jan Kowalski',
      company: null,
      taxIds: [],
      address: null,
      language: 'pl',
    },
    lines: [line],
    subtotal: 4_900,
    discount: 0,
    tax: 0,
    total: 4_900,
    paidAt: '2026-11-22T10:00:00.000Z',
  },
} as unknown as JobView;
const context = { signal: new AbortController().signal, attempt: 1, now: new Date() };

/** What every receiver hears of the job. */
async function track(names: string[]) {
  const receivers = names.map((name) => createRecordingAnalytics(name));
  const step = createTrackPurchase(receivers);
  const carryOut = async (effect: EffectSpec) => {
    const ready = await step.prepare?.(job, effect, context);
    if (ready?.kind !== 'ready') return expect.fail('nothing was prepared');
    return step.make({ job, effect, prepared: ready.prepared }, context);
  };
  const evidence = [];
  for (const effect of step.effects(job)) evidence.push(await carryOut(effect));
  return { evidence, receivers };
}

describe('telling the analytics of a purchase', () => {
  it('is one effect for each of them, under its own name', () => {
    const step = createTrackPurchase([
      createRecordingAnalytics('plausible'),
      createRecordingAnalytics('posthog'),
    ]);
    expect(step.effects(job)).toEqual([
      // As it has always been: jobs may be under way that have done it.
      { key: 'purchase.fulfilled:7K3M-Q9XT-4BVD', provider: 'plausible' },
      { key: 'purchase.fulfilled:7K3M-Q9XT-4BVD:posthog', provider: 'posthog' },
    ]);
  });

  it('owes nothing where there are none', () => {
    expect(createTrackPurchase([]).effects(job)).toEqual([]);
  });

  it('tells all of them the same event, and each only once', async () => {
    const { evidence, receivers } = await track(['plausible', 'posthog']);
    const event = {
      id: 'purchase.fulfilled:7K3M-Q9XT-4BVD',
      name: 'purchase.fulfilled',
      occurredAt: new Date('2026-11-22T10:00:00.000Z'),
      revenue: { amount: '49.00', currency: 'PLN' },
      properties: { order_id: '7K3M-Q9XT-4BVD', products: 'ink', items: '2' },
    };
    expect(receivers.map(({ events }) => events)).toEqual([[event], [event]]);
    expect(evidence).toEqual([
      { provider: 'plausible', event: event.id },
      { provider: 'posthog', event: event.id },
    ]);
  });

  it('says nothing of the buyer', async () => {
    const { receivers } = await track(['posthog']);
    expect(JSON.stringify(receivers[0]?.events)).not.toMatch(/jan|Kowalski/i);
  });

  it('tells nobody in shadow mode', async () => {
    const step = createTrackPurchase([createRecordingAnalytics('plausible')], 'shadow');
    const [effect] = step.effects(job);
    expect(await step.prepare?.(job, effect as EffectSpec, context)).toEqual({
      kind: 'skip',
      reason: 'shadow_mode',
    });
  });

  it('cannot have two of one name', () => {
    const one = createRecordingAnalytics('plausible');
    expect(() => createTrackPurchase([one, createRecordingAnalytics('plausible')])).toThrow(TypeError);
  });
});
