import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { describe, expect, it } from 'vitest';
import { requestFor, subscriberIdOf } from './request.ts';

const hash = '0123456789abcdef0123456789abcdef01234567';
const pdf = Buffer.from('%PDF-1.7 żółw');
const settings = { workflowId: 'mail', subscriberKey: new Uint8Array(32).fill(3) };

const bytesOf = (
  fields: { fromName?: string; subject?: string; fileName?: string; replyTo?: string; html?: string } = {},
) =>
  new MailComposer({
    messageId: `<${hash}@shop.example>`,
    from: { name: fields.fromName ?? 'Książki “Ważka”', address: 'receipts@shop.example' },
    to: 'jan@example.pl',
    replyTo: fields.replyTo ?? 'help@shop.example',
    subject: fields.subject ?? 'Twoje zamówienie 📚',
    text: 'Dzień dobry',
    html: fields.html ?? '<p>Dzień dobry</p>',
    attachments: [
      { filename: fields.fileName ?? 'rachunek-ż.pdf', contentType: 'application/pdf', content: pdf },
    ],
    headers: { 'Content-Language': 'pl' },
  })
    .compile()
    .build();

const mail = (bytes: Uint8Array, messageId = `<${hash}@shop.example>`) => ({
  from: 'receipts@shop.example',
  to: 'jan@example.pl',
  messageId,
  bytes,
});
const requestOf = (bytes: Uint8Array) => requestFor(mail(bytes), settings);
const bodyOf = async (bytes: Uint8Array) =>
  JSON.parse((await requestOf(bytes)).body) as {
    payload: Record<string, string>;
    overrides: { email: Record<string, string> };
  };

describe('a mail as Novu takes it', () => {
  it('has all its parts, and the hash of its Message-ID as transaction', async () => {
    const { transactionId, idempotencyKey, body } = await requestOf(await bytesOf());
    expect(transactionId).toBe(hash);
    expect(idempotencyKey).toMatch(new RegExp(`^${hash}-[0-9a-f]{16}$`));
    expect(JSON.parse(body)).toEqual({
      name: 'mail',
      to: {
        subscriberId: subscriberIdOf('jan@example.pl', settings.subscriberKey),
        email: 'jan@example.pl',
        locale: 'pl',
      },
      payload: {
        subject: 'Twoje zamówienie 📚',
        html: expect.stringContaining('<p>Dzień dobry</p>'),
        text: expect.stringContaining('Dzień dobry'),
        attachments: [{ file: pdf.toString('base64'), name: 'rachunek-ż.pdf', mime: 'application/pdf' }],
      },
      overrides: {
        email: { from: 'receipts@shop.example', senderName: 'Książki “Ważka”', replyTo: 'help@shop.example' },
      },
      transactionId: hash,
    });
  });

  it('is the same text and has the same key each time', async () => {
    const bytes = await bytesOf();
    expect(await requestOf(bytes)).toEqual(await requestOf(Uint8Array.from(bytes)));
  });

  it('has another key, and the same transaction, once a setting was mended', async () => {
    const bytes = await bytesOf();
    const [before, after] = [
      await requestFor(mail(bytes), { ...settings, workflowId: 'mial' }),
      await requestOf(bytes),
    ];
    expect(after.idempotencyKey).not.toBe(before.idempotencyKey);
    expect(after.transactionId).toBe(before.transactionId);
  });

  it('holds nothing that a template engine would evaluate', async () => {
    const hostile = '{{subscriber.email}} {% assign x = 1 %}';
    const body = await bodyOf(
      await bytesOf({ subject: hostile, fromName: hostile, html: `<p>${hostile}</p>` }),
    );
    const { subject, html } = body.payload;
    for (const text of [subject, html, body.overrides.email['senderName']])
      expect(text).not.toMatch(/\{[{%]/);
  });

  it.each([
    ['subject', { subject: 'Hi\u2028Bcc: thief@example.com' }],
    ['sender’s name', { fromName: 'Shop\u0007' }],
    ['file name', { fileName: 'a\u2029b.pdf' }],
    ['file name that is a path', { fileName: '../../a.pdf' }],
  ])('is refused for good with an unfit %s', async (_part, fields) => {
    await expect(requestOf(await bytesOf(fields))).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'mail_malformed',
    });
  });

  it.each(['', '<@shop.example>', '<a.b@shop.example>', `<${'a'.repeat(201)}@shop.example>`, 'a@b'])(
    'is refused with the Message-ID %j, which makes no transaction',
    async (messageId) => {
      await expect(requestFor(mail(await bytesOf(), messageId), settings)).rejects.toMatchObject({
        reason: 'mail_malformed',
      });
    },
  );

  it('is refused when it cannot be taken apart', async () => {
    await expect(requestOf(Buffer.from('Subject: x\r\n\r\nonly text'))).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'mail_malformed',
    });
  });
});

describe('the name of a subscriber', () => {
  it('is one for each address, however it is written, and does not give it away', () => {
    const id = subscriberIdOf('jan@example.pl', settings.subscriberKey);
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    expect(subscriberIdOf('JAN@Example.PL', settings.subscriberKey)).toBe(id);
    expect(subscriberIdOf('jan@example.com', settings.subscriberKey)).not.toBe(id);
    expect(subscriberIdOf('jan@example.pl', new Uint8Array(32).fill(4))).not.toBe(id);
  });
});
