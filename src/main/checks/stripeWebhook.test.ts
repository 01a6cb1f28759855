import { describe, expect, it } from 'vitest';
import { neededEventTypes } from '../../domain/stripeEventTypes.ts';
import type { RegisteredEndpoint } from '../../domain/webhookEndpoint.ts';
import { judgeEndpoints } from './stripeWebhook.ts';

const wanted = {
  url: 'https://api.books.example/webhooks/stripe',
  livemode: true,
  apiVersion: '2026-10-28.endive',
};
const sound: RegisteredEndpoint = {
  url: wanted.url,
  enabled: true,
  livemode: true,
  apiVersion: wanted.apiVersion,
  enabledEvents: [...neededEventTypes],
};
const judge = (change: Partial<RegisteredEndpoint>) =>
  judgeEndpoints(
    [
      { ...sound, url: 'https://other.example' },
      { ...sound, ...change },
    ],
    wanted,
  );

describe('the webhook endpoint', () => {
  it.each([
    ['the events by name', {}],
    ['all events', { enabledEvents: ['*'] }],
    ['a slash at its end', { url: `${wanted.url}/` }],
  ])('is right with %s', (_what, change) => {
    expect(judge(change)).toMatchObject([{ state: 'ok' }]);
  });

  it('that is not registered is a warning which says what to register', () => {
    const [finding] = judge({ url: 'https://api.books.example/webhook' });
    expect(finding).toMatchObject({ state: 'warning', detail: `${wanted.url} is not registered` });
    expect(finding?.remedy).toContain('payment_intent.succeeded');
    expect(finding?.remedy).toContain('charge.dispute.closed');
    expect(finding?.remedy).toContain(wanted.apiVersion);
  });

  it('that is registered with another host is named', () => {
    const [finding] = judge({ url: 'https://old.books.example/webhooks/stripe' });
    expect(finding).toMatchObject({
      state: 'warning',
      detail: `${wanted.url} is not registered, but https://old.books.example/webhooks/stripe is`,
    });
  });

  it.each([
    ['is disabled', { enabled: false }, 'failed', 'is disabled'],
    ['is of the other mode', { livemode: false }, 'failed', 'in test mode, the key in live mode'],
    [
      'lacks an event',
      { enabledEvents: ['payment_intent.succeeded'] },
      'failed',
      'does not get checkout.session.completed, checkout.session.async',
    ],
    [
      'does not hear of disputes',
      { enabledEvents: neededEventTypes.filter((type) => !type.startsWith('charge.dispute')) },
      'failed',
      'does not get charge.dispute.created',
    ],
    ['speaks another version', { apiVersion: '2020-08-27' }, 'warning', 'events come in 2020-08-27'],
    ['follows the account', { apiVersion: null }, 'warning', 'default API version'],
  ])('that %s is found', (_what, change, state, detail) => {
    expect(judge(change)).toMatchObject([{ state, detail: expect.stringContaining(detail) }]);
  });
});
