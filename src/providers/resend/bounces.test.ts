import { describe, expect, it } from 'vitest';
import { bounceOf } from './bounces.ts';

const bounced = (type: string, subType: string, ...diagnosticCodes: string[]) =>
  bounceOf({ event: 'bounced', type, subType, diagnosticCodes });

describe('a bounce as Resend tells it', () => {
  it.each([
    ['Permanent', 'General', 'hard', 'address'],
    ['Permanent', 'NoEmail', 'hard', 'unknown'],
    ['Permanent', 'Suppressed', 'hard', 'policy'],
    ['Permanent', 'OnAccountSuppressionList', 'hard', 'policy'],
    ['Permanent', 'MailboxFull', 'hard', 'mailbox_full'],
    ['Permanent', 'ContentRejected', 'hard', 'content'],
    ['Permanent', 'SomethingNew', 'hard', 'unknown'],
    ['Transient', 'General', 'soft', 'unknown'],
    ['Transient', 'MailboxFull', 'soft', 'mailbox_full'],
    ['Transient', 'MessageTooLarge', 'soft', 'content'],
    ['Transient', 'ContentRejected', 'soft', 'content'],
    ['Transient', 'AttachmentRejected', 'soft', 'content'],
    ['Undetermined', 'Undetermined', 'soft', 'unknown'],
    ['SomethingNew', 'toString', 'soft', 'unknown'],
    ['', '', 'soft', 'unknown'],
  ])('of %s %s is %s, for reasons of %s', (type, subType, permanence, cause) => {
    expect(bounced(type, subType)).toEqual({ permanence, cause });
  });

  it.each([
    ['smtp; 550 5.1.1 user unknown', '5.1.1', 'address'],
    ['smtp;550-5.1.1 The email account does not exist', '5.1.1', 'address'],
    ['smtp; 552 5.2.2 mailbox full', '5.2.2', 'mailbox_full'],
    ['smtp; 550 5.2.1 mailbox disabled', '5.2.1', 'address'],
    ['smtp; 552 5.2.3 message length exceeds limit', '5.2.3', 'content'],
    ['smtp; 552 5.3.4 message too big', '5.3.4', 'content'],
    ['smtp; 550 5.6.0 bad content', '5.6.0', 'content'],
    ['smtp; 550 5.7.26 unauthenticated mail', '5.7.26', 'policy'],
    ['smtp; 554 (5.7.1) blocked', '5.7.1', 'policy'],
    ['smtp; 550 5.4.1 recipient rejected', '5.4.1', 'address'],
  ])('goes by the code in %s', (diagnosticCode, status, cause) => {
    expect(bounced('Permanent', 'General', diagnosticCode)).toEqual({ permanence: 'hard', cause, status });
  });

  it.each(['smtp; 550 no such user', 'smtp; 550 host 10.5.1.1 said no', 'version 5.1.1.2', ''])(
    'finds no code in "%s"',
    (text) => expect(bounced('Permanent', 'General', text)).not.toHaveProperty('status'),
  );

  it('keeps no text', () => {
    expect(JSON.stringify(bounced('Permanent', 'General', 'smtp; 550 5.1.1 <jan@example.pl>'))).not.toContain(
      'jan',
    );
  });

  it('lets another provider try what Resend suppresses or fails to send', () => {
    expect(bounceOf({ event: 'suppressed' })).toEqual({ permanence: 'hard', cause: 'policy' });
    expect(bounceOf({ event: 'failed', reason: 'reached_daily_quota' }).cause).toBe('policy');
    expect(bounceOf({ event: 'failed', reason: 'invalid_recipient' }).cause).toBe('address');
  });
});
