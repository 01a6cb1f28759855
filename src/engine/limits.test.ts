import { describe, expect, it } from 'vitest';
import { createProviderLimits } from './limits.ts';

const never = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the gate of a provider', () => {
  it('lets in as many as it may, and the next one when a place is given back', async () => {
    const limits = createProviderLimits({ stripe: 2 }, 16);
    const [leave] = [await limits.enter('stripe', never), await limits.enter('stripe', never)];
    let third = false;
    void limits.enter('stripe', never).then(() => (third = true));
    await turn();
    expect(third).toBe(false);
    leave();
    await turn();
    expect(third).toBe(true);
  });

  it('serves those who wait in the order in which they came', async () => {
    const limits = createProviderLimits({ stripe: 1 }, 16);
    let leave = await limits.enter('stripe', never);
    const order: string[] = [];
    const waiting = ['first', 'second', 'third'].map(async (name) => {
      const next = await limits.enter('stripe', never);
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
    const limits = createProviderLimits({ email: 1, storage: 1 }, 16);
    await limits.enter('email', never);
    await expect(limits.enter('storage', never)).resolves.toBeTypeOf('function');
  });

  it('gives a place back once, however often it is told to', async () => {
    const limits = createProviderLimits({ stripe: 1 }, 16);
    const leave = await limits.enter('stripe', never);
    leave();
    leave();
    await limits.enter('stripe', never);
    let second = false;
    void limits.enter('stripe', never).then(() => (second = true));
    await turn();
    expect(second).toBe(false);
  });

  it('lets go of those who give up, and passes their turn on', async () => {
    const limits = createProviderLimits({ stripe: 1 }, 16);
    const leave = await limits.enter('stripe', never);
    const impatient = new AbortController();
    const givenUp = limits.enter('stripe', impatient.signal);
    const patient = limits.enter('stripe', never);
    impatient.abort(new Error('enough'));
    await expect(givenUp).rejects.toThrow('enough');
    leave();
    await expect(patient).resolves.toBeTypeOf('function');
    await expect(limits.enter('stripe', AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
  });

  it('has a figure for providers without one of their own', async () => {
    const limits = createProviderLimits({}, 1);
    await limits.enter('anybody', never);
    let second = false;
    void limits.enter('anybody', never).then(() => (second = true));
    await turn();
    expect(second).toBe(false);
  });
});
