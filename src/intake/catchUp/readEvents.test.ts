import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/fakes/manualClock.ts';
import { createRecordingTelemetry } from '../../../test/fakes/recordingTelemetry.ts';
import { createSeededRandom } from '../../../test/fakes/seededRandom.ts';
import type { CatchUpState, EventQuery } from '../../ports/catchUp.ts';
import type { Accepted } from '../../ports/intakeStore.ts';
import { createReadEvents } from './readEvents.ts';

const now = new Date('2026-11-22T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const pageSize = 2;

/** An account with events at these minutes before now, newest first; and whatever was asked of it. */
function account(
  minutes: number[],
  options: {
    undelivered?: number[];
    callMs?: number;
    refuses?: (id: string | null, verdict: string) => boolean;
  } = {},
) {
  const clock = createManualClock(now);
  const telemetry = createRecordingTelemetry();
  const asked: EventQuery[] = [];
  const accepted: string[] = [];
  const advanced: Date[] = [];
  const ended: number[] = [];
  const known = new Set<string>();
  let callMs = 0;
  const readEvents = createReadEvents({
    worker: 'test',
    lists: {
      async events(query) {
        asked.push(query);
        callMs += options.callMs ?? 0;
        const of = query.undelivered ? (options.undelivered ?? []) : minutes;
        const matching = of.filter(
          (minute) =>
            minutesAgo(minute) >= query.createdFrom &&
            (!query.createdBefore || minutesAgo(minute) < query.createdBefore),
        );
        const from = query.after === undefined ? 0 : matching.indexOf(Number(query.after.slice(4))) + 1;
        const items = matching.slice(from, from + pageSize).map((minute) => ({
          id: `evt_${minute}`,
          createdAt: minutesAgo(minute),
          body: Buffer.from(`evt_${minute}`),
        }));
        return { items, next: from + pageSize < matching.length ? (items.at(-1)?.id ?? null) : null };
      },
    },
    store: {
      take: async () => undefined,
      advance: async (_worker, to) => void advanced.push(to),
      endRound: async (_worker, { dueInMs }) => void ended.push(dueInMs),
      knownEvents: async (ids) => new Set(ids.filter((id) => known.has(id))),
    },
    intake: {
      isUnavailable: () => false,
      accept: async ({ eventId, door, verdict }): Promise<Accepted> => {
        if (options.refuses?.(eventId, verdict)) throw new Error('refused');
        accepted.push(verdict === 'accepted' ? `${eventId} ${door}` : `${eventId} ${verdict}`);
        known.add(eventId ?? '');
        return { outcome: 'accepted', jobId: 'job' };
      },
    },
    read: (body) => ({
      event: {
        eventId: Buffer.from(body).toString(),
        type: 'payment_intent.succeeded',
        apiVersion: null,
        livemode: false,
        occurredAt: now,
        verdict: 'accepted',
        reason: null,
        door: 'webhook',
        body,
        contentSha256: body,
      },
      purchase: null,
    }),
    pace: async () => undefined,
    clock: { ...clock, elapsedMs: () => callMs },
    random: createSeededRandom(),
    telemetry,
    intervalMs: 60_000,
    leaseMs: 10_000,
    onWork: () => undefined,
  });
  const state = (changes: Partial<CatchUpState>): CatchUpState => ({
    now,
    dueInMs: 0,
    seenUntil: minutesAgo(1),
    readAt: minutesAgo(1),
    watchedAt: null,
    sweptAt: now,
    ...changes,
  });
  return {
    asked,
    accepted,
    advanced,
    ended,
    telemetry,
    round: (changes: Partial<CatchUpState> = {}) => readEvents(state(changes), new AbortController().signal),
  };
}

describe('a reading of events', () => {
  it('begins with those that nobody has acknowledged, a quarter of an hour before the last that was seen', async () => {
    const shop = account([1, 3, 20], { undelivered: [3] });
    await shop.round();
    expect(shop.asked.map(({ undelivered, createdFrom }) => ({ undelivered, createdFrom }))).toEqual([
      { undelivered: true, createdFrom: minutesAgo(16) },
      { undelivered: undefined, createdFrom: minutesAgo(16) },
    ]);
    expect(shop.accepted).toEqual(['evt_3 poller', 'evt_1 poller']);
    expect(shop.advanced).toEqual([minutesAgo(1)]);
  });

  it('is due again within the interval, never later', async () => {
    const shop = account([1]);
    await shop.round();
    expect(shop.ended).toHaveLength(1);
    expect(shop.ended[0]).toBeGreaterThanOrEqual(48_000);
    expect(shop.ended[0]).toBeLessThanOrEqual(60_000);
  });

  it('keeps its place in a quiet shop, whatever our clock says', async () => {
    const shop = account([]);
    await shop.round();
    expect(shop.advanced).toEqual([]);
    expect(shop.ended).toHaveLength(1);
  });

  it('never asks for more than Stripe keeps', async () => {
    const shop = account([]);
    await shop.round({ seenUntil: minutesAgo(60 * 24 * 90) });
    expect(shop.asked[0]?.createdFrom).toEqual(minutesAgo(60 * 24 * 30));
  });

  it('reads the latest first where there is much, then the rest by the hour, and notes each', async () => {
    const many = Array.from({ length: 40 }, (_none, index) => 5 * index + 1);
    const shop = account(many);
    await shop.round({ seenUntil: minutesAgo(200) });
    const pieces = shop.asked.filter(({ createdBefore, after }) => createdBefore && after === undefined);
    expect(pieces.map(({ createdFrom }) => createdFrom)).toEqual([215, 155, 95, 35].map(minutesAgo));
    expect(shop.advanced).toEqual([minutesAgo(155), minutesAgo(95), minutesAgo(35), minutesAgo(1)]);
    expect(shop.ended).toHaveLength(1);
  });

  it('stops in the middle of what is long past, so that what was paid just now is looked for again', async () => {
    const many = Array.from({ length: 40 }, (_none, index) => 5 * index + 1);
    const shop = account(many, { callMs: 2_500 });
    await shop.round({ seenUntil: minutesAgo(200) });
    expect(shop.ended).toEqual([]);
    expect(shop.advanced).toEqual([minutesAgo(155)]);
    expect(shop.telemetry.of('catch_up.round')).toMatchObject([{ whole: false }]);
  });

  it('gets on by an hour at least, however slow the answers are', async () => {
    const many = Array.from({ length: 40 }, (_none, index) => 5 * index + 1);
    const shop = account(many, { callMs: 60_000 });
    await shop.round({ seenUntil: minutesAgo(200) });
    for (let rounds = 1; shop.ended.length === 0 && rounds < 5; rounds += 1)
      await shop.round({ seenUntil: minutesAgo(200 - 60 * rounds) });
    expect(shop.ended).toHaveLength(1);
    expect(new Set(shop.accepted).size).toBe(many.length);
  });

  it('puts aside what cannot be taken in, tells of it, and goes on', async () => {
    const shop = account([1, 3, 5], {
      refuses: (id, verdict) => id === 'evt_3' && verdict === 'accepted',
    });
    await shop.round();
    expect(shop.accepted).toEqual(['evt_3 quarantined', 'evt_1 poller', 'evt_5 poller']);
    expect(shop.telemetry.of('unexpected.error')).toHaveLength(1);
    expect(shop.ended).toHaveLength(1);
  });
});
