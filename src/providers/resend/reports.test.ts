import { describe, expect, it } from 'vitest';
import { signedReport, webhookBody } from '../../../test/vendors/resendWebhooks.ts';
import type { DeliveryReport } from '../../ports/deliveryEvidence.ts';
import { createResendReportReader } from './reports.ts';

const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const newer = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const hash = '0123456789abcdef0123456789abcdef01234567';
const sentAt = new Date('2026-11-22T10:00:05Z');

const reader = (secrets = [secret]) => createResendReportReader({ secrets, messageIdDomain: 'shop.example' });
const read = (body: string, secrets = [secret]) => reader().read(signedReport(body, { secrets, sentAt }));
const later = (ms: number) => new Date(sentAt.getTime() + ms);

describe('a webhook of Resend', () => {
  it('is evidence of the mail that it names by Resend’s id and by the tag', () => {
    const body = webhookBody({ type: 'email.delivered', data: { tags: { mail: hash } } });
    expect(read(body)).toEqual({
      kind: 'evidence',
      evidence: [
        {
          provider: 'resend',
          source: 'resend_webhook',
          eventId: 'msg_1',
          kind: 'delivered',
          messageId: `<${hash}@shop.example>`,
          reference: '56761188-7520-42d8-8898-ff6fc54ce618',
          at: new Date('2026-11-22T10:00:00Z'),
        },
      ],
    });
  });

  it('is understood with tags as a list as well', () => {
    const tags = [{ name: 'mail', value: hash }];
    expect(read(webhookBody({ type: 'email.sent', data: { tags } }))).toMatchObject({
      evidence: [{ messageId: `<${hash}@shop.example>` }],
    });
  });

  it.each([undefined, null, 'x', {}, { mail: 'welcome' }, { mail: 42 }, { mail: `${hash}@evil.example>` }])(
    'names no Message-ID with the tags %j',
    (tags) => {
      const reading = read(webhookBody({ type: 'email.sent', data: { tags } }));
      expect(reading).toMatchObject({ evidence: [{ kind: 'accepted' }] });
      expect(JSON.stringify(reading)).not.toContain('messageId');
    },
  );

  it.each([
    ['email.sent', 'accepted'],
    ['email.delivered', 'delivered'],
    ['email.delivery_delayed', 'delayed'],
    ['email.complained', 'complained'],
  ])('%s says that the mail is %s', (type, kind) => {
    const reading = read(webhookBody({ type }));
    expect(reading).toMatchObject({ evidence: [{ kind }] });
    expect(JSON.stringify(reading)).not.toContain('"bounce"');
  });

  it.each([
    [
      'email.bounced',
      {
        bounce: {
          type: 'Permanent',
          subType: 'General',
          message: 'jan@example.pl',
          diagnosticCode: ['smtp; 550 5.1.1 x'],
        },
      },
      { permanence: 'hard', cause: 'address', status: '5.1.1' },
    ],
    [
      'email.bounced',
      { bounce: { type: 'Transient', subType: 'MailboxFull', message: 'full' } },
      { permanence: 'soft', cause: 'mailbox_full' },
    ],
    ['email.bounced', {}, { permanence: 'soft', cause: 'unknown' }],
    ['email.bounced', { bounce: 'gone' }, { permanence: 'soft', cause: 'unknown' }],
    [
      'email.suppressed',
      { suppressed: { type: 'OnAccountSuppressionList', message: 'x' } },
      { permanence: 'hard', cause: 'policy' },
    ],
    ['email.failed', { failed: { reason: 'reached_daily_quota' } }, { permanence: 'hard', cause: 'policy' }],
    ['email.failed', {}, { permanence: 'hard', cause: 'policy' }],
  ])('%s with %j says that it came back', (type, data, bounce) => {
    const reading = read(webhookBody({ type, data }));
    expect(reading).toMatchObject({ evidence: [{ kind: 'bounced', bounce }] });
    expect(JSON.stringify(reading)).not.toContain('jan');
  });

  it.each([
    'email.opened',
    'email.clicked',
    'email.scheduled',
    'email.received',
    'contact.created',
    'toString',
  ])('of the type %s is taken and says nothing', (type) =>
    expect(read(webhookBody({ type }))).toEqual({ kind: 'evidence', evidence: [] }),
  );

  it('goes by the time of signing when its own is none', () => {
    expect(read(webhookBody({ type: 'email.sent', createdAt: 'yesterday' }))).toMatchObject({
      evidence: [{ at: sentAt }],
    });
  });

  it.each(['', 'null', '[]', '{', '{"type":5}', '\u0000'])('is unreadable when it is %j', (body) => {
    expect(read(body)).toEqual({ kind: 'unreadable', reason: 'not_an_event' });
  });

  it.each([{ email_id: undefined }, { email_id: 5 }, { email_id: 'a b' }, { email_id: 'x'.repeat(201) }])(
    'is unreadable when its mail is %j',
    (data) =>
      expect(read(webhookBody({ type: 'email.sent', data }))).toEqual({
        kind: 'unreadable',
        reason: 'not_a_mail_event',
      }),
  );
});

