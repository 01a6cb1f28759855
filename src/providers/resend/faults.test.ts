import { describe, expect, it } from 'vitest';
import { outboundTroubles } from '../outbound.ts';
import type { OutboundTrouble } from '../outbound.ts';
import { resendFault } from './faults.ts';
import type { ResendFailure } from './faults.ts';

type Verdict = [kind: string, reason: string];

const trouble = (which: OutboundTrouble, mayBeTaken: boolean): ResendFailure => ({
  kind: 'outbound',
  trouble: which,
  mayBeTaken,
});
const answer = (status: number, json?: unknown, retryAfterMs?: number): ResendFailure => ({
  kind: 'answer',
  status,
  json,
  retryAfterMs,
  mayBeTaken: true,
});
const named = (status: number, name: string, message = 'Something.') =>
  answer(status, { statusCode: status, name, message });

const troubles: Record<OutboundTrouble, { before: Verdict; afterwards: Verdict }> = {
  aborted: { before: ['transient', 'aborted'], afterwards: ['unknown_effect', 'resend_answer_lost'] },
  timeout: { before: ['transient', 'resend_timeout'], afterwards: ['unknown_effect', 'resend_answer_lost'] },
  connection_lost: {
    before: ['transient', 'resend_connection_lost'],
    afterwards: ['unknown_effect', 'resend_answer_lost'],
  },
  unreachable: {
    before: ['transient', 'resend_unreachable'],
    afterwards: ['transient', 'resend_unreachable'],
  },
  redirected: {
    before: ['needs_human', 'resend_misconfigured'],
    afterwards: ['unknown_effect', 'resend_answer_malformed'],
  },
  too_large: {
    before: ['needs_human', 'resend_misconfigured'],
    afterwards: ['unknown_effect', 'resend_answer_malformed'],
  },
  forbidden_host: {
    before: ['needs_human', 'resend_misconfigured'],
    afterwards: ['needs_human', 'resend_misconfigured'],
  },
};

