import { describe, expect, it } from 'vitest';
import type { CheckoutProgress } from '../../ports/checkoutProgress.ts';
import { createProgressFeed, type ProgressFeedOptions } from './progressFeed.ts';

const aProgress = (paymentId: string): CheckoutProgress => ({
  paymentId,
  paid: true,
  paidAt: new Date(0),
  takenBack: false,
  job: null,
  resolved: false,
  email: null,
  corrected: false,
  mailAccepted: false,
  downloaded: false,
  books: [],
});

/** A feed whose rounds are made one at a time. */
function feedWith(options: Partial<ProgressFeedOptions> = {}) {
  const asked: string[][] = [];
  const failures: unknown[] = [];
  let nowMs = 0;
  let wake: () => void = () => undefined;
  const feed = createProgressFeed({
    store: {
      ofPayments: async (ids) => {
        asked.push([...ids]);
        return ids.filter((id) => id !== 'gone').map(aProgress);
      },
    },
    clock: {
      elapsedMs: () => nowMs,
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          wake = resolve;
          signal?.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    failed: (error) => failures.push(error),
    ...options,
  });
  const round = async () => {
    nowMs += 1_000;
    wake();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { feed, asked, failures, round };
}

describe('looking for those who wait', () => {
  it('is one question a round, shared by all of them, and none once nobody listens', async () => {
    const { feed, asked, round } = feedWith();
    const told: string[] = [];
    const stops = ['a', 'a', 'b', 'gone'].map((id) =>
      feed.listen(id, (progress) => told.push(progress?.paymentId ?? 'nothing')),
    );
    expect(asked).toEqual([]);
    await round();
    expect(asked).toEqual([['a', 'b', 'gone']]);
    expect(told).toEqual(['a', 'a', 'b', 'nothing']);
    stops[0]?.();
    stops[3]?.();
    await round();
    expect(asked[1]).toEqual(['a', 'b']);
    for (const stop of stops) stop?.();
    await round();
    await round();
    expect(asked).toHaveLength(2);
    feed.listen('c', () => undefined);
    await round();
    expect(asked[2]).toEqual(['c']);
  });

  it('becomes rarer for whoever waits long', async () => {
    const { feed, asked, round } = feedWith({ eagerForMs: 3_500 });
    feed.listen('a', () => undefined);
    for (let count = 0; count < 10; count += 1) await round();
    expect(asked).toHaveLength(5);
  });

  it('refuses more than a few of one payment, and too many in all', () => {
    const { feed } = feedWith({ listenersMax: 3, listenersOfPaymentMax: 2 });
    const nothing = () => undefined;
    const first = feed.listen('a', nothing);
    expect(feed.listen('a', () => undefined)).toBeDefined();
    expect(feed.listen('a', () => undefined)).toBeUndefined();
    expect(feed.listen('b', () => undefined)).toBeDefined();
    expect(feed.listen('c', () => undefined)).toBeUndefined();
    first?.();
    first?.();
    expect(feed.listen('c', () => undefined)).toBeDefined();
    expect(feed.listen('d', () => undefined)).toBeUndefined();
  });

  it('goes on after a failure', async () => {
    let fails = true;
    const told: unknown[] = [];
    const { feed, failures, round } = feedWith({
      store: {
        ofPayments: async (ids) => {
          if (fails) throw new Error('once');
          return ids.map(aProgress);
        },
      },
    });
    feed.listen('a', (progress) => told.push(progress));
    await round();
    expect([failures.length, told.length]).toEqual([1, 0]);
    fails = false;
    await round();
    expect(told).toHaveLength(1);
  });
});
