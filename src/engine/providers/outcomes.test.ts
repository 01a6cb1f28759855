import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { createOutcomes } from './outcomes.ts';

function outcomesOf() {
  const clock = createManualClock();
  const standing = { generation: 1, counting: false };
  return { clock, standing, outcomes: createOutcomes({ clock, standingOf: () => standing }) };
}

describe('what is to be told of a provider', () => {
  it('is nothing while all goes well, and everything with the first failure', () => {
    const { outcomes } = outcomesOf();
    for (let call = 0; call < 3; call += 1) outcomes.count('smtp', 1, 'answered');
    outcomes.count('smtp', 1, 'silent');
    expect(outcomes.isNews('smtp')).toBe(false);
    expect(outcomes.take()).toEqual([]);
    outcomes.count('smtp', 1, 'ill');
    expect(outcomes.isNews('smtp')).toBe(true);
    expect(outcomes.take()).toEqual([
      {
        provider: 'smtp',
        generation: 1,
        successes: 3,
        failures: 1,
        failuresInARow: 1,
        probe: null,
        waitMs: 0,
      },
    ]);
    expect(outcomes.take()).toEqual([]);
  });

  it('is how many failures came after the last success', () => {
    const { outcomes } = outcomesOf();
    for (const sign of ['ill', 'answered', 'ill', 'silent', 'ill'] as const) outcomes.count('smtp', 1, sign);
    expect(outcomes.take()).toMatchObject([{ successes: 1, failures: 3, failuresInARow: 2 }]);
  });

  it('is the successes too while failures are being counted anywhere', () => {
    const { outcomes, standing } = outcomesOf();
    standing.counting = true;
    outcomes.count('smtp', 1, 'answered');
    expect(outcomes.take()).toMatchObject([{ successes: 1, failures: 0 }]);
  });

  it('is not what began before the circuit changed, nor what is older than a window', async () => {
    const { outcomes, standing, clock } = outcomesOf();
    outcomes.count('smtp', 1, 'ill');
    standing.generation = 2;
    outcomes.count('smtp', 1, 'ill');
    expect(outcomes.take()).toEqual([]);
    outcomes.count('smtp', 2, 'answered');
    await clock.advance(30_001);
    outcomes.count('smtp', 2, 'ill');
    expect(outcomes.take()).toMatchObject([{ generation: 2, successes: 0, failures: 1 }]);
  });

  it('is a probe with the generation it was won in, whatever has changed since', () => {
    const { outcomes, standing } = outcomesOf();
    outcomes.probed('smtp', 1, 'answered');
    standing.generation = 2;
    outcomes.count('smtp', 2, 'ill');
    expect(outcomes.take()).toMatchObject([{ generation: 1, probe: 'succeeded', failures: 0 }]);
  });

  it('is the longest wish to be left alone', () => {
    const { outcomes } = outcomesOf();
    outcomes.asked('smtp', 5_000);
    outcomes.asked('smtp', 2_000);
    expect(outcomes.take()).toMatchObject([{ waitMs: 5_000 }]);
  });

  it('is urgent once it is enough to open the circuit', () => {
    const { outcomes } = outcomesOf();
    for (let call = 0; call < 4; call += 1) outcomes.count('smtp', 1, 'ill');
    expect(outcomes.isUrgent('smtp')).toBe(false);
    outcomes.count('smtp', 1, 'ill');
    expect(outcomes.isUrgent('smtp')).toBe(true);
  });
});
