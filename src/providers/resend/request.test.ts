import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { describe, expect, it } from 'vitest';
import { requestFor } from './request.ts';

const hash = '0123456789abcdef0123456789abcdef01234567';
const pdf = Buffer.from('%PDF-1.7 żółw');

const bytesOf = (fields: { fromName?: string; subject?: string; fileName?: string; replyTo?: string } = {}) =>
  new MailComposer({
    messageId: `<${hash}@shop.example>`,
    from: { name: fields.fromName ?? 'Książki “Ważka”', address: 'receipts@shop.example' },
    to: 'jan@example.pl',
    replyTo: fields.replyTo ?? 'help@shop.example',
    subject: fields.subject ?? 'Twoje zamówienie 📚',
    text: 'Dzień dobry',
    html: '<p>Dzień dobry</p>',
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

const bodyOf = async (bytes: Uint8Array) =>
  JSON.parse((await requestFor(mail(bytes))).body) as Record<string, unknown>;

describe('a mail as Resend takes it', () => {
  it('has all its parts, and the hash of its Message-ID as key and tag', async () => {
    const { idempotencyKey, body } = await requestFor(mail(await bytesOf()));
    expect(idempotencyKey).toBe(hash);
    expect(JSON.parse(body)).toEqual({
      from: 'Książki “Ważka” <receipts@shop.example>',
      to: ['jan@example.pl'],
      subject: 'Twoje zamówienie 📚',
      html: expect.stringContaining('<p>Dzień dobry</p>'),
      text: expect.stringContaining('Dzień dobry'),
      reply_to: 'help@shop.example',
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': 'pl' },
      attachments: [
        { filename: 'rachunek-ż.pdf', content: pdf.toString('base64'), content_type: 'application/pdf' },
      ],
      tags: [{ name: 'mail', value: hash }],
    });
  });

  it('is the same text each time', async () => {
    const bytes = await bytesOf();
    expect(await requestFor(mail(bytes))).toEqual(await requestFor(mail(Uint8Array.from(bytes))));
  });

  it.each([
    ['Lektura', 'Lektura <receipts@shop.example>'],
    ['Lektura, Sp. z o.o.', '"Lektura, Sp. z o.o." <receipts@shop.example>'],
    ['A <b@evil.example>', '"A <b@evil.example>" <receipts@shop.example>'],
    ['The "Best" \\ Shop', '"The \\"Best\\" \\\\ Shop" <receipts@shop.example>'],
    ['', 'receipts@shop.example'],
  ])('comes from %j as one mailbox', async (fromName, from) => {
    expect((await bodyOf(await bytesOf({ fromName })))['from']).toBe(from);
  });

  it.each([
    ['subject', { subject: 'Hi\u2028Bcc: thief@example.com' }],
    ['sender’s name', { fromName: 'Shop\u0007' }],
    ['file name', { fileName: 'a\u2029b.pdf' }],
  ])('is refused for good with a %s that is not one line', async (_part, fields) => {
    await expect(requestFor(mail(await bytesOf(fields)))).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'mail_malformed',
    });
  });

  it('is refused with a line break that an encoded word hides', async () => {
    const bytes = Buffer.from(
      (await bytesOf({ subject: 'Plain' })).toString().replace('Plain', '=?utf-8?Q?a=0D=0ABcc:x?='),
    );
    await expect(requestFor(mail(bytes))).rejects.toMatchObject({ reason: 'mail_malformed' });
  });

  it.each([
    '',
    '<@shop.example>',
    '<a.b@shop.example>',
    '<a b@shop.example>',
    `<${'a'.repeat(257)}@shop.example>`,
    'a@b',
  ])('is refused with the Message-ID %j, which makes no key', async (messageId) => {
    await expect(requestFor(mail(await bytesOf(), messageId))).rejects.toMatchObject({
      reason: 'mail_malformed',
    });
  });

  it.each([
    '\u202Eknab',
    '<script>alert(1)</script>',
    '{{{FIRST_NAME}}} ${x} <%= y %>',
    '"; DROP',
    '𝒜\u0301',
  ])('says %j as it is', async (subject) =>
    expect((await bodyOf(await bytesOf({ subject })))['subject']).toBe(subject),
  );

  it('is refused when it cannot be taken apart', async () => {
    await expect(requestFor(mail(Buffer.from('Subject: x\r\n\r\nonly text')))).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'mail_malformed',
    });
  });
});
