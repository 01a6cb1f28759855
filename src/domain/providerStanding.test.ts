import { assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admissionOf, type ProviderStanding, releaseSpreadMs, wellStanding } from './providerStanding.ts';

const standing = (fields: Partial<ProviderStanding> = {}): ProviderStanding => ({
  ...wellStanding('email'),
  ...fields,
});
const random = double({ min: 0, max: 0.999_999, noNaN: true });

function parkedMs(given: ProviderStanding, at: number, ageMs = 0): number {
  const admission = admissionOf(given, ageMs, at);
  if (admission.kind !== 'park') throw new Error(`It was not parked: ${admission.kind}`);
  return admission.afterMs;
}

describe('whether a provider may be called', () => {
  it('is yes while it is well, and a probe when it is ill and its time has come', () => {
    expect(admissionOf(standing(), 0, 0.5)).toEqual({ kind: 'go' });
    const open = standing({ state: 'open', retryInMs: 4_000 });
    expect(admissionOf(open, 3_999, 0.5)).toMatchObject({ kind: 'park', reason: 'provider_open' });
    expect(admissionOf(open, 4_000, 0.5)).toEqual({ kind: 'probe' });
    expect(admissionOf(standing({ state: 'half_open', retryInMs: 1 }), 2, 0.5)).toEqual({ kind: 'probe' });
  });

  it('is no for longer while it is ill, where the call may go elsewhere: others try it', () => {
    const open = standing({ state: 'open', retryInMs: 4_000, sparedForMs: 300_000 });
    expect(admissionOf(open, 299_999, 0.5, true)).toMatchObject({ kind: 'park', reason: 'provider_open' });
    expect(admissionOf(open, 4_000, 0.5, false)).toEqual({ kind: 'probe' });
    expect(admissionOf(open, 300_000, 0.5, true)).toEqual({ kind: 'probe' });
    expect(admissionOf(standing({ sparedForMs: 300_000 }), 0, 0.5, true)).toEqual({ kind: 'go' });
  });

  it('is no while people have it paused, ill or not', () => {
    const paused = standing({ state: 'open', pausedForMs: 1_000 });
    expect(admissionOf(paused, 0, 0.5)).toMatchObject({ kind: 'park', reason: 'provider_paused' });
    expect(admissionOf(paused, 1_000, 0.5)).toEqual({ kind: 'probe' });
  });

  it('is no for as long as it asked to be left alone', () => {
    const asked = standing({ waitForMs: 2_000 });
    expect(admissionOf(asked, 0, 0.5)).toEqual({ kind: 'park', reason: 'provider_rate', afterMs: 3_000 });
    expect(admissionOf(asked, 2_000, 0.5)).toEqual({ kind: 'go' });
  });
});

describe('what is parked comes back', () => {
  it('not before an open circuit may be tried, and spread over ten seconds from then', () => {
    assert(
      property(random, (at) => {
        const afterMs = parkedMs(standing({ state: 'open', retryInMs: 60_000 }), at, 1_000);
        expect(afterMs).toBeGreaterThanOrEqual(59_000);
        expect(afterMs).toBeLessThanOrEqual(59_000 + releaseSpreadMs);
      }),
    );
    const spread = Array.from({ length: 11 }, (_, tenth) =>
      parkedMs(standing({ state: 'open', retryInMs: 1 }), tenth / 11),
    );
    expect(Math.max(...spread) - Math.min(...spread)).toBeGreaterThan(0.9 * releaseSpreadMs);
  });

  it('soon while somebody tries, but not at once', () => {
    const trying = standing({ state: 'half_open', retryInMs: 20_000 });
    expect(parkedMs(trying, 0)).toBe(500);
    expect(parkedMs(trying, 0.999)).toBeLessThanOrEqual(500 + releaseSpreadMs);
  });

  it('to look whether a long pause has ended early, after 15 s or so, and after a short one spread over ten', () => {
    const long = standing({ pausedForMs: 3_600_000 });
    assert(
      property(random, (at) => {
        expect(parkedMs(long, at)).toBeGreaterThanOrEqual(10_000);
        expect(parkedMs(long, at)).toBeLessThanOrEqual(20_000);
      }),
    );
    expect(parkedMs(standing({ pausedForMs: 2_000 }), 0)).toBe(2_000);
    expect(parkedMs(standing({ pausedForMs: 2_000 }), 0.5)).toBe(7_000);
  });
});
