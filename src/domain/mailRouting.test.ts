import { describe, expect, it } from 'vitest';
import { domainOf, isPolicyOfRecipient, routeOf, type RoutingFacts } from './mailRouting.ts';

const route = (facts: Partial<RoutingFacts>) =>
  routeOf({ configured: ['smtp', 'resend', 'novu'], refusals: [], passedOver: [], ...facts });

describe('the route of a mail', () => {
  it('is as configured while nothing speaks against it', () => {
    expect(route({})).toEqual(['smtp', 'resend', 'novu']);
  });

  it('turns to those first that have not put it off', () => {
    expect(route({ refusals: [{ provider: 'smtp', final: false }] })).toEqual(['resend', 'novu', 'smtp']);
  });

  it('leaves out who has refused it for good, also when it was put off there too', () => {
    const refusals = [
      { provider: 'smtp', final: true },
      { provider: 'smtp', final: false },
    ];
    expect(route({ refusals })).toEqual(['resend', 'novu']);
  });

  it('begins anew when all have refused it for good: a person has it tried again', () => {
    const refusals = ['smtp', 'resend', 'novu'].map((provider) => ({ provider, final: true }));
    expect(route({ refusals })).toEqual(['smtp', 'resend', 'novu']);
  });

  it('passes over who keeps being refused at the domain, but rather than not at all goes there too', () => {
    expect(route({ passedOver: ['smtp'] })).toEqual(['resend', 'novu', 'smtp']);
    expect(route({ configured: ['smtp'], passedOver: ['smtp'] })).toEqual(['smtp']);
  });

  it('would rather try a domain that refuses us than a provider that has just put this mail off', () => {
    const facts = { passedOver: ['resend'], refusals: [{ provider: 'smtp', final: false }] };
    expect(route({ configured: ['smtp', 'resend'], ...facts })).toEqual(['resend', 'smtp']);
  });

  it('knows nothing of providers that are not configured any more', () => {
    const refusals = [{ provider: 'listmonk', final: true }];
    expect(route({ refusals, passedOver: ['listmonk'] })).toEqual(['smtp', 'resend', 'novu']);
  });
});

it.each([
  ['smtp_policy_refused', true],
  ['smtp_sender_refused', false],
  ['smtp_mail_blocked', false],
  ['resend_sender_refused', false],
  ['resend_mail_blocked', false],
  ['resend_credentials', false],
  ['mailbox_refused', false],
  ['message_refused', false],
])('counts %s at the domain of the recipient: %s', (reason, counts) => {
  expect(isPolicyOfRecipient(reason)).toBe(counts);
});

it('keeps domains by their lower case', () => {
  expect(domainOf('Jan@Example.PL')).toBe('example.pl');
});
