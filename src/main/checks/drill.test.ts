import { describe, expect, it } from 'vitest';
import type { DrillResult } from '../../ports/mailDrill.ts';
import { judgeDrills } from './drill.ts';

const dayMs = 86_400_000;
const resultOf = (provider: string, outcome: DrillResult['outcome'], remedy?: string): DrillResult => ({
  without: [],
  provider,
  outcome,
  seconds: null,
  evidence: null,
  fault: remedy === undefined ? null : { reason: 'x', message: 'x', remedy },
});
const both = ['smtp', 'listmonk'];
const accepted = both.map((provider) => resultOf(provider, 'accepted'));
const unproven = [resultOf('smtp', 'accepted'), resultOf('listmonk', 'taken_unproven', 'Give a journal.')];
const failed = [resultOf('smtp', 'accepted'), resultOf('listmonk', 'refused', 'Check LISTMONK_TOKEN.')];

describe('the drill of an outage', () => {
  it.each([
    [0, 'ok', 'today'],
    [dayMs, 'ok', '1 day ago'],
    [35 * dayMs, 'ok', '35 days ago'],
    [35 * dayMs + 1, 'warning', '35 days ago'],
    [60 * dayMs, 'warning', '60 days ago'],
  ])('that passed %i ms ago is %s', (agoMs, state, when) => {
    expect(judgeDrills([{ agoMs, results: accepted }], both)).toMatchObject([
      { state, detail: `the last drill of an outage was ${when} and passed` },
    ]);
  });

  it('that never was is a warning with what to do, where there is more than one provider', () => {
    expect(judgeDrills([], both)).toMatchObject([
      { state: 'warning', remedy: 'Drill it: fulfillment providers drill email' },
    ]);
    expect(judgeDrills([], ['smtp'])).toEqual([]);
  });

  it('that has proven nothing of a provider has not passed, and says what would prove it', () => {
    expect(judgeDrills([{ agoMs: 2 * dayMs, results: unproven }], both)).toEqual([
      {
        check: 'mail drill',
        state: 'warning',
        detail:
          'the last drill of an outage was 2 days ago and did not pass (listmonk took its mail, unproven); none has passed that is still kept',
        remedy: 'Give a journal. Drill it: fulfillment providers drill email',
      },
    ]);
  });

  it('that failed is told though an earlier one passed, with when that was', () => {
    const drills = [
      { agoMs: 0, results: failed },
      { agoMs: 20 * dayMs, results: accepted },
    ];
    expect(judgeDrills(drills, both)).toMatchObject([
      {
        state: 'warning',
        detail: expect.stringMatching(/today and failed \(listmonk refused\).*passed was 20 days ago$/),
        remedy: expect.stringContaining('Check LISTMONK_TOKEN.'),
      },
    ]);
  });

  it('says nothing of a provider that was configured after it', () => {
    const drills = [{ agoMs: dayMs, results: accepted }];
    expect(judgeDrills(drills, [...both, 'resend'])).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('no mail through resend') },
    ]);
  });

  it('that was begun and never finished is told, beside the last that was', () => {
    const drills = [
      { agoMs: dayMs, results: null },
      { agoMs: 3 * dayMs, results: accepted },
    ];
    expect(judgeDrills(drills, both)).toMatchObject([
      { state: 'warning', detail: expect.stringContaining('begun 1 day ago and never finished') },
      { state: 'ok', detail: expect.stringContaining('3 days ago') },
    ]);
  });

  it('that is under way is left alone, and one cut off is forgotten after the next', () => {
    expect(
      judgeDrills(
        [
          { agoMs: 1_000, results: null },
          { agoMs: dayMs, results: accepted },
        ],
        both,
      ),
    ).toMatchObject([{ state: 'ok' }]);
    expect(
      judgeDrills(
        [
          { agoMs: 0, results: accepted },
          { agoMs: dayMs, results: null },
        ],
        both,
      ),
    ).toMatchObject([{ state: 'ok' }]);
  });
});
