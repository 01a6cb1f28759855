import { expect, it } from 'vitest';
import { playMailOutage } from '../../builders/mailOutage.ts';

it('a mail provider that is away for a while costs no order an attempt, and next to no calls', async () => {
  const told = await playMailOutage({ orders: 150, downForMs: 10 * 60_000, stepMs: 20_000 });
  expect(told).toMatchObject({ completed: 150, taken: 150 });
  expect(told.calls).toBeLessThanOrEqual(150 * 1.1 + told.probes);
  // Only who was let through to try it has more than one.
  expect(told.attemptsMostOfOne).toBeLessThanOrEqual(1 + told.probes);
}, 60_000);
