import { describe, expect, it } from 'vitest';
import { aFault, createFaultScript } from './faultScript.ts';
import { createManualClock } from './manualClock.ts';
import { aCheckout, anIntent, aPurchaseLine, createMemoryPayments } from './memoryPayments.ts';
import { createRecordingAnalytics } from './recordingAnalytics.ts';
import { createRecordingTelemetry } from './recordingTelemetry.ts';
import { createSeededRandom } from './seededRandom.ts';

const never = new AbortController().signal;

describe('the manual clock', () => {
  it('wakes sleepers in the order of their time, each at its own moment', async () => {
    const clock = createManualClock('2026-11-22T10:00:00Z');
    const woken: string[] = [];
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name} ${clock.elapsedMs()}`);
    };
    void sleep('late', 300);
    void sleep('early', 100).then(() => sleep('again', 100));
    void sleep('never', 5_000);
    await clock.advance(1_000);
    expect(woken).toEqual(['early 100', 'again 200', 'late 300']);
    expect(clock.now()).toEqual(new Date('2026-11-22T10:00:01Z'));
    expect(clock.sleeping()).toBe(1);
  });

  it('ends a sleep when its signal fires', async () => {
    const clock = createManualClock();
    const caller = new AbortController();
    const sleeping = clock.sleep(1_000, caller.signal);
    caller.abort();
    await sleeping;
    await clock.sleep(1_000, caller.signal);
    expect(clock.sleeping()).toBe(0);
  });
});

describe('seeded random', () => {
  it('repeats itself for the same seed only, within [0, 1)', () => {
    const draw = (seed: number) => {
      const random = createSeededRandom(seed);
      return [random.next(), random.next(), ...random.bytes(4)];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const random = createSeededRandom(1);
    const numbers = Array.from({ length: 1_000 }, () => random.next());
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(numbers.reduce((sum, one) => sum + one, 0) / 1_000).toBeCloseTo(0.5, 1);
  });
});

describe('a fault script', () => {
  it('fails as written, then lets pass', () => {
    const script = createFaultScript();
    script.fail(null, aFault({ reason: 'second' }));
    script.check();
    expect(script.check).toThrow(expect.objectContaining({ reason: 'second' }));
    script.check();
    script.failAlways(aFault());
    for (let i = 0; i < 2; i += 1) expect(script.check).toThrow('Trouble made by a test.');
    script.failAlways(null);
    script.check();
  });
});

describe('the recorders', () => {
  it('remember events, and pick them by name', async () => {
    const telemetry = createRecordingTelemetry();
    telemetry.emit({ name: 'job.blocked', jobId: 'j1', reason: 'no_email' });
    telemetry.emit({ name: 'job.accepted', jobId: 'j2', eventId: 'e', door: 'webhook' });
    expect(telemetry.of('job.blocked').map((event) => event.reason)).toEqual(['no_email']);
    expect(telemetry.events).toHaveLength(2);

    const analytics = createRecordingAnalytics();
    analytics.fail(aFault());
    const event = {
      id: 'a',
      name: 'purchase.fulfilled',
      occurredAt: new Date(0),
      revenue: { amount: '1.00', currency: 'PLN' },
      properties: {},
    } as const;
    await expect(analytics.track(event, never)).rejects.toMatchObject({ reason: 'test_trouble' });
    await analytics.track(event, never);
    expect(analytics.events).toEqual([event]);
  });
});

describe('payments in memory', () => {
  it('find what was added, by session and by intent', async () => {
    const payments = createMemoryPayments();
    const checkout = aCheckout({ lines: [aPurchaseLine(), aPurchaseLine({ total: 100 })] });
    payments.addCheckout(checkout);
    payments.addIntent(anIntent());
    payments.invoice('pi_2');
    expect(checkout.total).toBe(5_000);
    expect(await payments.readCheckout('cs_test_1', never)).toEqual(checkout);
    expect(await payments.findCheckoutOfIntent('pi_1', never)).toEqual(checkout);
    expect(await payments.readIntent('pi_1', never)).toEqual(anIntent());
    expect(await payments.readCheckout('cs_none', never)).toBeUndefined();
    expect(await payments.paysInvoice('pi_1', never)).toBe(false);
    expect(await payments.paysInvoice('pi_2', never)).toBe(true);
    expect(payments.calls).toHaveLength(6);
  });
});
