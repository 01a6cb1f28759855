import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../../domain/fault.ts';
import { listmonkFault, type ListmonkFailure } from './faults.ts';
import type { OutboundTrouble } from '../outbound.ts';

const answer = (status: number, json?: unknown, fields: object = {}): ListmonkFailure => ({
  kind: 'answer',
  status,
  json,
  mayBeQueued: true,
  ...fields,
});
const said = (message: string) => ({ message });

describe('the fault table of Listmonk', () => {
  it.each<[OutboundTrouble, boolean, FaultKind, string]>([
    ['aborted', true, 'unknown_effect', 'listmonk_answer_lost'],
    ['aborted', false, 'transient', 'aborted'],
    ['timeout', true, 'unknown_effect', 'listmonk_answer_lost'],
    ['timeout', false, 'transient', 'listmonk_timeout'],
    ['connection_lost', true, 'unknown_effect', 'listmonk_answer_lost'],
    ['connection_lost', false, 'transient', 'listmonk_connection_lost'],
    ['unreachable', true, 'transient', 'listmonk_unreachable'],
    ['unreachable', false, 'transient', 'listmonk_unreachable'],
    ['redirected', true, 'needs_human', 'listmonk_misconfigured'],
    ['redirected', false, 'needs_human', 'listmonk_misconfigured'],
    ['too_large', true, 'unknown_effect', 'listmonk_answer_malformed'],
    ['too_large', false, 'needs_human', 'listmonk_misconfigured'],
    ['forbidden_host', true, 'needs_human', 'listmonk_misconfigured'],
    ['forbidden_host', false, 'needs_human', 'listmonk_misconfigured'],
  ])('%s, queued perhaps: %s → %s %s', (trouble, mayBeQueued, kind, reason) => {
    expect(listmonkFault({ kind: 'outbound', trouble, mayBeQueued })).toMatchObject({ kind, reason });
  });

  it.each<[number, unknown, FaultKind, string]>([
    [304, undefined, 'unknown_effect', 'listmonk_answer_malformed'],
    [400, undefined, 'needs_human', 'listmonk_misconfigured'],
    [400, said('Invalid email.'), 'permanent', 'mailbox_refused'],
    [400, said('Nieprawidłowy adres e-mail.'), 'permanent', 'mailbox_refused'],
    [400, said('Domena jest zablokowana.'), 'permanent', 'mailbox_refused'],
    [400, said('template 7 not found'), 'needs_human', 'listmonk_misconfigured'],
    [400, said('template 7 nie znaleziono'), 'needs_human', 'listmonk_misconfigured'],
    [400, said('globals.messages.errorFetching: Invalid arguments'), 'needs_human', 'listmonk_misconfigured'],
    [400, said('Nieznany komunikator email-receipts.'), 'needs_human', 'listmonk_misconfigured'],
    [400, said('Invalid field(s): subscriber_emails'), 'needs_human', 'listmonk_misconfigured'],
    [400, said('Syntax error: offset=3, error=…'), 'needs_human', 'listmonk_request_refused'],
    [400, said('Unmarshal type error: expected=int'), 'needs_human', 'listmonk_request_refused'],
    [400, said('Invalid field(s): data: unexpected end'), 'needs_human', 'listmonk_request_refused'],
    [401, undefined, 'needs_human', 'listmonk_credentials'],
    [402, undefined, 'needs_human', 'listmonk_request_refused'],
    [403, undefined, 'needs_human', 'listmonk_credentials'],
    [403, said('invalid API credentials'), 'needs_human', 'listmonk_credentials'],
    [403, said('permission denied: tx:send'), 'needs_human', 'listmonk_credentials'],
    [404, said('404 unknown endpoint'), 'needs_human', 'listmonk_misconfigured'],
    [405, undefined, 'needs_human', 'listmonk_misconfigured'],
    [408, undefined, 'unknown_effect', 'listmonk_answer_lost'],
    [410, undefined, 'needs_human', 'listmonk_misconfigured'],
    [413, undefined, 'permanent', 'message_refused'],
    [415, undefined, 'needs_human', 'listmonk_misconfigured'],
    [422, said('x'), 'needs_human', 'listmonk_request_refused'],
    [429, undefined, 'rate_limited', 'listmonk_rate_limited'],
    [500, said('Internal Server Error'), 'transient', 'listmonk_queue_full'],
    [500, said('message push timed out'), 'transient', 'listmonk_queue_full'],
    [
      500,
      { message: 'Internal Server Error', error: 'message push timed out' },
      'transient',
      'listmonk_queue_full',
    ],
    [
      500,
      { message: 'Internal Server Error', error: 'something else' },
      'unknown_effect',
      'listmonk_unavailable',
    ],
    [500, { message: 'Internal Server Error', status: 500 }, 'unknown_effect', 'listmonk_unavailable'],
    [500, said('Error fetching template'), 'unknown_effect', 'listmonk_unavailable'],
    [500, undefined, 'unknown_effect', 'listmonk_unavailable'],
    [502, said('Internal Server Error'), 'unknown_effect', 'listmonk_unavailable'],
    [503, undefined, 'unknown_effect', 'listmonk_unavailable'],
    [504, undefined, 'unknown_effect', 'listmonk_unavailable'],
  ])('%i %j → %s %s', (status, json, kind, reason) => {
    const fault = listmonkFault(answer(status, json, { messenger: 'email-receipts' }));
    expect(fault).toMatchObject({ kind, reason, provider: 'listmonk' });
    expect(fault.message).toContain(`(${status})`);
  });

  it('does not call a good answer one that is HTML, empty or false', () => {
    expect(listmonkFault({ kind: 'malformed', status: 200, mayBeQueued: true })).toMatchObject({
      kind: 'unknown_effect',
      reason: 'listmonk_answer_malformed',
    });
    expect(listmonkFault({ kind: 'malformed', status: 200, mayBeQueued: false })).toMatchObject({
      kind: 'needs_human',
      reason: 'listmonk_misconfigured',
    });
  });

  it.each([408, 500, 502, 503, 504])(
    'knows that a question has no effect, whatever is answered (%i)',
    (status) => {
      expect(listmonkFault(answer(status, undefined, { mayBeQueued: false }))).toMatchObject({
        kind: 'transient',
        reason: 'listmonk_unavailable',
      });
    },
  );

  it('waits as long as it is asked to, and as long as Listmonk waits where it is not', () => {
    expect(listmonkFault(answer(429, undefined, { retryAfterMs: 20_000 })).retryAfterMs).toBe(20_000);
    expect(listmonkFault(answer(429)).retryAfterMs).toBe(3_000);
  });

  it('names the permission that is missing, and nothing else that was said', () => {
    expect(listmonkFault(answer(403, said('permission denied: tx:send'))).message).toBe(
      'Listmonk’s API user lacks the permission tx:send (403).',
    );
    const told = said('permission denied: jan@example.pl');
    expect(listmonkFault(answer(403, told)).message).not.toContain('jan@');
    expect(listmonkFault(answer(400, said('jan@example.pl is invalid'))).message).not.toContain('jan@');
  });

  it('does not take the default messenger’s name for one that is unknown', () => {
    const fault = listmonkFault(answer(400, said('Invalid email.'), { messenger: 'email' }));
    expect(fault.reason).toBe('mailbox_refused');
  });
});
