import { describe, expect, it } from 'vitest';
import { outboundTroubles } from '../outbound.ts';
import type { OutboundTrouble } from '../outbound.ts';
import { isTakenEarlier, novuFault, troubleOfMessage } from './faults.ts';
import type { NovuFailure } from './faults.ts';

type Verdict = [kind: string, reason: string];

const answer = (status: number, json?: unknown, retryAfterMs?: number) =>
  ({ kind: 'answer', status, json, retryAfterMs, mayBeTaken: true }) as const;
const saying = (status: number, message: unknown, more: object = {}) =>
  answer(status, { statusCode: status, message, ...more });
const verdictOf = (failure: NovuFailure): Verdict => {
  const { kind, reason } = novuFault(failure);
  return [kind, reason];
};

const lost: Verdict = ['unknown_effect', 'novu_answer_lost'];
const malformed: Verdict = ['unknown_effect', 'novu_answer_malformed'];
const misconfigured: Verdict = ['needs_human', 'novu_misconfigured'];
const unreachable: Verdict = ['transient', 'novu_unreachable'];

const troubles: Record<OutboundTrouble, { before: Verdict; afterwards: Verdict }> = {
  aborted: { before: ['transient', 'aborted'], afterwards: lost },
  timeout: { before: ['transient', 'novu_timeout'], afterwards: lost },
  connection_lost: { before: ['transient', 'novu_connection_lost'], afterwards: lost },
  unreachable: { before: unreachable, afterwards: unreachable },
  redirected: { before: misconfigured, afterwards: malformed },
  too_large: { before: misconfigured, afterwards: malformed },
  forbidden_host: { before: misconfigured, afterwards: misconfigured },
};