describe('the fault table of Resend', () => {
  it.each(outboundTroubles)('knows what %s means before and after a mail may be out', (which) => {
    const verdictOf = (mayBeTaken: boolean) => {
      const { kind, reason } = resendFault(trouble(which, mayBeTaken));
      return [kind, reason];
    };
    expect(verdictOf(false)).toEqual(troubles[which].before);
    expect(verdictOf(true)).toEqual(troubles[which].afterwards);
  });

  it.each<[number, string, ...Verdict]>([
    [400, 'invalid_idempotency_key', 'needs_human', 'resend_request_refused'],
    [400, 'validation_error', 'permanent', 'message_refused'],
    [401, 'missing_api_key', 'needs_human', 'resend_credentials'],
    [401, 'restricted_api_key', 'needs_human', 'resend_credentials'],
    [403, 'invalid_api_key', 'needs_human', 'resend_credentials'],
    [403, 'validation_error', 'needs_human', 'resend_sender_refused'],
    [404, 'not_found', 'needs_human', 'resend_misconfigured'],
    [405, 'method_not_allowed', 'needs_human', 'resend_misconfigured'],
    [409, 'invalid_idempotent_request', 'unknown_effect', 'resend_key_reused'],
    [409, 'concurrent_idempotent_requests', 'unknown_effect', 'resend_in_progress'],
    [422, 'invalid_attachment', 'permanent', 'message_refused'],
    [422, 'invalid_from_address', 'needs_human', 'resend_sender_refused'],
    [422, 'invalid_parameter', 'permanent', 'message_refused'],
    [422, 'missing_required_field', 'permanent', 'message_refused'],
    [422, 'validation_error', 'permanent', 'message_refused'],
    [429, 'rate_limit_exceeded', 'rate_limited', 'resend_rate_limited'],
    [429, 'daily_quota_exceeded', 'rate_limited', 'resend_quota_exceeded'],
    [429, 'monthly_quota_exceeded', 'rate_limited', 'resend_quota_exceeded'],
    [451, 'security_error', 'needs_human', 'resend_mail_blocked'],
    [500, 'application_error', 'unknown_effect', 'resend_unavailable'],
    [500, 'internal_server_error', 'unknown_effect', 'resend_unavailable'],
  ])('calls %i %s %s, %s', (status, name, kind, reason) => {
    expect(resendFault(named(status, name))).toMatchObject({ kind, reason, provider: 'resend' });
  });

  it.each<[number, ...Verdict]>([
    [304, 'unknown_effect', 'resend_answer_malformed'],
    [401, 'needs_human', 'resend_credentials'],
    [402, 'needs_human', 'resend_request_refused'],
    [403, 'needs_human', 'resend_credentials'],
    [404, 'needs_human', 'resend_misconfigured'],
    [405, 'needs_human', 'resend_misconfigured'],
    [408, 'unknown_effect', 'resend_answer_lost'],
    [409, 'unknown_effect', 'resend_answer_lost'],
    [413, 'permanent', 'message_refused'],
    [418, 'needs_human', 'resend_request_refused'],
    [422, 'needs_human', 'resend_request_refused'],
    [429, 'rate_limited', 'resend_rate_limited'],
    [451, 'needs_human', 'resend_mail_blocked'],
    [502, 'unknown_effect', 'resend_unavailable'],
    [503, 'unknown_effect', 'resend_unavailable'],
    [504, 'unknown_effect', 'resend_unavailable'],
  ])('calls %i without a name that it knows %s, %s', (status, kind, reason) => {
    for (const json of [
      undefined,
      null,
      'text',
      [],
      { name: 42 },
      { name: 'new_error' },
      { name: 'toString' },
    ]) {
      expect(resendFault(answer(status, json))).toMatchObject({ kind, reason });
    }
  });

  it.each([
    'Invalid `to` field. The email address needs to follow the `email@example.com` format.',
    'Invalid `to` field. Please use our testing email address instead of domains like `example.com`.',
  ])('takes a refused recipient for an invalid address: %s', (message) => {
    expect(resendFault(named(422, 'validation_error', message))).toMatchObject({
      kind: 'permanent',
      reason: 'invalid_address',
    });
  });

  it('takes an unverified domain for a matter of our sender, whatever the status', () => {
    const message = 'The shop.example domain is not verified. Please, add and verify your domain.';
    for (const status of [400, 403, 422]) {
      expect(resendFault(named(status, 'validation_error', message)).reason).toBe('resend_sender_refused');
    }
  });

  it('does not know what became of a mail whose success is none', () => {
    expect(resendFault({ kind: 'malformed', status: 200, mayBeTaken: true })).toMatchObject({
      kind: 'unknown_effect',
      reason: 'resend_answer_malformed',
    });
  });

  it('knows that a call that only asks has done nothing', () => {
    expect(resendFault({ kind: 'malformed', status: 200, mayBeTaken: false }).reason).toBe(
      'resend_misconfigured',
    );
    expect(resendFault({ ...answer(503), mayBeTaken: false })).toMatchObject({
      kind: 'transient',
      reason: 'resend_unavailable',
    });
  });

  it.each<[string, ResendFailure, number | undefined]>([
    ['a second for a rate without a wish', named(429, 'rate_limit_exceeded'), 1_000],
    ['the wish for a rate', answer(429, { name: 'rate_limit_exceeded' }, 7_000), 7_000],
    ['an hour for a quota', named(429, 'daily_quota_exceeded'), 3_600_000],
    [
      'an hour for a quota with a short wish',
      answer(429, { name: 'monthly_quota_exceeded' }, 2_000),
      3_600_000,
    ],
    ['five seconds for a request in progress', named(409, 'concurrent_idempotent_requests'), 5_000],
    ['long for a key that came with other bytes', named(409, 'invalid_idempotent_request'), 900_000],
    ['the wish of a server that is down', answer(503, undefined, 30_000), 30_000],
    ['nothing for a server that is down', answer(503), undefined],
    ['nothing for a refusal', answer(422, { name: 'invalid_attachment' }, 9_000), undefined],
    ['nothing for a key that is refused', answer(401, { name: 'missing_api_key' }, 9_000), undefined],
  ])('waits %s', (_what, failure, waitMs) => {
    expect(resendFault(failure).retryAfterMs).toBe(waitMs);
  });

  it('repeats nothing of what Resend says', () => {
    const fault = resendFault(named(422, 'validation_error', 'Invalid `to` field: jan@example.pl'));
    expect(JSON.stringify(fault)).not.toContain('jan');
    expect(fault.message).toBe('Resend finds the recipient’s address invalid (422).');
  });
});
