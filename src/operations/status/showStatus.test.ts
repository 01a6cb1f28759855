import { describe, expect, it } from 'vitest';
import type { ConfiguredProviders, ProviderRow } from '../../ports/providerPauses.ts';
import type { ServiceState } from '../../ports/serviceState.ts';
import { statusOf } from './showStatus.ts';

const at = new Date('2026-11-22T10:00:00Z');
const well: ServiceState = {
  at,
  oldestOpen: null,
  beyondSla: 0,
  failedLastHour: 0,
  blocked: 0,
  held: 0,
  mailGate: { why: null, since: new Date(0), heldMails: 0 },
  workers: { alive: 1, lastSeenAt: at },
  lastWebhookAt: null,
  lastUpkeepAt: at,
  quarantined: 0,
  alerts: { page: 0, ticket: 0, acknowledged: 0 },
};
const provider = (fields: Partial<ProviderRow>): ProviderRow => ({
  provider: 'smtp',
  state: 'closed',
  changedAt: at,
  retryAt: null,
  failures: 0,
  successes: 0,
  pause: null,
  ...fields,
});
const statusWith = (
  changes: Partial<ServiceState>,
  providers: ProviderRow[] = [],
  mail: ConfiguredProviders['mail'] = ['smtp'],
) => statusOf({ ...well, ...changes }, providers, { slaSeconds: 300, configured: { mail } });

describe('the conditions of the promise', () => {
  it.each([
    ['nothing is wrong', {}, true],
    ['an order is late', { beyondSla: 1 }, false],
    ['three have failed in an hour', { failedLastHour: 3 }, true],
    ['four have failed in an hour', { failedLastHour: 4 }, false],
    ['nobody works', { workers: { alive: 0, lastSeenAt: null } }, false],
    ['an event is quarantined', { quarantined: 1 }, true],
    ['somebody was paged', { alerts: { page: 1, ticket: 0, acknowledged: 0 } }, true],
  ])('when %s', (_, changes, ok) => {
    expect(statusWith(changes).ok).toBe(ok);
  });

  it('tell how long the oldest order has been open', () => {
    const oldestOpen = {
      jobId: 'j',
      acceptedAt: new Date(at.getTime() - 61_400),
      slaDeadline: new Date(at.getTime() + 1),
    };
    expect(statusWith({ oldestOpen }).pending).toMatchObject({
      ok: true,
      oldestAgeSeconds: 61,
      oldestJobId: 'j',
    });
  });
});

describe('what is done once a day', () => {
  it.each([
    ['never', null, false],
    ['a day ago', new Date(at.getTime() - 24 * 3_600_000), true],
    ['longer ago', new Date(at.getTime() - 26 * 3_600_000 - 1), false],
  ])('was done %s', (_when, lastUpkeepAt, ok) => {
    expect(statusWith({ lastUpkeepAt })).toMatchObject({
      ok: true,
      upkeep: { ok, lastDoneAt: lastUpkeepAt?.toISOString() ?? null },
    });
  });
});

describe('mail', () => {
  it('is paused before it is ill, and other providers are none of it', () => {
    const pause = { since: at, until: new Date('2026-11-22T11:00:00Z'), by: 'anna', reason: 'moving' };
    expect(statusWith({}, [provider({ provider: 'storage', state: 'open' })])).toMatchObject({
      mail: { ok: true, state: 'sending' },
      providers: { ok: false, ill: ['storage'], paused: [] },
    });
    expect(statusWith({}, [provider({ state: 'half_open' })]).mail).toMatchObject({
      ok: false,
      state: 'ill',
    });
    expect(statusWith({}, [provider({ state: 'open', pause })]).mail).toMatchObject({
      ok: false,
      state: 'paused',
      pausedUntil: '2026-11-22T11:00:00.000Z',
    });
  });

  it('goes out as long as one of its providers may be called, and again when the first pause ends', () => {
    const pauseUntil = (until: string) => ({
      since: at,
      until: new Date(until),
      by: 'anna',
      reason: 'moving',
    });
    const resend = provider({ provider: 'resend', pause: pauseUntil('2026-11-22T10:30:00Z') });
    const mailWith = (...rows: ProviderRow[]) => statusWith({}, rows, ['smtp', 'resend']).mail;
    expect(mailWith(provider({ state: 'open' }))).toMatchObject({ ok: true, state: 'sending' });
    expect(mailWith(resend)).toMatchObject({ ok: true, state: 'sending', pausedUntil: null });
    expect(mailWith(provider({ state: 'open' }), resend)).toMatchObject({ ok: false, state: 'ill' });
    const smtp = provider({ pause: pauseUntil('2026-11-22T11:00:00Z') });
    expect(mailWith(smtp, resend)).toMatchObject({
      state: 'paused',
      pausedUntil: '2026-11-22T10:30:00.000Z',
    });
    // A provider that is not configured carries none of it.
    expect(statusWith({}, [resend]).mail).toMatchObject({ ok: true, state: 'sending' });
  });
});
