import { describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { judgeReports, judgeSource } from './mailReports.ts';

const now = new Date('2026-11-22T12:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const config = buildConfig();
const days = hoursAgo(72);

describe('the reports of a provider', () => {
  const judged = (heardAt: Date | null, awaiting: number) =>
    judgeReports('resend', { heardAt, expectedSince: days, awaiting }, { config, now });

  it('are shown with when the last one came', () => {
    expect(judged(hoursAgo(0.1), 0)).toMatchObject({
      state: 'ok',
      detail: 'last report of resend 6 min ago',
    });
    expect(judged(hoursAgo(30), 2)).toMatchObject({ state: 'ok', detail: 'last report of resend 30 h ago' });
    expect(judged(null, 0)).toMatchObject({ state: 'note', detail: 'no report of resend has come yet' });
    expect(judgeReports('novu', undefined, { config, now })).toMatchObject({ state: 'note' });
  });

  it('are missed when there is something to report, with where they must come', () => {
    for (const heardAt of [null, hoursAgo(5)])
      expect(judged(heardAt, 3)).toMatchObject({
        state: 'warning',
        remedy: expect.stringContaining(`${config.http.publicBaseUrl}/webhooks/mail/resend`),
      });
    expect(judged(hoursAgo(0.5), 9)).toMatchObject({ state: 'ok' });
  });
});

describe('a place that is looked at', () => {
  it.each([
    [{ polledAt: hoursAgo(0.01), failure: null }, 'ok', 'journal was last read 1 min ago'],
    [{ polledAt: hoursAgo(3), failure: null }, 'warning', 'journal was last read 3 h ago'],
    [
      { polledAt: hoursAgo(0.1), failure: 'imap_credentials' },
      'warning',
      'journal was last read 6 min ago, and cannot be read (imap_credentials)',
    ],
    [undefined, 'note', 'journal was never read: a worker does that'],
  ])('is judged by %j', (standing, state, detail) => {
    expect(judgeSource('journal', standing, now)).toMatchObject({ state, detail });
  });
});