describe('the signature of a webhook of Resend', () => {
  const body = webhookBody({ type: 'email.sent' });
  const refused = (reason: string) => ({ kind: 'refused', reason });

  it('is the one that Svix publishes as an example', () => {
    const example: DeliveryReport = {
      headers: {
        'svix-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'svix-timestamp': '1614265330',
        'svix-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: Buffer.from('{"test": 2432232314}'),
      receivedAt: new Date(1_614_265_330_000),
    };
    // Signed well, and then no event of Resend.
    const reading = reader(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']).read(example);
    expect(reading).toEqual({ kind: 'unreadable', reason: 'not_an_event' });
  });

  it('may be made with any of the secrets, on either side', () => {
    const of = (secrets: string[]) => signedReport(body, { secrets, sentAt });
    expect(reader([newer, secret]).read(of([secret])).kind).toBe('evidence');
    expect(reader([secret]).read(of([newer, secret])).kind).toBe('evidence');
    expect(reader([newer]).read(of([secret]))).toEqual(refused('signature_mismatch'));
  });

  it.each([
    ['body', { body: Buffer.from(body.replace('receipt', 'invoice')) }],
    ['id', { header: ['svix-id', 'msg_2'] }],
    ['time', { header: ['svix-timestamp', String(sentAt.getTime() / 1_000 + 1)] }],
    ['signature', { header: ['svix-signature', `v1,${Buffer.alloc(32).toString('base64')}`] }],
    ['signature’s length', { header: ['svix-signature', 'v1,AAAA'] }],
    ['signature’s version', { header: ['svix-signature', 'v2,AAAA v1a,AAAA'] }],
  ])('does not hold for another %s', (_what, change: { body?: Buffer; header?: string[] }) => {
    const report = signedReport(body, { secrets: [secret], sentAt });
    const [name = '', value = ''] = change.header ?? [];
    const forged: DeliveryReport = {
      ...report,
      body: change.body ?? report.body,
      headers: { ...report.headers, ...(name && { [name]: value }) },
    };
    expect(reader().read(forged)).toEqual(refused('signature_mismatch'));
  });

  it('holds in the version that we know alone', () => {
    const report = signedReport(body, { secrets: [secret], sentAt });
    const given = String(report.headers['svix-signature']);
    const as = (signature: string) =>
      reader().read({ ...report, headers: { ...report.headers, 'svix-signature': signature } }).kind;
    expect([as(`v1a,AAAA ${given}`), as(given.replace('v1,', 'v2,'))]).toEqual(['evidence', 'refused']);
  });

  it.each([
    ['svix-id', undefined],
    ['svix-id', 'x'.repeat(201)],
    ['svix-id', ['msg_1', 'msg_1']],
    ['svix-timestamp', undefined],
    ['svix-timestamp', 'now'],
    ['svix-timestamp', '1e9'],
    ['svix-signature', undefined],
    ['svix-signature', ''],
  ])('is missing when %s is %j', (name, value) => {
    const report = signedReport(body, { secrets: [secret], sentAt });
    expect(reader().read({ ...report, headers: { ...report.headers, [name]: value } })).toEqual(
      refused('signature_missing'),
    );
  });

  it.each([
    [-300_000, 'evidence'],
    [-301_000, 'refused'],
    [300_000, 'evidence'],
    [301_000, 'refused'],
  ])('received %i ms after it was made gives %s', (ms, kind) => {
    const report = signedReport(body, { secrets: [secret], sentAt, receivedAt: later(ms) });
    expect(reader().read(report).kind).toBe(kind);
  });

  it.each([[[]], [['']], [['whsec_']], [['whsec_AAAA']], [['not a secret']], [[secret, 'whsec_ß']]])(
    'cannot be read with the secrets %j',
    (secrets) => {
      expect(() => reader(secrets)).toThrow(TypeError);
      expect(() => reader(secrets)).not.toThrow(/AAAA|not a secret|ß/);
    },
  );
});
