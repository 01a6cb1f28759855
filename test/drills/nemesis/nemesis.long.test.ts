import { expect, it } from 'vitest';
import { report } from '../../acceptance/sizes.ts';
import { runNemesis } from './nemesis.ts';

it(
  'a shop at which everything strikes at once loses nothing and does nothing twice',
  { timeout: 600_000 },
  async () => {
    const options = { payments: 400, minutes: 2.5, seed: Math.floor(Date.now() / 1_000) };
    const { violations, replay, fired, restMs, boundaries } = await runNemesis(options, () => undefined);
    report('everything at once', {
      ...Object.fromEntries(Object.entries(fired).map(([kind, count]) => [kind, count.fired])),
      boundaries: boundaries.struck,
      restMs: restMs ?? Number.NaN,
      seed: options.seed,
    });
    expect(violations, replay).toEqual([]);
  },
);
