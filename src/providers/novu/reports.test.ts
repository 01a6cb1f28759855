import { describe, expect, it } from 'vitest';
import { novuWebhookBody, signedNovuReport } from '../../../test/vendors/novuWebhooks.ts';
import type { DeliveryReport } from '../../ports/deliveryEvidence.ts';
import { createNovuReportReader } from './reports.ts';

const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const newer = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const hash = '0123456789abcdef0123456789abcdef01234567';
const sentAt = new Date('2026-11-22T10:00:05Z');

const reader = (secrets = [secret]) => createNovuReportReader({ secrets, messageIdDomain: 'shop.example' });
const read = (body: string) => reader().read(signedNovuReport(body, { secrets: [secret], sentAt }));
const nothing = { kind: 'evidence', evidence: [] };

describe('a webhook of Novu', () => {
  it('is evidence of the mail that it names by its transaction', () => {
    expect(read(novuWebhookBody({ type: 'message.sent' }))).toEqual({
      kind: 'evidence',
      evidence: [
        {
          provider: 'novu',
          source: 'novu_webhook',
          eventId: 'msg_1',
          kind: 'accepted',
          reference: hash,
          messageId: `<${hash}@shop.example>`,
          at: new Date('2026-11-22T10:00:00Z'),
        },
      ],
    });
  });

  it.each([
    ['message.sent', 'accepted'],
    ['messages.sent', 'accepted'],
    ['message.delivered', 'delivered'],
    ['messages.delivered', 'delivered'],
  ])('%s says that the mail is %s', (type, kind) => {
    const reading = read(novuWebhookBody({ type }));
    expect(reading).toMatchObject({ evidence: [{ kind }] });
    expect(JSON.stringify(reading)).not.toContain('"bounce"');
  });

  it.each([
    { type: 'message.failed', error: { message: 'jan@example.pl refused' } },
    { type: 'messages.failed' },
    { type: 'message.sent', error: { message: 'jan@example.pl refused' } },
  ])('%j says that it will not arrive, and repeats nothing', (webhook) => {
    const reading = read(novuWebhookBody(webhook));
    expect(reading).toMatchObject({
      evidence: [{ kind: 'bounced', bounce: { permanence: 'hard', cause: 'unknown' } }],
    });
    expect(JSON.stringify(reading)).not.toContain('jan');
  });

  it.each([
    'message.seen',
    'message.read',
    'message.archived',
    'workflow.updated',
    'preference.updated',
    'email.received',
    'email.sent',
    'message.toString',
    'toString',
  ])('of the type %s is taken and says nothing', (type) =>
    expect(read(novuWebhookBody({ type }))).toEqual(nothing),
  );

  it.each([
    { channel: 'in_app' },
    { transactionId: 'd2d9f9b5-4a96-403a-927f-1f8f40c6c7a9' },
    { transactionId: `${hash}@evil.example` },
  ])('about another message, %j, says nothing', (object) =>
    expect(read(novuWebhookBody({ type: 'message.failed', object }))).toEqual(nothing),
  );

  it('goes by the time of signing when its own is none', () => {
    expect(read(novuWebhookBody({ type: 'message.sent', timestamp: 'yesterday' }))).toMatchObject({
      evidence: [{ at: sentAt }],
    });
  });

  it.each(['', 'null', '[]', '{', '{"type":5}', '\u0000'])('is unreadable when it is %j', (body) => {
    expect(read(body)).toEqual({ kind: 'unreadable', reason: 'not_an_event' });
  });

  it.each([{ transactionId: 5 }, { transactionId: undefined }, { channel: null }])(
    'is unreadable when its message is %j',
    (object) =>
      expect(read(novuWebhookBody({ type: 'message.sent', object }))).toEqual({
        kind: 'unreadable',
        reason: 'not_a_message_event',
      }),
  );
});

describe('the signature of a webhook of Novu', () => {
  const body = novuWebhookBody({ type: 'message.sent' });
  const refused = (reason: string) => ({ kind: 'refused', reason });

  it.each(['webhook', 'svix'])(
    'is the one that Novu publishes as an example, under the names %s-*',
    (prefix) => {
      const example: DeliveryReport = {
        headers: {
          [`${prefix}-id`]: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
          [`${prefix}-timestamp`]: '1614265330',
          [`${prefix}-signature`]: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
        },
        body: Buffer.from('{"test": 2432232314}'),
        receivedAt: new Date(1_614_265_330_000),
      };
      // Signed well, and then no event of Novu.
      const reading = reader(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']).read(example);
      expect(reading).toEqual({ kind: 'unreadable', reason: 'not_an_event' });
    },
  );

  it('may be made with any of the secrets, on either side', () => {
    const of = (secrets: string[]) => signedNovuReport(body, { secrets, sentAt });
    expect(reader([newer, secret]).read(of([secret])).kind).toBe('evidence');
    expect(reader([secret]).read(of([newer, secret])).kind).toBe('evidence');
    expect(reader([newer]).read(of([secret]))).toEqual(refused('signature_mismatch'));
  });

  it.each([
    ['body', { body: Buffer.from(body.replace('production', 'elsewhere')) }],
    ['id', { header: ['webhook-id', 'msg_2'] }],
    ['time', { header: ['webhook-timestamp', String(sentAt.getTime() / 1_000 + 1)] }],
    ['signature', { header: ['webhook-signature', `v1,${Buffer.alloc(32).toString('base64')}`] }],
    ['signature’s length', { header: ['webhook-signature', 'v1,AAAA'] }],
    ['signature’s version', { header: ['webhook-signature', 'v2,AAAA v1a,AAAA'] }],
  ])('does not hold for another %s', (_what, change: { body?: Buffer; header?: string[] }) => {
    const report = signedNovuReport(body, { secrets: [secret], sentAt });
    const [name = '', value = ''] = change.header ?? [];
    const forged: DeliveryReport = {
      ...report,
      body: change.body ?? report.body,
      headers: { ...report.headers, ...(name && { [name]: value }) },
    };
    expect(reader().read(forged)).toEqual(refused('signature_mismatch'));
  });

  it.each([
    ['webhook-id', undefined],
    ['webhook-id', 'x'.repeat(201)],
    ['webhook-id', ['msg_1', 'msg_1']],
    ['webhook-timestamp', undefined],
    ['webhook-timestamp', 'now'],
    ['webhook-timestamp', '1e9'],
    ['webhook-signature', undefined],
    ['webhook-signature', ''],
  ])('is missing when %s is %j', (name, value) => {
    const report = signedNovuReport(body, { secrets: [secret], sentAt });
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
    const receivedAt = new Date(sentAt.getTime() + ms);
    expect(reader().read(signedNovuReport(body, { secrets: [secret], sentAt, receivedAt })).kind).toBe(kind);
  });

  it.each([[[]], [['']], [['whsec_']], [['whsec_AAAA']], [['not a secret']], [[secret, 'whsec_ß']]])(
    'cannot be read with the secrets %j',
    (secrets) => {
      expect(() => reader(secrets)).toThrow(TypeError);
      expect(() => reader(secrets)).not.toThrow(/AAAA|not a secret|ß/);
    },
  );
});
