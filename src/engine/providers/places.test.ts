import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { createPlaces } from './places.ts';

const never = new AbortController().signal;
const placesFor = (limits: Record<string, number>, fallback: number, clock = createManualClock()) =>
  createPlaces({ limits, fallback, clock });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the places at a provider', () => {
  it('lets in as many as it may, and the next one when a place is given back', async () => {
    const places = placesFor({ stripe: 2 }, 16);
    const [leave] = [await places.enter('stripe', never), await places.enter('stripe', never)];
    let third = false;
    void places.enter('stripe', never).then(() => (third = true));
    await turn();
    expect(third).toBe(false);
    leave();
    await turn();
    expect(third).toBe(true);
  });

  it('serves those who wait in the order in which they came', async () => {
    const places = placesFor({ stripe: 1 }, 16);
    let leave = await places.enter('stripe', never);
    const order: string[] = [];
    const waiting = ['first', 'second', 'third'].map(async (name) => {
      const next = await places.enter('stripe', never);
      order.push(name);
      leave = next;
    });
    for (const one of waiting) {
      leave();
      await one;
    }
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('keeps a slow provider from starving another', async () => {
    const places = placesFor({ smtp: 1, storage: 1 }, 16);
    await places.enter('smtp', never);
    await expect(places.enter('storage', never)).resolves.toBeTypeOf('function');
  });

  it('gives a place back once, however often it is told to', async () => {
    const places = placesFor({ stripe: 1 }, 16);
    const leave = await places.enter('stripe', never);
    leave();
    leave();
    await places.enter('stripe', never);
    let second = false;
    void places.enter('stripe', never).then(() => (second = true));
    await turn();
    expect(second).toBe(false);
  });

  it('lets go of those who give up, and passes their turn on', async () => {
    const places = placesFor({ stripe: 1 }, 16);
    const leave = await places.enter('stripe', never);
    const impatient = new AbortController();
    const givenUp = places.enter('stripe', impatient.signal);
    const patient = places.enter('stripe', never);
    impatient.abort(new Error('enough'));
    await expect(givenUp).rejects.toThrow('enough');
    leave();
    await expect(patient).resolves.toBeTypeOf('function');
    await expect(places.enter('stripe', AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
  });

  it('has a figure for providers without one of their own', async () => {
    const places = placesFor({}, 1);
    await places.enter('anybody', never);
    let second = false;
    void places.enter('anybody', never).then(() => (second = true));
    await turn();
    expect(second).toBe(false);
  });

  it('are stuck when nobody has left for a while and as many wait as there are places', async () => {
    const clock = createManualClock();
    const places = placesFor({ smtp: 1 }, 16, clock);
    const leave = await places.enter('smtp', never);
    await clock.advance(5_000);
    expect(places.isStuck('smtp')).toBe(false);
    void places.enter('smtp', never);
    expect(places.isStuck('smtp')).toBe(true);
    leave();
    void places.enter('smtp', never);
    expect(places.isStuck('smtp')).toBe(false);
    await clock.advance(1_001);
    expect(places.isStuck('smtp')).toBe(true);
    expect(places.isStuck('storage')).toBe(false);
  });
});
