import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../test/fakes/manualClock.ts';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import { Fault } from '../domain/fault.ts';
import { createMailEvidence } from './evidence.ts';

const nothing = { heard: [], matched: 0, woken: 0 };

interface Looking {
  mayHave?: () => boolean;
  fail?: () => Error | undefined;
  /** Of each page of what waits, whether it is full. */
  late?: boolean[];
  /** Of each round of pruning, how much had waited in vain. */
  expiring?: number[];
}

function looking({ mayHave = () => true, fail, late = [], expiring = [] }: Looking = {}) {
  const clock = createManualClock();
  const telemetry = createRecordingTelemetry();
  const did: string[] = [];
  let woken = 0;
  const evidence = createMailEvidence({
    worker: 'w',
    desk: {
      take: async () => mayHave(),
      release: async () => void did.push('release'),
      matchLate: async () => {
        did.push('match');
        return { ...nothing, woken: 1, isFull: late.shift() ?? false, failed: [] };
      },
      takeUpAgain: async () => {
        did.push('take up');
        return 0;
      },
      prune: async () => {
        did.push('prune');
        return { removed: expiring.length, expired: expiring.shift() ?? 0 };
      },
    },
    polling: { poll: async () => void did.push('poll') },
    acting: {
      act: async () => {
        const error = fail?.();
        if (error) throw error;
        did.push('act');
      },
      review: async () => void did.push('review'),
    },
    clock,
    telemetry,
    leaseMs: 60_000,
    onWork: () => void (woken += 1),
  });
  const times = (what: string) => did.filter((one) => one === what).length;
  return { ...evidence, clock, telemetry, did, times, woken: () => woken };
}

/** Everything that was begun is over. */
const settled = async ({ clock }: { clock: { sleeping(): number } }) => {
  while (clock.sleeping() === 0) await new Promise((resolve) => setImmediate(resolve));
};

describe('the duty of looking after mail evidence', () => {
  it('looks every five seconds, reviews once a minute, and prunes once an hour', async () => {
    const one = looking();
    one.start();
    await settled(one);
    expect(one.did).toEqual(['poll', 'match', 'take up', 'act', 'review', 'prune']);
    for (let looks = 0; looks < 12; looks += 1) {
      await one.clock.advance(5_000);
      await settled(one);
    }
    expect(['act', 'take up', 'review', 'prune'].map(one.times)).toEqual([13, 5, 2, 1]);
    expect(one.woken()).toBe(13);
    await one.stop();
    expect(one.did.at(-1)).toBe('release');
  });

  it('looks through all that waits and is due, and of a flood through so much that the rest has its turn', async () => {
    const one = looking({ late: [true, true] });
    one.start();
    await settled(one);
    expect(one.did).toEqual(['poll', 'match', 'match', 'match', 'take up', 'act', 'review', 'prune']);
    await one.stop();
    const flood = looking({ late: Array.from({ length: 100 }, () => true) });
    flood.start();
    await settled(flood);
    expect([flood.times('match'), flood.times('act')]).toEqual([10, 1]);
    await flood.stop();
  });

  it('tells how much was dropped that had waited in vain', async () => {
    const one = looking({ expiring: [7, 3] });
    one.start();
    await settled(one);
    expect(one.telemetry.of('mail.evidence_expired').map(({ count }) => count)).toEqual([7, 3]);
    expect(one.times('prune')).toBe(3);
    await one.stop();
  });

  it('is left to whoever has it', async () => {
    let mine = false;
    const one = looking({ mayHave: () => mine });
    one.start();
    await settled(one);
    expect(one.did).toEqual([]);
    mine = true;
    await one.clock.advance(5_000);
    await settled(one);
    expect(one.times('poll')).toBe(1);
    await one.stop();
  });

  it('has one trouble keep nothing else, tells it, and tries again later each time', async () => {
    let failing: Error | undefined = new Fault({
      kind: 'transient',
      reason: 'database_unavailable',
      message: 'x',
    });
    const one = looking({ fail: () => failing });
    one.start();
    await settled(one);
    for (let looks = 0; looks < 6; looks += 1) {
      await one.clock.advance(5_000);
      await settled(one);
    }
    expect(one.times('poll')).toBe(7);
    expect(one.times('review')).toBe(1);
    // After 0, 5 and 15 seconds; the next time would be after 35.
    expect(one.telemetry.of('database.unavailable')).toHaveLength(3);
    failing = new TypeError('a bug');
    await one.clock.advance(5_000);
    await settled(one);
    expect(one.telemetry.of('unexpected.error')).toMatchObject([
      { during: 'act on bounces', error: 'TypeError' },
    ]);
    failing = undefined;
    await one.clock.advance(60_000);
    await settled(one);
    expect(one.times('act')).toBeGreaterThan(0);
    await one.stop();
  });
});
