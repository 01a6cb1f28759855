import { describe, expect, it } from 'vitest';
import type { Admission, CallRequest } from './admission.ts';
import { admitFirst } from './admitFirst.ts';
import { Parked, type ParkDetails } from './parked.ts';

type Away = Pick<ParkDetails, 'reason' | 'afterMs'>;

/** A door that is shut for these providers. */
function doorOf(away: Record<string, Away | Error>, providers = ['first', 'second']) {
  const asked: string[] = [];
  const asking: boolean[] = [];
  const admission: Pick<Admission, 'admit'> = {
    admit: async ({ provider }, goesElsewhere = false) => {
      asked.push(provider);
      asking.push(goesElsewhere);
      const why = away[provider];
      if (why instanceof Error) throw why;
      if (why) throw new Parked({ provider, ...why });
      return { provider, listen: () => undefined, leave: () => undefined };
    },
  };
  const calls = providers.map((provider): CallRequest => ({
    provider,
    patienceMs: 1,
    signal: new AbortController().signal,
  }));
  return { asked, asking, enter: () => admitFirst(admission as Admission, calls) };
}

describe('the first door that opens', () => {
  it.each<Away>([
    { reason: 'provider_open', afterMs: 1_000 },
    { reason: 'provider_paused', afterMs: 1_000 },
    { reason: 'provider_rate', afterMs: 10_001 },
  ])('is the second while the first is away: %o', async (why) => {
    expect(await doorOf({ first: why }).enter()).toMatchObject({ provider: 'second' });
  });

  it.each<Away>([{ reason: 'provider_busy' }, { reason: 'provider_rate', afterMs: 10_000 }])(
    'is not looked for while the first is merely busy: %o',
    async (why) => {
      const { asked, enter } = doorOf({ first: why });
      await expect(enter()).rejects.toMatchObject({ why: why.reason });
      expect(asked).toEqual(['first']);
    },
  );

  it('is waited for as the first one says, and no longer than until the earliest may be tried', async () => {
    const { enter } = doorOf({
      first: { reason: 'provider_paused', afterMs: 20_000 },
      second: { reason: 'provider_open', afterMs: 3_000 },
    });
    await expect(enter()).rejects.toMatchObject({
      why: 'provider_paused',
      provider: 'first',
      afterMs: 3_000,
    });
  });

  it('leaves an ill one alone for others to try while there is another, and no longer', async () => {
    const ill = { reason: 'provider_open', afterMs: 1_000 } as const;
    const one = doorOf({ first: ill });
    await one.enter();
    expect(one.asking).toEqual([true, true]);
    const both = doorOf({ first: ill, second: ill });
    await expect(both.enter()).rejects.toMatchObject({ afterMs: 1_000 });
    expect(both.asking).toEqual([true, true, false, false]);
    const alone = doorOf({ first: ill }, ['first']);
    await expect(alone.enter()).rejects.toMatchObject({ afterMs: 1_000 });
    expect(alone.asking).toEqual([false]);
  });

  it('is no answer to trouble of another kind', async () => {
    const { asked, enter } = doorOf({ first: new Error('lost') });
    await expect(enter()).rejects.toThrow('lost');
    expect(asked).toEqual(['first']);
  });
});
