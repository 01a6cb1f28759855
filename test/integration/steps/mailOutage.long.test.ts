import { expect, it } from 'vitest';
import { playMailOutage } from '../../builders/mailOutage.ts';

it('two thousand orders wait out an hour without mail', async () => {
  const told = await playMailOutage({ orders: 2_000, downForMs: 60 * 60_000, stepMs: 15_000 });
  process.stdout.write(`  an hour without mail: ${JSON.stringify(told)}\n`);
  expect(told).toMatchObject({ completed: 2_000, taken: 2_000 });
  expect(told.calls).toBeLessThanOrEqual(2_000 * 1.1 + told.probes);
}, 600_000);
