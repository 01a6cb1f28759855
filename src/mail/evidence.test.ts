import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../test/fakes/manualClock.ts';
import { createRecordingTelemetry } from '../../test/fakes/recordingTelemetry.ts';
import { Fault } from '../domain/fault.ts';
import { createMailEvidence } from './evidence.ts';

const nothing = { heard: [], matched: 0, woken: 0 };

function looking({
  mayHave = () => true,
  fail,
}: { mayHave?: () => boolean; fail?: () => Error | undefined } = {}) {
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
        return { ...nothing, woken: 1 };
      },
      prune: async () => {
        did.push('prune');
        return 0;
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
    expect(one.did).toEqual(['poll', 'match', 'act', 'review', 'prune']);
    for (let looks = 0; looks < 12; looks += 1) {
      await one.clock.advance(5_000);
      await settled(one);
    }
    expect([one.times('act'), one.times('review'), one.times('prune')]).toEqual([13, 2, 1]);
    expect(one.woken()).toBe(13);
    await one.stop();
    expect(one.did.at(-1)).toBe('release');
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
