import { expect, it } from 'vitest';
import { errorBudget } from './errorBudget.ts';

it('one order in a thousand may be late, and a second one may not', () => {
  expect(errorBudget({ met: 999, breached: 1 })).toEqual({
    ...{ share: 0.999, allowed: 1, left: 0, leftShare: 0, kept: true },
  });
  expect(errorBudget({ met: 998, breached: 2 })).toMatchObject({ left: -1, leftShare: -1, kept: false });
  expect(errorBudget({ met: 2000, breached: 0 })).toMatchObject({
    share: 1,
    left: 2,
    leftShare: 1,
    kept: true,
  });
});

it('of few orders none may be late; of none, nothing can be said', () => {
  expect(errorBudget({ met: 9, breached: 1 })).toMatchObject({ share: 0.9, allowed: 0.01, kept: false });
  expect(errorBudget({ met: 0, breached: 0 })).toEqual({
    ...{ share: null, allowed: 0, left: 0, leftShare: null, kept: true },
  });
});
