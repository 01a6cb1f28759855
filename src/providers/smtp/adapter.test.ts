import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultSmtp } from '../../../test/vendors/faultSmtp.ts';
import type { FaultSmtp, SmtpPhase } from '../../../test/vendors/faultSmtp.ts';
import type { Fault } from '../../domain/fault.ts';
import type { MailerConnection } from '../../ports/mailer.ts';
import { createSmtpMailer } from './adapter.ts';
import type { SmtpMailerOptions } from './adapter.ts';

let server: FaultSmtp;
let mailer: MailerConnection;
const never = new AbortController().signal;

const options = (port: number): SmtpMailerOptions => ({
  host: '127.0.0.1',
  port,
  secure: false,
  requireTls: false,
  maxConnections: 2,
  connectTimeoutMs: 5_000,
  greetingTimeoutMs: 5_000,
  socketTimeoutMs: 5_000,
  totalTimeoutMs: 5_000,
});

const mail = (lines = 1) => ({
  from: 'receipts@shop.example',
  to: 'buyer@example.net',
  messageId: '<m1@shop.example>',
  bytes: Buffer.from(
    `Message-ID: <m1@shop.example>\r\n\r\n.dotted\r\n${`${'x'.repeat(70)}\r\n`.repeat(lines)}`,
  ),
});
/** Larger than every buffer between us and the socket. */
const largeMail = mail(80_000);

describe.each([
  ['command by command', []],
  ['with pipelining', ['PIPELINING', '8BITMIME', 'SIZE 50000000']],
])('sending by SMTP %s', (_title, extensions) => {
  beforeEach(async () => {
    server = await startFaultSmtp(extensions);
    mailer = createSmtpMailer(options(server.port));
  });

  afterEach(async () => {
    mailer.close();
    await server.stop();
  });

  it('hands over exactly the given bytes to exactly the given address', async () => {
    const acceptance = await mailer.send(mail(), never);
    expect(acceptance).toEqual({
      provider: 'smtp',
      reference: '250 2.0.0 Ok: queued as 1 for …',
      evidence: 'answer',
    });
    expect(server.taken).toEqual([
      { from: 'receipts@shop.example', to: 'buyer@example.net', source: mail().bytes.toString() },
    ]);
  });

  it('uses one connection for several mails', async () => {
    for (let i = 0; i < 3; i += 1) await mailer.send(mail(), never);
    expect(server.taken).toHaveLength(3);
    expect(server.connections).toBe(1);
  });

  it.each<[SmtpPhase, string, string, string]>([
    ['greeting', '421 4.3.2 busy', 'transient', 'smtp_unavailable'],
    ['ehlo', '421 4.3.2 busy', 'transient', 'smtp_unavailable'],
    ['mail_from', '451 4.3.0 later', 'transient', 'smtp_deferred'],
    ['mail_from', '550 5.1.8 who are you', 'needs_human', 'smtp_sender_refused'],
    ['rcpt_to', '450 4.2.1 later', 'transient', 'smtp_deferred'],
    ['rcpt_to', '550 5.1.1 unknown', 'permanent', 'mailbox_refused'],
    ['rcpt_to', '550 no enhanced code', 'permanent', 'mailbox_refused'],
    ['rcpt_to', '554 5.7.1 relay denied', 'needs_human', 'smtp_sender_refused'],
    ['rcpt_to', '553 5.7.1 <a@b>: Sender address rejected: not owned', 'needs_human', 'smtp_sender_refused'],
    ['rcpt_to', '554 5.7.1 <a@b>: Recipient address rejected: no', 'needs_human', 'smtp_policy_refused'],
    ['final_dot', '554 5.7.1 Blocked', 'needs_human', 'smtp_mail_blocked'],
    ['data', '451 4.3.0 later', 'transient', 'smtp_deferred'],
    ['final_dot', '451 4.3.0 later', 'transient', 'smtp_deferred'],
    ['final_dot', '554 5.6.0 no', 'permanent', 'message_refused'],
  ])('is sure that the mail was not taken when %s is answered %j', async (at, reply, kind, reason) => {
    server.behave({ mode: 'reply', at, reply });
    expect(await faultOf(mailer.send(mail(), never))).toMatchObject({ kind, reason });
    expect(server.taken).toHaveLength(0);
  });

  it.each([true, false])(
    'says nobody knows when the connection breaks after the final dot (taken: %s), and sends nothing twice',
    async (taken) => {
      server.behave({ mode: 'reset', at: 'final_dot', taken });
      expect(await faultOf(mailer.send(mail(), never))).toMatchObject({
        kind: 'unknown_effect',
        reason: 'smtp_answer_lost',
      });
      expect(server.taken.length).toBe(taken ? 1 : 0);
      expect(server.connections).toBe(1);
    },
  );

  it.each(['354 again', '999 hm', 'thanks', '250'])(
    'takes %j after the final dot for what it is',
    async (reply) => {
      server.behave({ mode: 'reply', at: 'final_dot', reply });
      const outcome = await mailer.send(mail(), never).catch((fault: Fault) => fault.kind);
      expect(outcome).toEqual(
        reply === '250' ? { provider: 'smtp', reference: '250', evidence: 'answer' } : 'unknown_effect',
      );
    },
  );

  it('says nobody knows when the server falls silent after the mail is out', async () => {
    server.behave({ mode: 'hang', at: 'final_dot', taken: true });
    mailer.close();
    mailer = createSmtpMailer({ ...options(server.port), socketTimeoutMs: 150 });
    expect(await faultOf(mailer.send(mail(), never))).toMatchObject({ kind: 'unknown_effect' });
    expect(server.taken).toHaveLength(1);
  });

  it('leaves it to the caller to try again when the server hangs up at once', async () => {
    server.behave({ mode: 'close', at: 'greeting' });
    expect(await faultOf(mailer.send(mail(), never))).toMatchObject({
      kind: 'transient',
      reason: 'smtp_unreachable',
    });
    expect(server.connections).toBe(1);
  });

  it('is sure that a mail was not taken when the connection breaks before its end', async () => {
    server.behave({ mode: 'reset', at: 'mid_data' });
    expect(await faultOf(mailer.send(largeMail, never))).toMatchObject({
      kind: 'transient',
      reason: 'smtp_connection_lost',
    });
  });

  it('does not take a 250 for an acceptance that comes before the end of the mail', async () => {
    server.behave({ mode: 'answer_too_early' });
    expect(await faultOf(mailer.send(largeMail, never))).toMatchObject({ kind: 'unknown_effect' });
  });

  it('says nobody knows when it is called off after the mail is out', async () => {
    server.behave({ mode: 'hang', at: 'final_dot', taken: true });
    const caller = new AbortController();
    const sending = faultOf(mailer.send(mail(), caller.signal));
    await expect.poll(() => server.taken.length, { interval: 5 }).toBe(1);
    caller.abort();
    expect(await sending).toMatchObject({ kind: 'unknown_effect', reason: 'smtp_answer_lost' });
  });

  it('is sure that nothing was taken when it is called off before', async () => {
    expect(await faultOf(mailer.send(mail(), AbortSignal.abort()))).toMatchObject({
      kind: 'transient',
      reason: 'aborted',
    });
    expect(server.taken).toHaveLength(0);
  });

  it('goes on with a new connection after a broken one', async () => {
    server.behave({ mode: 'reset', at: 'final_dot' });
    await faultOf(mailer.send(mail(), never));
    server.behave({ mode: 'accept' });
    await mailer.send(mail(), never);
    expect(server.taken).toHaveLength(1);
  });
});