describe('the fault table of Novu', () => {
  it.each(outboundTroubles)('knows what %s means before and after a mail may be out', (trouble) => {
    const of = (mayBeTaken: boolean) => verdictOf({ kind: 'outbound', trouble, mayBeTaken });
    expect(of(false)).toEqual(troubles[trouble].before);
    expect(of(true)).toEqual(troubles[trouble].afterwards);
  });

  it.each<[string, ...Verdict]>([
    ['trigger_not_active', ...misconfigured],
    ['no_workflow_steps_defined', ...misconfigured],
    ['no_workflow_active_steps_defined', ...misconfigured],
    ['no_tenant_found', ...misconfigured],
    ['invalid_recipients', 'permanent', 'mailbox_refused'],
    ['error', 'unknown_effect', 'novu_answer_unclear'],
    ['', ...malformed],
    ['something_new', ...malformed],
    ['toString', ...malformed],
  ])('calls a 201 with the status word %j %s, %s', (word, ...verdict) => {
    expect(verdictOf({ kind: 'status', word, mayBeTaken: true })).toEqual(verdict);
  });

  it.each<[number, ...Verdict]>([
    [304, ...malformed],
    [400, 'needs_human', 'novu_request_refused'],
    [401, 'needs_human', 'novu_credentials'],
    [402, 'needs_human', 'novu_quota_exceeded'],
    [403, 'needs_human', 'novu_credentials'],
    [404, ...misconfigured],
    [405, ...misconfigured],
    [408, ...lost],
    [409, 'unknown_effect', 'novu_in_progress'],
    [410, 'needs_human', 'novu_request_refused'],
    [413, 'permanent', 'message_refused'],
    [418, 'needs_human', 'novu_request_refused'],
    [422, 'needs_human', 'novu_request_refused'],
    [429, 'rate_limited', 'novu_rate_limited'],
    [500, 'unknown_effect', 'novu_unavailable'],
    [502, 'unknown_effect', 'novu_unavailable'],
    [503, 'unknown_effect', 'novu_unavailable'],
    [504, 'unknown_effect', 'novu_unavailable'],
  ])('calls %i with an error that it does not know %s, %s', (status, ...verdict) => {
    for (const json of [undefined, null, 'text', [], { message: 42 }, { message: 'New.', errors: ['x'] }])
      expect(verdictOf(answer(status, json))).toEqual(verdict);
  });

  it.each<[NovuFailure, ...Verdict]>([
    [saying(422, 'workflow_not_found'), ...misconfigured],
    [saying(400, 'Notification template could not be found'), ...misconfigured],
    [saying(404, 'Workflow cannot be found'), ...misconfigured],
    [
      saying(400, 'Payload validation failed', {
        type: 'PAYLOAD_VALIDATION_ERROR',
        errors: [{ field: 'x' }],
      }),
      ...misconfigured,
    ],
    [
      saying(422, 'Request with key "a" is being reused for a different body'),
      'unknown_effect',
      'novu_key_reused',
    ],
    [
      saying(422, 'Validation Error', { errors: { 'to.email': { messages: ['x'] } } }),
      'permanent',
      'mailbox_refused',
    ],
    [
      saying(422, 'Validation Error', { errors: { to: { messages: ['x'] } } }),
      'permanent',
      'mailbox_refused',
    ],
    [
      saying(422, ['a', 'b'], { errors: { name: { messages: ['x'] } } }),
      'needs_human',
      'novu_request_refused',
    ],
  ])('reads %j', (failure, ...verdict) => {
    expect(verdictOf(failure)).toEqual(verdict);
  });

  it.each<[string, string | undefined]>([
    ['sent', undefined],
    ['error', 'mail_outcome_unknown'],
    ['warning', 'mail_outcome_unknown'],
    ['read', 'mail_outcome_unknown'],
    ['constructor', 'mail_outcome_unknown'],
    ['', 'mail_outcome_unknown'],
  ])('reads a message that is listed as “%s”', (status, reason) => {
    const trouble = troubleOfMessage({ status });
    expect(trouble && verdictOf(trouble)).toEqual(reason && ['needs_human', reason]);
  });

  it('tells staff what to look at when the workflow is missing', () => {
    expect(novuFault(saying(422, 'workflow_not_found')).message).toBe(
      'The configured workflow does not exist at Novu (422).',
    );
  });

  it('does not know what became of a mail whose success is none', () => {
    expect(verdictOf({ kind: 'malformed', status: 201, mayBeTaken: true })).toEqual(malformed);
  });

  it('knows that a call that only asks has done nothing', () => {
    expect(verdictOf({ kind: 'malformed', status: 200, mayBeTaken: false })).toEqual(misconfigured);
    for (const status of [408, 409, 500, 503])
      expect(verdictOf({ ...answer(status), mayBeTaken: false })).toEqual(['transient', 'novu_unavailable']);
  });

  it.each<[string, NovuFailure, number | undefined]>([
    ['a second for a rate without a wish', answer(429), 1_000],
    ['the wish for a rate', answer(429, {}, 7_000), 7_000],
    ['five seconds for a request in progress', answer(409), 5_000],
    ['the wish for a request in progress', answer(409, {}, 1_000), 1_000],
    ['the wish of a server that is down', answer(503, {}, 30_000), 30_000],
    ['nothing for a server that is down', answer(503), undefined],
    ['nothing for a refusal', answer(413, {}, 9_000), undefined],
    ['nothing for a key that is refused', answer(401, {}, 9_000), undefined],
  ])('waits %s', (_what, failure, waitMs) => {
    expect(novuFault(failure).retryAfterMs).toBe(waitMs);
  });

  it('repeats nothing of what Novu says', () => {
    const fault = novuFault(
      saying(422, 'Validation Error: jan@example.pl', {
        errors: { 'to.email': { value: 'jan@example.pl' } },
      }),
    );
    expect(JSON.stringify(fault)).not.toContain('jan');
    expect(fault).toMatchObject({ message: 'Novu finds the recipient invalid (422).', provider: 'novu' });
  });
});

describe('a refusal because the transaction is known', () => {
  const text =
    'transactionId property is not unique, please make sure all triggers have a unique transactionId';

  it.each([
    [saying(400, text), true],
    [saying(409, [text]), true],
    [saying(500, text), false],
    [saying(400, 'transactionId must be a string'), false],
    [saying(400, undefined), false],
    [{ kind: 'malformed', status: 200 } as const, false],
  ])('is told by %j: %s', (failure, expected) => expect(isTakenEarlier(failure)).toBe(expected));
});
