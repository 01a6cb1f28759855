import type { Happening } from './account.ts';

/** Two books, 49.00 and 30.00 PLN. */
export const linesSold = [4900, 3000];
const total = 7900;

const bought: Happening = { do: 'check out', pays: 'at once' };

/** What may happen to a payment, from the plainest to the most tangled. */
export const stories: Record<string, readonly Happening[]> = {
  'a plain card payment': [bought],
  'a delayed payment that comes': [
    { do: 'check out', pays: 'later' },
    { do: 'settle', as: 'succeeded' },
  ],
  'a delayed payment that fails': [
    { do: 'check out', pays: 'later' },
    { do: 'settle', as: 'failed' },
  ],
  'a purchase that costs nothing': [{ do: 'check out', pays: 'nothing' }],
  'a full refund': [bought, { do: 'refund', id: 'A', amount: total }],
  'two refunds in part': [
    bought,
    { do: 'refund', id: 'A', amount: 3000, lines: [2] },
    { do: 'refund', id: 'B', amount: 1000 },
  ],
  'two refunds that are the whole': [
    bought,
    { do: 'refund', id: 'A', amount: 5000 },
    { do: 'refund', id: 'B', amount: 2900 },
  ],
  'a refund that fails later': [
    bought,
    { do: 'refund', id: 'A', amount: total },
    { do: 'fail refund', id: 'A' },
  ],
  'a refund that fails while it is pending': [
    bought,
    { do: 'refund', id: 'A', amount: total, pending: true },
    { do: 'fail refund', id: 'A' },
  ],
  'a refund in part that fails, and one that stands': [
    bought,
    { do: 'refund', id: 'A', amount: 4900, lines: [1] },
    { do: 'fail refund', id: 'A' },
    { do: 'refund', id: 'B', amount: 3000, lines: [2] },
  ],
  'a dispute that is lost': [
    bought,
    { do: 'dispute', id: 'A' },
    { do: 'close dispute', id: 'A', as: 'lost' },
  ],
  'a dispute that is won': [bought, { do: 'dispute', id: 'A' }, { do: 'close dispute', id: 'A', as: 'won' }],
  'a dispute that is won after it was lost': [
    bought,
    { do: 'dispute', id: 'A' },
    { do: 'close dispute', id: 'A', as: 'lost' },
    { do: 'close dispute', id: 'A', as: 'won' },
  ],
  'a delayed payment, refunded': [
    { do: 'check out', pays: 'later' },
    { do: 'settle', as: 'succeeded' },
    { do: 'refund', id: 'A', amount: total },
  ],
};