describe('an SMTP mailer', () => {
  beforeEach(async () => {
    server = await startFaultSmtp();
  });

  afterEach(() => server.stop());

  it('has what comes back go to its return path', async () => {
    mailer = createSmtpMailer({ ...options(server.port), returnPath: 'bounces@shop.example' });
    await mailer.send(mail(), never);
    expect(server.taken).toMatchObject([{ from: 'bounces@shop.example', to: 'buyer@example.net' }]);
    mailer.close();
  });

  it('takes no return path that could be a command', () => {
    expect(() => createSmtpMailer({ ...options(25), returnPath: 'a@b.example>\r\nDATA' })).toThrow(TypeError);
  });

  it('says that its login is refused', async () => {
    server.behave({ mode: 'reply', at: 'auth', reply: '535 5.7.8 no' });
    mailer = createSmtpMailer({ ...options(server.port), user: 'shop', password: 'hunter2' });
    const fault = await faultOf(mailer.send(mail(), never));
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'smtp_credentials' });
    expect(`${fault.message}${String(fault.cause)}`).not.toContain('hunter2');
    expect(await faultOf(mailer.verify(never))).toMatchObject({ reason: 'smtp_credentials' });
    mailer.close();
  });

  it('hears of bounces where their mailbox is read', () => {
    mailer = createSmtpMailer({ ...options(server.port), reportsBounces: true });
    expect(mailer.capabilities.deliveryEvents).toBe('failures');
  });

  it('will not send a password in the clear across a network', () => {
    expect(() => createSmtpMailer({ ...options(25), host: 'mail.example', user: 'shop' })).toThrow(
      /in the clear/,
    );
  });

  it('demands encryption when told to, and says so when there is none', async () => {
    mailer = createSmtpMailer({ ...options(server.port), requireTls: true });
    const fault = await faultOf(mailer.send(mail(), never));
    expect(fault.reason).toBe('smtp_tls');
    expect(server.taken).toHaveLength(0);
    mailer.close();
  });

  it('can be asked about a mail only when it has a journal', async () => {
    mailer = createSmtpMailer(options(server.port));
    expect(mailer.capabilities).toEqual({
      dedupe: null,
      deliveryEvents: 'none',
      lookup: 'none',
      lookupLagMs: 0,
      acceptanceDurable: true,
    });
    expect(mailer.find).toBeUndefined();
    const journal = { find: async (id: string) => (id === '<m1@shop.example>' ? { uid: 7 } : undefined) };
    const asked = createSmtpMailer({ ...options(server.port), journal, journalLagMs: 5_000 });
    expect(asked.capabilities).toMatchObject({ lookup: 'message_id', lookupLagMs: 5_000 });
    expect(await asked.find?.('<m1@shop.example>', never)).toEqual({
      provider: 'smtp',
      reference: 'journal uid 7',
      evidence: 'journal',
    });
    expect(await asked.find?.('<other@shop.example>', never)).toBeUndefined();
  });
});
