import { describe, expect, it } from 'vitest';
import { smtpFailure, smtpFault } from './faults.ts';
import type { SmtpFailure } from './faults.ts';

type Row = [Omit<SmtpFailure, 'progress'>, string, string];

const beforeTheMail: Row[] = [
  [{ code: 'EDNS', command: 'CONN' }, 'transient', 'smtp_unreachable'],
  [{ code: 'ESOCKET', command: 'CONN', systemCode: 'ECONNREFUSED' }, 'transient', 'smtp_unreachable'],
  [{ code: 'ECONNECTION', command: 'CONN' }, 'transient', 'smtp_unreachable'],
  [{ code: 'ECONNECTION', command: 'EHLO', responseCode: 421 }, 'transient', 'smtp_unavailable'],
  [{ code: 'ETIMEDOUT', command: 'CONN' }, 'transient', 'smtp_timeout'],
  [{ code: 'EPROTOCOL', command: 'CONN', responseCode: 421 }, 'transient', 'smtp_unavailable'],
  [{ code: 'EPROTOCOL', command: 'CONN', responseCode: 554 }, 'transient', 'smtp_unavailable'],
  [{ code: 'ESOCKET', command: 'CONN', systemCode: 'CERT_HAS_EXPIRED' }, 'needs_human', 'smtp_tls'],
  [
    { code: 'ESOCKET', command: 'CONN', systemCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    'needs_human',
    'smtp_tls',
  ],
  [{ code: 'ETLS', command: 'STARTTLS', responseCode: 502 }, 'needs_human', 'smtp_tls'],
  [{ code: 'ETLS', command: 'STARTTLS', responseCode: 454 }, 'transient', 'smtp_tls'],
  [{ code: 'ETLS', command: 'CONN' }, 'transient', 'smtp_tls'],
  [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 }, 'needs_human', 'smtp_credentials'],
  [{ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 454 }, 'transient', 'smtp_unavailable'],
  [{ code: 'ENOAUTH' }, 'needs_human', 'smtp_credentials'],
  [{ code: 'EOAUTH2' }, 'needs_human', 'smtp_credentials'],
  [{ code: 'EPROTOCOL', command: 'CONN' }, 'transient', 'smtp_unavailable'],
  [{ code: 'ESOCKET', command: 'CONN', systemCode: 'ECONNRESET' }, 'transient', 'smtp_unreachable'],
  [
    { code: 'ESOCKET', command: 'CONN', systemCode: 'ERR_SSL_WRONG_VERSION_NUMBER' },
    'needs_human',
    'smtp_tls',
  ],
  [
    { code: 'ESOCKET', command: 'CONN', systemCode: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    'needs_human',
    'smtp_tls',
  ],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 451 }, 'transient', 'smtp_deferred'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }, 'needs_human', 'smtp_sender_refused'],
  [{ code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 530 }, 'needs_human', 'smtp_credentials'],
  [
    { code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 552, enhancedCode: '5.3.4' },
    'permanent',
    'message_refused',
  ],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421 }, 'transient', 'smtp_deferred'],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.1.8' },
    'needs_human',
    'smtp_sender_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 553, enhancedCode: '5.1.7' },
    'needs_human',
    'smtp_sender_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 552, enhancedCode: '5.2.2' },
    'permanent',
    'mailbox_refused',
  ],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550 }, 'permanent', 'mailbox_refused'],
  [{ code: 'EENVELOPE', command: 'DATA', responseCode: 451 }, 'transient', 'smtp_deferred'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 450 }, 'transient', 'smtp_deferred'],
  [{ code: 'EENVELOPE', command: 'RCPT TO', responseCode: 503 }, 'transient', 'smtp_deferred'],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.1.1' },
    'permanent',
    'mailbox_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.7.1' },
    'needs_human',
    'smtp_policy_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.7.18' },
    'needs_human',
    'smtp_policy_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.7.1', isAboutUs: true },
    'needs_human',
    'smtp_sender_refused',
  ],
  [
    { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, enhancedCode: '5.7.13' },
    'needs_human',
    'smtp_sender_refused',
  ],
  [{ code: 'EENVELOPE', command: 'DATA', responseCode: 554 }, 'permanent', 'message_refused'],
  [{ code: 'EENVELOPE', command: 'API' }, 'permanent', 'message_refused'],
  [{ code: 'EABORT' }, 'transient', 'aborted'],
  [{}, 'transient', 'smtp_unreachable'],
];

describe('the fault table of SMTP', () => {
  it.each(beforeTheMail)('calls %o before the mail %s, %s', (failure, kind, reason) => {
    expect(smtpFault({ ...failure, progress: 'not_begun' })).toMatchObject({
      kind,
      reason,
      provider: 'smtp',
    });
  });

  it.each<Row>([
    [{ code: 'EMESSAGE', command: 'DATA', responseCode: 451 }, 'transient', 'smtp_deferred'],
    [{ code: 'EMESSAGE', command: 'DATA', responseCode: 421 }, 'transient', 'smtp_deferred'],
    [
      { code: 'EMESSAGE', command: 'DATA', responseCode: 554, enhancedCode: '5.6.0' },
      'permanent',
      'message_refused',
    ],
    [
      { code: 'EMESSAGE', command: 'DATA', responseCode: 550, enhancedCode: '5.7.26' },
      'needs_human',
      'smtp_sender_refused',
    ],
    [
      { code: 'EMESSAGE', command: 'DATA', responseCode: 550, enhancedCode: '5.7.1' },
      'needs_human',
      'smtp_mail_blocked',
    ],
  ])('believes the answer to the final dot: %o is %s, %s', (failure, kind, reason) => {
    expect(smtpFault({ ...failure, progress: 'whole' })).toMatchObject({ kind, reason });
  });

  it.each<Omit<SmtpFailure, 'progress'>>([
    { code: 'ETIMEDOUT', command: 'CONN' },
    { code: 'ECONNECTION', command: 'CONN' },
    { code: 'ESOCKET', command: 'CONN', systemCode: 'ECONNRESET' },
    { code: 'EABORT' },
    // An unfinished line that the server sent before it hung up is no answer.
    { code: 'ECONNECTION', command: 'CONN', responseCode: 554 },
    { code: 'ESTREAM' },
    // More than an answer may be, or one without a code.
    { code: 'EPROTOCOL', command: 'CONN' },
    { code: 'EMESSAGE', command: 'DATA' },
    { code: 'EMESSAGE', command: 'DATA', responseCode: 354 },
    { code: 'EMESSAGE', command: 'DATA', responseCode: 666 },
    {},
  ])('says nobody knows when the whole mail is out and %o comes instead of an answer', (failure) => {
    expect(smtpFault({ ...failure, progress: 'whole' })).toMatchObject({
      kind: 'unknown_effect',
      reason: 'smtp_answer_lost',
    });
  });

  it.each([
    { code: 'ECONNECTION', command: 'CONN' },
    { code: 'ESOCKET', command: 'CONN', systemCode: 'ECONNRESET' },
    { code: 'ETIMEDOUT', command: 'CONN' },
    { code: 'EABORT' },
  ])('is sure the mail was not taken when its end was never handed over: %o', (failure) => {
    expect(smtpFault({ ...failure, progress: 'begun' }).kind).toBe('transient');
  });

  it('names codes and the command in its message', () => {
    const fault = smtpFault({
      progress: 'not_begun',
      code: 'EENVELOPE',
      command: 'RCPT TO',
      responseCode: 550,
      enhancedCode: '5.1.1',
    });
    expect(fault.message).toBe('The mail server refuses the recipient’s mailbox (550 5.1.1 at RCPT TO).');
  });
});

describe('reducing an error of nodemailer', () => {
  it('keeps codes and leaves every text behind', () => {
    const error = Object.assign(new Error('550 5.1.1 <jan@example.pl> unknown'), {
      code: 'EENVELOPE',
      command: 'RCPT TO',
      response: '550 5.1.1 <jan@example.pl> unknown',
      responseCode: 550,
    });
    const failure = smtpFailure(error, 'not_begun');
    expect(failure).toMatchObject({ responseCode: 550, enhancedCode: '5.1.1', command: 'RCPT TO' });
    expect(JSON.stringify([failure, smtpFault(failure)])).not.toContain('jan');
  });

  it('tells a passed deadline from a caller who called off', () => {
    const ended = (name: string) =>
      Object.assign(new Error('x', { cause: Object.assign(new Error('x'), { name }) }), { code: 'EABORT' });
    expect(smtpFailure(ended('TimeoutError'), 'begun').code).toBe('ETIMEDOUT');
    expect(smtpFailure(ended('AbortError'), 'begun').code).toBe('EABORT');
  });

  it.each([undefined, null, 'text', 42])('survives %o', (thrown) => {
    expect(smtpFault(smtpFailure(thrown, 'not_begun')).kind).toBe('transient');
  });
});
